"""The decision for any sale: batches change nothing, every answer is true, and the stock adds up.

The books are checked after every batch by `Shelves` itself.
"""

import copy
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings

from sellout.decide import Writes, decide, loading
from sellout.domain import (
    ANONYMOUS,
    ANY_BUYER,
    Bought,
    Buy,
    BuyerTokens,
    Command,
    EntryState,
    Held,
    Instant,
    Item,
    Outcome,
    Reason,
    Refused,
    Settle,
    TakeHold,
)
from tests.decide.holds_page import entry_arrows, hold_arrows
from tests.sales import CHANCE, SIZES, as_told, cut, moments
from tests.shelves import Shelves


@settings(max_examples=300)
@given(CHANCE, SIZES)
def test_cutting_a_sale_into_batches_changes_no_outcome(chance: Random, sizes: list[int]) -> None:
    one_by_one, in_batches = Shelves(), Shelves()
    for clock, asked in moments(chance):
        commands = as_told(known(one_by_one, asked), one_by_one.purchases, one_by_one.holds)
        now = one_by_one.now(commands, clock)
        expected = [outcome for command in commands for outcome in one_by_one.transact([command], now)]
        found = [outcome for batch in cut(commands, sizes) for outcome in in_batches.transact(batch, now)]
        assert [without_numbers(outcome) for outcome in found] == [without_numbers(outcome) for outcome in expected]
        for kept in ("items", "purchases", "holds", "entries", "used_keys", "late_payments"):
            assert getattr(in_batches, kept) == getattr(one_by_one, kept), kept
        assert list(in_batches.purchases) == list(one_by_one.purchases), "in the order of their sale"


@given(CHANCE)
def test_every_answer_to_who_buys_or_holds_is_true(chance: Random) -> None:
    shop = Shelves()
    for clock, commands in moments(chance):
        for command in commands:
            settle(shop, command, clock)
            against = reasons_against(shop, command, clock) if isinstance(command, Buy | TakeHold) else None
            (outcome,) = shop.transact([command], clock)
            if against is not None:
                check_answer(outcome, against)


@given(CHANCE)
def test_nobody_waits_who_could_have_what_is_free(chance: Random) -> None:
    shop = Shelves()
    for clock, commands in moments(chance):
        for command in commands:
            settle(shop, command, clock)
            shop.transact([command], clock)
            check_nobody_waits_in_vain(shop, clock)


@given(CHANCE)
def test_where_a_batch_looks_at_little_it_says_nothing_false_and_the_next_do_the_rest(chance: Random) -> None:
    shop = Shelves()
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("DUE_LOADED_MIN", "ENTRIES_LOADED_MAX", "LAPSING_LOADED"):
            patch.setattr(loading, limit, 1)
        for clock, commands in moments(chance):
            for command in commands:
                (outcome,) = shop.transact([command], clock)
                if isinstance(outcome, Refused) and outcome.reason is Reason.SOLD_OUT and isinstance(command, Buy):
                    assert shop.items[command.item_id].sold == shop.items[command.item_id].capacity
            settle_all(shop, clock)
            assert not any(hold.is_due(clock) for item_id in shop.items for hold in shop.open_holds(item_id))
            check_nobody_waits_in_vain(shop, clock)


@given(CHANCE)
def test_holds_and_entries_go_only_where_the_page_s_arrows_lead(chance: Random) -> None:
    shop, arrows = Shelves(), hold_arrows() | entry_arrows()
    for clock, commands in moments(chance):
        for command in commands:
            for step in (Settle("a"), Settle("b"), Settle("c"), command):
                before = states(shop)
                shop.transact([step], clock)
                for thing, state in states(shop).items():
                    way = (before.get(thing, "[*]"), state)
                    assert way[0] == way[1] or way in arrows


@given(CHANCE)
def test_what_changes_nothing_writes_nothing(chance: Random) -> None:
    shop = Shelves()
    for clock, commands in moments(chance):
        for command in commands:
            settle(shop, command, clock)
            (outcome,), writes = shop.decide([command], shop.now([command], clock))
            check_writes(outcome, writes)
            shop.transact([command], clock)


@given(CHANCE)
def test_a_decision_changes_nothing_that_was_loaded(chance: Random) -> None:
    shop = Shelves()
    for clock, commands in moments(chance):
        now = shop.now(commands, clock)
        loaded = shop.load(commands, now)
        before = copy.deepcopy(loaded)
        decide(loaded, commands, now)
        assert loaded == before
        shop.transact(as_told(commands, shop.purchases, shop.holds), clock)


def known(shop: Shelves, commands: Sequence[Command]) -> list[Command]:
    """The commands without those that name an offer before it is made: nobody has been told its id."""
    promised = {entry.hold_id for entry in shop.entries.values()} - shop.holds.keys()
    return [command for command in commands if getattr(command, "hold_id", None) not in promised]


def without_numbers(outcome: Outcome) -> Outcome:
    """An outcome without the number that the store has given an entry."""
    entry = getattr(outcome, "entry", None)
    return outcome if entry is None else outcome._replace(entry=entry._replace(no=0))  # type: ignore[call-arg]


def settle(shop: Shelves, command: Command, clock: Instant) -> None:
    """Let everything happen that is due, so that what follows is the command's own doing."""
    shop.transact([Settle(item_id) for item_id in shop.items], shop.now([command], clock))


def settle_all(shop: Shelves, clock: Instant) -> None:
    """Batch after batch, until nothing more happens."""
    before = None
    while before != (before := states(shop)):
        shop.transact([Settle(item_id) for item_id in shop.items], clock)


def check_nobody_waits_in_vain(shop: Shelves, clock: Instant) -> None:
    for item in shop.items.values():
        waiting = [e for e in shop.entries.values() if e.item_id == item.id and e.state is EntryState.WAITING]
        if not item.outside_window(max(clock, shop.decided_at[item.id])):
            assert all(entry.quantity > item.available for entry in waiting)


def states(shop: Shelves) -> dict[str, str]:
    """Where every hold and every entry stands, by its id."""
    held = {hold.id: str(hold.state) for hold in shop.holds.values()}
    waits = {entry.id: str(entry.state_with(shop.holds.get(entry.hold_id))) for entry in shop.entries.values()}
    return held | waits


def reasons_against(shop: Shelves, command: Buy | TakeHold, clock: Instant) -> set[Reason]:
    """Every reason that speaks against it, as the interface has them. Where there is none it is granted."""
    item = shop.items.get(command.item_id)
    if item is None:
        return {Reason.UNKNOWN_ITEM}
    if item.buyer_tokens is BuyerTokens.REQUIRED and command.proven not in (command.buyer, ANY_BUYER):
        return {Reason.UNAUTHORIZED}
    first = shop.first_of(command.item_id, command.buyer, command.key)
    if first is not None:
        return {Reason.KEY_REUSED}
    now = shop.now([command], clock)
    return _against_item(item, command, now) | _against_buyer(shop, item, command, now)


def _against_item(item: Item, command: Buy | TakeHold, now: Instant) -> set[Reason]:
    true = {
        Reason.INVALID_REQUEST: command.quantity > item.max_per_order,
        Reason.CLOSED: item.closes_at is not None and item.closes_at <= now,
        Reason.NOT_OPEN: item.opens_at is not None and now < item.opens_at,
        Reason.PAUSED: item.paused,
        Reason.SOLD_OUT: item.sold == item.capacity,
        Reason.ALL_HELD: item.available == 0 and item.held > 0,
        Reason.NOT_ENOUGH_LEFT: 0 < item.available < command.quantity,
    }
    return {reason for reason, is_true in true.items() if is_true}


def _against_buyer(shop: Shelves, item: Item, command: Buy | TakeHold, now: Instant) -> set[Reason]:
    if item.limit_per_buyer is None:
        return set()
    if command.buyer == ANONYMOUS:
        return {Reason.INVALID_REQUEST}
    has = shop.units_of(item.id, command.buyer, now)
    return {Reason.LIMIT_REACHED} if has + command.quantity > item.limit_per_buyer else set()


def check_answer(outcome: Outcome, against: set[Reason]) -> None:
    if isinstance(outcome, Refused):
        assert outcome.reason in against, "a refusal is true"
    elif isinstance(outcome, Bought | Held) and outcome.replayed:
        assert against == {Reason.KEY_REUSED}, "the key was used before"
    else:
        assert not against, "what is granted had nothing against it"


def check_writes(outcome: Outcome, writes: Writes) -> None:
    """A refusal records a late payment at most, and an answer that is given again nothing."""
    if isinstance(outcome, Refused):
        assert not any(writes._replace(late_payments=[]))
        assert outcome.refund_due or not writes
    elif getattr(outcome, "replayed", False):
        assert not writes
    elif isinstance(outcome, Bought):
        assert writes
