"""The waiting list: who gets what comes back, and who does not."""

from collections.abc import Callable
from typing import Any

import pytest

from sellout.domain import (
    Command,
    Entry,
    EntryState,
    HoldState,
    Joined,
    JoinWaitlist,
    Left,
    Outcome,
    Reason,
    Refused,
    Settle,
)
from tests.decide.batches import ask, either_way
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, a_hold, a_join, after, an_item, change, confirm, leave, offer_of, pay, refund, release


def joined(outcome: Outcome) -> Entry:
    """The entry of somebody who has joined."""
    assert isinstance(outcome, Joined)
    return outcome.entry


def state(shop: Shelves, entry: JoinWaitlist) -> EntryState:
    """What the entry shows."""
    return shop.entries[entry.entry_id].state_with(shop.holds.get(entry.hold_id))


def states(shop: Shelves, *entries: JoinWaitlist) -> list[str]:
    return [str(state(shop, entry)) for entry in entries]


def sold_out(capacity: int = 1, **members: Any) -> tuple[Shelves, Command]:
    """An item of which all is sold, and the refund of that."""
    shop = Shelves(an_item(capacity=capacity, **members))
    purchase = a_buy(quantity=capacity, buyer="first")
    assert kinds(shop.transact([purchase])) == ["Bought"]
    return shop, refund(purchase)


def test_who_comes_while_units_are_free_is_offered_them_at_once() -> None:
    shop = Shelves(an_item(capacity=2, offer_seconds=30))
    entry = a_join("ada", 2)
    (outcome,) = shop.transact([entry])
    assert isinstance(outcome, Joined)
    assert (outcome.entry.state, outcome.entry.position) == (EntryState.OFFERED, None)
    assert outcome.hold == shop.holds[offer_of(entry)]
    assert (outcome.hold.expires_at, outcome.hold.entry_id) == (after(NOW, 30), entry.entry_id)
    assert kinds(shop.transact([a_buy()])) == ["all_held"]


def test_places_are_counted_from_those_who_still_wait() -> None:
    shop, _ = sold_out()
    first, second = a_join("ada"), a_join("bob")
    assert [joined(outcome).position for outcome in shop.transact([first, second])] == [1, 2]
    shop.transact([leave(first)])
    assert [joined(outcome).position for outcome in shop.transact([a_join("cleo")])] == [2]
    assert [joined(outcome).position for outcome in shop.transact([leave(second), a_join("dan")])[1:]] == [2]


@either_way
def test_who_was_offered_something_is_no_longer_counted_among_those_who_wait(together: bool) -> None:
    shop, returned = sold_out()
    shop.transact([a_join("ada"), a_join("bob")])
    outcomes = ask(shop, [returned, a_join("cleo")], together=together)
    assert joined(outcomes[1]).position == 2


def comes_back_by_expiry(shop: Shelves) -> list[Command]:
    shop.transact([a_hold(buyer="first", quantity=2)], after(NOW, -600))
    return [Settle("a")]


def comes_back_by_release(shop: Shelves) -> list[Command]:
    hold = a_hold(buyer="first", quantity=2)
    shop.transact([hold], after(NOW, -1))
    return [release(hold)]


def comes_back_by_refund(shop: Shelves) -> list[Command]:
    purchase = a_buy(buyer="first", quantity=2)
    shop.transact([purchase], after(NOW, -1))
    return [refund(purchase)]


def comes_back_by_more_capacity(shop: Shelves) -> list[Command]:
    shop.transact([a_buy(buyer="first", quantity=2)], after(NOW, -1))
    return [change(capacity=4)]


def comes_back_by_the_end_of_a_pause(shop: Shelves) -> list[Command]:
    purchase = a_buy(buyer="first", quantity=2)
    shop.transact([purchase], after(NOW, -1))
    return [change(paused=True), refund(purchase), change(paused=False)]


@pytest.mark.parametrize(
    "comes_back",
    [
        comes_back_by_expiry,
        comes_back_by_release,
        comes_back_by_refund,
        comes_back_by_more_capacity,
        comes_back_by_the_end_of_a_pause,
    ],
)
@either_way
def test_units_that_come_back_are_offered_to_the_first_who_wait(
    comes_back: Callable[[Shelves], list[Command]], together: bool
) -> None:
    shop = Shelves(an_item(capacity=2, offer_seconds=30))
    commands = comes_back(shop)
    entries = [a_join(buyer) for buyer in ("ada", "bob", "cleo")]
    shop.transact(entries, after(NOW, -1))
    ask(shop, [*commands, a_buy()], together=together)
    assert states(shop, *entries) == ["offered", "offered", "waiting"]
    assert {shop.holds[offer_of(entry)].expires_at for entry in entries[:2]} == {after(NOW, 30)}
    assert len(shop.kept("a")) == (1 if comes_back is comes_back_by_more_capacity else 0)


@either_way
def test_who_waits_is_served_when_a_window_opens_again(together: bool) -> None:
    shop, returned = sold_out()
    entry = a_join("ada")
    shop.transact([entry, change(opens_at=NOW + 5), returned])
    assert states(shop, entry) == ["waiting"]
    assert kinds(ask(shop, [a_buy(), a_hold()], together=together, clock=NOW + 5)) == ["all_held"] * 2
    assert states(shop, entry) == ["offered"]


@either_way
def test_nobody_who_comes_later_takes_what_somebody_who_waits_could_have(together: bool) -> None:
    shop, returned = sold_out(capacity=2)
    waits = a_join("ada", 2)
    shop.transact([waits])
    commands: list[Command] = [returned, a_buy(), a_hold(), a_join("bob")]
    assert kinds(ask(shop, commands, together=together)) == ["Refunded", "all_held", "all_held", "Joined"]
    assert states(shop, waits) == ["offered"]


@either_way
def test_no_unit_stays_unsold_because_somebody_waits_for_more_than_there_is(together: bool) -> None:
    shop, returned = sold_out(capacity=2)
    many, one, later = a_join("ada", 4), a_join("bob"), a_join("cleo", 2)
    shop.transact([many, one, later])
    assert kinds(ask(shop, [returned, a_buy()], together=together)) == ["Refunded", "Bought"]
    assert states(shop, many, one, later) == ["waiting", "offered", "waiting"]


@either_way
def test_an_offer_that_is_not_taken_passes_on(together: bool) -> None:
    shop, returned = sold_out(offer_seconds=30)
    entries = [a_join(buyer) for buyer in ("ada", "bob", "cleo")]
    shop.transact([*entries, returned])
    shop.transact([release(offer_of(entries[0]))], after(NOW, 1))
    assert states(shop, *entries) == ["left", "offered", "waiting"]
    ask(shop, [a_buy(), Settle("a")], together=together, clock=after(NOW, 31))
    assert states(shop, *entries) == ["left", "lapsed", "offered"]
    shop.transact([leave(entries[2])], after(NOW, 32))
    assert kinds(shop.transact([a_buy()], after(NOW, 32))) == ["Bought"]


@either_way
def test_an_offer_is_paid_and_confirmed_like_any_hold(together: bool) -> None:
    shop, returned = sold_out()
    entry = a_join("ada")
    shop.transact([entry, returned])
    assert kinds(ask(shop, [pay(offer_of(entry)), confirm(offer_of(entry), "r")], together=together)) == [
        "Held", "Bought",
    ]  # fmt: skip
    assert states(shop, entry) == ["confirmed"]
    assert kinds(shop.transact([leave(entry)])) == ["already_confirmed"]


@either_way
def test_who_has_as_much_as_the_limit_allows_loses_the_place_and_the_next_is_asked(together: bool) -> None:
    shop, returned = sold_out(capacity=1, limit_per_buyer=1)
    entries = [a_join("ada"), a_join("bob"), a_join("bob"), a_join("cleo")]
    shop.transact([*entries, change(capacity=2)])
    assert states(shop, *entries) == ["offered", "waiting", "waiting", "waiting"]
    shop.transact([change(capacity=3)])
    assert states(shop, *entries) == ["offered", "offered", "waiting", "waiting"]
    assert kinds(ask(shop, [returned, a_buy(buyer="dan")], together=together)) == ["Refunded", "all_held"]
    assert states(shop, *entries) == ["offered", "offered", "lapsed", "offered"]


def test_many_may_lapse_before_one_is_served_in_the_same_batch() -> None:
    """Nobody overtakes those who wait behind entries that take nothing."""
    shop, returned = sold_out(capacity=1, limit_per_buyer=1)
    held = a_hold(buyer="ada")
    shop.transact([change(capacity=2), held])
    lapses = [a_join("bob") for _ in range(20)]
    waits = a_join("cleo")
    shop.transact([*lapses, waits])
    shop.transact([returned])
    assert kinds(shop.transact([confirm(offer_of(lapses[0])), release(held), a_buy(buyer="dan")])) == [
        "Bought", "Released", "all_held",
    ]  # fmt: skip
    assert states(shop, waits) == ["offered"]
    assert {*states(shop, *lapses[1:])} == {"lapsed"}


@pytest.mark.parametrize(
    ("members", "command", "reason"),
    [
        ({"max_per_order": 2}, a_join("ada", 3), Reason.INVALID_REQUEST),
        ({"limit_per_buyer": 2}, a_join("ada", 3), Reason.LIMIT_REACHED),
        ({"paused": True}, a_join("ada"), Reason.PAUSED),
        ({"opens_at": NOW + 1}, a_join("ada"), Reason.NOT_OPEN),
        ({"closes_at": NOW}, a_join("ada"), Reason.CLOSED),
        ({"limit_per_buyer": 1, "paused": True}, a_join("ada", 2), Reason.PAUSED),
    ],
)
def test_who_could_not_buy_cannot_wait_either_whatever_is_left(
    members: dict[str, Any], command: JoinWaitlist, reason: Reason
) -> None:
    shop = Shelves(an_item(capacity=0, **members))
    (outcome,), writes = shop.decide([command])
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert not writes


def test_more_than_there_are_in_all_may_be_waited_for() -> None:
    shop, _ = sold_out()
    entry = a_join("ada", 9)
    shop.transact([entry, change(capacity=12)])
    assert states(shop, entry) == ["offered"]


@either_way
def test_a_repeated_key_gets_the_place_as_it_was_given(together: bool) -> None:
    shop, returned = sold_out()
    entry = a_join("ada", key="k", contact="ada@example.org")
    (first,) = shop.transact([entry])
    again = a_join("ada", key="k", contact="ada@example.org")
    for happens in (Settle("a"), returned, release(offer_of(entry))):
        _, repeated = ask(shop, [happens, again], together=together)
        assert joined(repeated)._replace(no=0) == joined(first)
        assert isinstance(repeated, Joined)
        assert (repeated.hold, repeated.replayed) == (None, True)
    assert len(shop.entries) == 1


@either_way
def test_a_repeated_key_gets_the_offer_as_it_was_made(together: bool) -> None:
    shop = Shelves(an_item())
    entry = a_join("ada", key="k")
    (first,) = shop.transact([entry])
    assert isinstance(first, Joined)
    for happens in (pay(offer_of(entry)), confirm(offer_of(entry))):
        _, repeated = ask(shop, [happens, a_join("ada", key="k")], together=together)
        assert isinstance(repeated, Joined)
        assert repeated.hold == first.hold


@either_way
def test_leaving_again_is_as_good_as_once(together: bool) -> None:
    shop, returned = sold_out()
    entry, other = a_join("ada"), a_join("bob")
    shop.transact([entry, other, returned])
    outcomes = ask(shop, [leave(entry), leave(entry)], together=together)
    assert all(isinstance(outcome, Left) for outcome in outcomes)
    assert states(shop, entry, other) == ["left", "offered"]
    assert shop.holds[offer_of(entry)].state is HoldState.RELEASED


def test_leaving_what_is_not_there_is_refused() -> None:
    assert Shelves(an_item()).transact([leave(a_join("ada"))]) == [Refused(Reason.UNKNOWN_ENTRY)]


@either_way
def test_who_leaves_in_the_batch_that_would_have_served_them_lets_the_next_go_first(together: bool) -> None:
    shop, returned = sold_out()
    entry, other = a_join("ada"), a_join("bob")
    shop.transact([entry, other])
    ask(shop, [leave(entry), returned], together=together)
    assert states(shop, entry, other) == ["left", "offered"]
    assert offer_of(entry) not in shop.holds


@either_way
def test_who_joins_in_the_batch_waits_behind_all_others(together: bool) -> None:
    shop, returned = sold_out(capacity=2)
    first, second, third = a_join("ada"), a_join("bob", 2), a_join("cleo")
    shop.transact([first])
    ask(shop, [second, third, returned], together=together)
    assert states(shop, first, second, third) == ["offered", "waiting", "offered"]


@either_way
def test_who_joins_later_in_the_batch_waits_longer_whatever_they_want(together: bool) -> None:
    """Ada and cleo want the same, so they stand in one line; bob, who wants more, came between them."""
    shop, returned = sold_out(capacity=3)
    ada, bob, cleo = a_join("ada"), a_join("bob", 2), a_join("cleo")
    shop.transact([ada])
    ask(shop, [bob, cleo, returned], together=together)
    assert states(shop, ada, bob, cleo) == ["offered", "offered", "waiting"]


@either_way
def test_the_order_of_coming_is_not_the_order_of_ids(together: bool) -> None:
    shop, returned = sold_out(capacity=2)
    first, second = a_join("ada", 2)._replace(entry_id="z"), a_join("bob")._replace(entry_id="a")
    ask(shop, [first, second, returned], together=together)
    assert states(shop, first, second) == ["offered", "waiting"]


def test_nobody_waits_without_a_name() -> None:
    shop = Shelves(an_item(capacity=0))
    nameless = JoinWaitlist("e1", "o1", "a", "", 1, None, None)
    (refused,) = shop.transact([nameless])
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field) == (Reason.INVALID_REQUEST, "buyer")
