"""The decision: what each command gets, and that batches change nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.decide import Decision, Loaded, decide, limits_matter, needs
from sellout.domain import (
    AddItem,
    Bought,
    Buy,
    Change,
    ChangeItem,
    Command,
    Item,
    ItemSaved,
    Outcome,
    Purchase,
    Reason,
    Refund,
    Refunded,
    Refused,
)
from tests.words import a_buy, an_item

NOW = 1_000_000


class Shelves:
    """A store in memory. It loads only what `needs` names, so that a need that is not named is noticed."""

    def __init__(self, *items: Item) -> None:
        self.items = {item.id: item for item in items}
        self.purchases: dict[str, Purchase] = {}

    def transact(self, commands: Sequence[Command], now: int = NOW) -> list[Outcome]:
        decision = self.decide(commands, now)
        writes = decision.writes
        for item in (*writes.added_items, *writes.changed_items):
            assert item.sold + item.held <= item.capacity, "never oversold"
            self.items[item.id] = item
        for purchase in (*writes.purchases, *writes.refunds):
            self.purchases[purchase.id] = purchase
        return decision.outcomes

    def decide(self, commands: Sequence[Command], now: int = NOW) -> Decision:
        wanted = needs(commands)
        purchases = {i: self.purchases[i] for i in wanted.purchase_ids if i in self.purchases}
        item_ids = wanted.item_ids | {purchase.item_id for purchase in purchases.values()}
        items = {i: self.items[i] for i in item_ids if i in self.items}
        by_key = {
            (p.item_id, p.buyer, p.key): p
            for p in self.purchases.values()
            if p.key is not None and (p.item_id, p.buyer, p.key) in wanted.scopes
        }
        bought: dict[tuple[str, str], int] = {}
        if limits_matter(list(items.values()), commands):
            for purchase in self.purchases.values():
                whose = (purchase.item_id, purchase.buyer)
                if whose in wanted.buyers and purchase.refunded_at is None:
                    bought[whose] = bought.get(whose, 0) + purchase.quantity
        return decide(Loaded(items, by_key, bought, purchases), commands, now)


def reasons(outcomes: Sequence[Outcome]) -> list[str]:
    return [str(outcome.reason) if isinstance(outcome, Refused) else type(outcome).__name__ for outcome in outcomes]


def test_four_when_two_are_left_is_refused_and_one_is_granted() -> None:
    shop = Shelves(an_item(capacity=2))
    four, one = shop.transact([a_buy(quantity=4), a_buy(quantity=1)])
    assert four == Refused(Reason.NOT_ENOUGH_LEFT, available=2)
    assert isinstance(one, Bought)


def test_sold_out_is_said_only_when_all_are_sold() -> None:
    shop = Shelves(an_item(capacity=2))
    assert reasons(shop.transact([a_buy(), a_buy(), a_buy()])) == ["Bought", "Bought", "sold_out"]


def test_held_units_make_it_all_held_and_not_sold_out() -> None:
    assert reasons(Shelves(an_item(capacity=2, held=2)).transact([a_buy()])) == ["all_held"]


@pytest.mark.parametrize(
    ("item", "command", "reason"),
    [
        (an_item(), a_buy("other"), Reason.UNKNOWN_ITEM),
        (an_item(max_per_order=2), a_buy(quantity=3), Reason.INVALID_REQUEST),
        (an_item(limit_per_buyer=2), a_buy(), Reason.INVALID_REQUEST),
        (an_item(opens_at=NOW + 1), a_buy(), Reason.NOT_OPEN),
        (an_item(closes_at=NOW), a_buy(), Reason.CLOSED),
        (an_item(paused=True), a_buy(), Reason.PAUSED),
        (an_item(capacity=0), a_buy(), Reason.SOLD_OUT),
        (an_item(limit_per_buyer=2), a_buy(quantity=3, buyer="ada"), Reason.LIMIT_REACHED),
        (an_item(capacity=1), a_buy(quantity=2), Reason.NOT_ENOUGH_LEFT),
        # What is wrong with the request goes before the window, the window before the stock, sold out before limits.
        (an_item(max_per_order=2, paused=True), a_buy(quantity=3), Reason.INVALID_REQUEST),
        (an_item(capacity=0, paused=True), a_buy(), Reason.PAUSED),
        (an_item(capacity=0, limit_per_buyer=1), a_buy(quantity=2, buyer="ada"), Reason.SOLD_OUT),
        (an_item(closes_at=NOW, opens_at=NOW - 1, paused=True), a_buy(), Reason.CLOSED),
    ],
)
def test_a_refusal_names_its_reason_and_writes_nothing(item: Item, command: Buy, reason: Reason) -> None:
    decision = Shelves(item).decide([command])
    assert reasons(decision.outcomes) == [reason]
    assert not decision.writes


def test_it_opens_and_closes_at_the_very_instant() -> None:
    item = an_item(opens_at=NOW, closes_at=NOW + 10)
    assert reasons(Shelves(item).transact([a_buy()], NOW)) == ["Bought"]
    assert reasons(Shelves(item).transact([a_buy()], NOW + 9)) == ["Bought"]
    assert reasons(Shelves(item).transact([a_buy()], NOW + 10)) == ["closed"]


def test_a_repeated_key_gets_the_first_purchase_also_for_the_last_unit_and_in_the_same_batch() -> None:
    shop = Shelves(an_item(capacity=1))
    first, second = shop.transact([a_buy(key="k"), a_buy(key="k")])
    (third,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    assert second == third == Bought(first.purchase, replayed=True)
    assert len(shop.purchases) == 1


def test_a_key_with_another_quantity_is_refused_and_a_refused_key_may_try_again() -> None:
    shop = Shelves(an_item(capacity=3))
    assert reasons(shop.transact([a_buy(key="k"), a_buy(key="k", quantity=2)])) == ["Bought", "key_reused"]
    assert reasons(shop.transact([a_buy(key="l", quantity=3)])) == ["not_enough_left"]
    assert reasons(shop.transact([a_buy(key="l", quantity=2)])) == ["Bought"]


def test_keys_of_other_buyers_and_items_are_other_keys() -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    outcomes = shop.transact([a_buy("a", key="k"), a_buy("a", key="k", buyer="ada"), a_buy("b", key="k")])
    assert reasons(outcomes) == ["Bought"] * 3
    assert len(shop.purchases) == 3


def test_the_limit_counts_all_purchases_of_a_buyer_that_are_not_refunded() -> None:
    shop = Shelves(an_item(limit_per_buyer=3))
    (first,) = shop.transact([a_buy(quantity=2, buyer="ada")])
    assert isinstance(first, Bought)
    assert reasons(shop.transact([a_buy(quantity=2, buyer="ada"), a_buy(quantity=2, buyer="bob")])) == [
        "limit_reached",
        "Bought",
    ]
    outcomes = shop.transact([Refund(first.purchase.id), a_buy(quantity=3, buyer="ada")])
    assert reasons(outcomes) == ["Refunded", "Bought"]


def test_a_refund_gives_the_units_back_exactly_once_and_the_key_keeps_its_answer() -> None:
    shop = Shelves(an_item(capacity=1))
    (first,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    again = Refund(first.purchase.id)
    assert reasons(shop.transact([again, again])) == ["Refunded", "already_refunded"]
    assert shop.items["a"].available == 1
    assert shop.transact([a_buy(key="k")]) == [Bought(first.purchase, replayed=True)]
    assert reasons(shop.transact([Refund("nobody's")])) == ["unknown_purchase"]


def test_capacity_is_raised_and_lowered_but_not_below_what_is_sold_and_held() -> None:
    shop = Shelves(an_item(capacity=5, sold=2, held=1))
    lowered, too_low, raised = shop.transact([ChangeItem("a", (Change("capacity", value),)) for value in (3, 2, 9)])
    assert isinstance(lowered, ItemSaved)
    assert lowered.item.available == 0
    assert too_low == Refused(Reason.CAPACITY_BELOW_COMMITTED, available=0)
    assert isinstance(raised, ItemSaved)
    assert shop.items["a"].capacity == 9


def test_an_item_is_added_once_and_sells_in_the_same_batch() -> None:
    shop = Shelves()
    outcomes = shop.transact([a_buy(), AddItem(an_item(capacity=1)), AddItem(an_item()), a_buy(), a_buy()])
    assert reasons(outcomes) == ["unknown_item", "ItemSaved", "item_exists", "Bought", "sold_out"]


def test_a_window_that_closes_before_it_opens_is_refused() -> None:
    shop = Shelves(an_item(opens_at=NOW))
    assert reasons(shop.transact([ChangeItem("a", (Change("closes_at", NOW),))])) == ["invalid_request"]


BUYERS = st.sampled_from(["", "ada", "bob"])
ITEMS = st.sampled_from(["a", "b"])
KEYS = st.sampled_from([None, "k", "l", "m"])
BUYS = st.tuples(ITEMS, BUYERS, st.integers(1, 4), KEYS)
CHANGES = st.one_of(
    st.tuples(st.just("capacity"), st.integers(0, 12)),
    st.tuples(st.just("paused"), st.booleans()),
    st.tuples(st.just("limit_per_buyer"), st.one_of(st.none(), st.integers(1, 4))),
    st.tuples(st.just("max_per_order"), st.integers(1, 4)),
    st.tuples(st.just("closes_at"), st.one_of(st.none(), st.integers(NOW - 1, NOW + 1))),
)


@st.composite
def sequences(draw: st.DrawFn) -> list[Command]:
    """Commands in which purchases have ids in order, so that refunds can name earlier and later ones."""
    commands: list[Command] = []
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(["buy", "buy", "buy", "buy", "refund", "change", "add"]))
        if kind == "buy":
            item_id, buyer, quantity, key = draw(BUYS)
            commands.append(Buy(f"p{number}", item_id, buyer, quantity, key))
        elif kind == "refund":
            commands.append(Refund(f"p{draw(st.integers(0, number))}"))
        elif kind == "change":
            commands.append(ChangeItem(draw(ITEMS), (Change(*draw(CHANGES)),)))
        else:
            commands.append(AddItem(an_item("b", capacity=draw(st.integers(0, 8)))))
    return commands


@given(sequences(), st.integers(0, 8), st.lists(st.integers(1, 6), min_size=1))
def test_cutting_commands_into_batches_changes_no_outcome(
    commands: list[Command], capacity: int, sizes: list[int]
) -> None:
    one_by_one, in_batches = Shelves(an_item(capacity=capacity)), Shelves(an_item(capacity=capacity))
    expected = [outcome for command in commands for outcome in one_by_one.transact([command])]
    found: list[Outcome] = []
    while len(found) < len(commands):
        size = sizes[len(found) % len(sizes)]
        found += in_batches.transact(commands[len(found) : len(found) + size])
    assert found == expected
    assert in_batches.items == one_by_one.items
    assert in_batches.purchases == one_by_one.purchases


@given(sequences(), st.integers(0, 8))
def test_the_invariants_hold_after_every_command(commands: list[Command], capacity: int) -> None:
    shop = Shelves(an_item(capacity=capacity))
    for command in commands:
        before = dict(shop.items)
        (outcome,) = shop.transact([command])
        for item in shop.items.values():
            kept = [p for p in shop.purchases.values() if p.item_id == item.id and p.refunded_at is None]
            assert item.sold == sum(purchase.quantity for purchase in kept) <= item.capacity
        if isinstance(command, Buy) and isinstance(outcome, Refused):
            assert shop.items == before
            _refused_truly(command, outcome, before)
        if isinstance(command, Buy) and isinstance(outcome, Bought) and not outcome.replayed:
            _within_limits(shop, outcome.purchase)
        if isinstance(outcome, Refunded):
            assert outcome.purchase.refunded_at == NOW
    scopes = [(p.item_id, p.buyer, p.key) for p in shop.purchases.values() if p.key is not None]
    assert len(scopes) == len(set(scopes)), "one purchase per key"


def _refused_truly(command: Buy, outcome: Refused, items: dict[str, Item]) -> None:
    if outcome.reason is Reason.SOLD_OUT:
        assert items[command.item_id].available == 0
    if outcome.reason is Reason.NOT_ENOUGH_LEFT:
        assert 0 < items[command.item_id].available < command.quantity


def _within_limits(shop: Shelves, purchase: Purchase) -> None:
    item = shop.items[purchase.item_id]
    assert purchase.quantity <= item.max_per_order
    assert item.state(NOW).value in {"on_sale", "sold_out"}
    if item.limit_per_buyer is not None:
        mine = [p for p in shop.purchases.values() if (p.item_id, p.buyer) == (purchase.item_id, purchase.buyer)]
        assert sum(p.quantity for p in mine if p.refunded_at is None) <= item.limit_per_buyer
