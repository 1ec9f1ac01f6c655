"""The words of a sale: what state things are in, and when an item's books are consistent."""

from typing import Any

import pytest

from sellout.domain import Audit, Entry, EntryState, Hold, HoldState, Kind, MovementSum, State, purchase_of
from tests.words import an_item

NOW = 1_000


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ({}, State.ON_SALE),
        ({"sold": 9}, State.ON_SALE),
        ({"sold": 10}, State.SOLD_OUT),
        ({"sold": 9, "held": 1}, State.ALL_HELD),
        ({"capacity": 0}, State.SOLD_OUT),
        ({"paused": True, "sold": 10}, State.PAUSED),
        ({"opens_at": NOW + 1, "paused": True}, State.NOT_OPEN),
        ({"opens_at": NOW}, State.ON_SALE),
        ({"closes_at": NOW, "paused": True}, State.CLOSED),
        ({"closes_at": NOW + 1}, State.ON_SALE),
        ({"closes_at": NOW, "sold": 10}, State.CLOSED),
    ],
)
def test_the_state_says_what_a_buyer_can_expect(members: dict[str, Any], state: State) -> None:
    assert an_item(**members).state(NOW) is state


def test_available_is_what_is_neither_sold_nor_held() -> None:
    assert an_item(capacity=10, sold=4, held=3).available == 3


HOLD = Hold("h", "a", "A", "ada", 2, "k", held_at=100, held_until=200, expires_at=200)
PAYING = HOLD._replace(state=HoldState.PAYING, expires_at=300)
RELEASED = PAYING._replace(state=HoldState.RELEASED, ended_at=250)
CONFIRMED = PAYING._replace(state=HoldState.CONFIRMED, ended_at=250, purchase_id="p")


@pytest.mark.parametrize(
    ("hold", "now", "state"),
    [
        (HOLD, 199, HoldState.HELD),
        (HOLD, 200, HoldState.EXPIRED),
        (PAYING, 299, HoldState.PAYING),
        (PAYING, 300, HoldState.EXPIRED),
        (RELEASED, 999, HoldState.RELEASED),
        (CONFIRMED, 999, HoldState.CONFIRMED),
    ],
)
def test_an_open_hold_is_seen_as_expired_from_its_deadline_on(hold: Hold, now: int, state: HoldState) -> None:
    assert hold.seen_at(now) == hold._replace(state=state)
    assert hold.is_due(now) is (hold.is_open and state is HoldState.EXPIRED)


@pytest.mark.parametrize("hold", [HOLD, PAYING, RELEASED, CONFIRMED])
def test_a_hold_knows_how_it_was_taken(hold: Hold) -> None:
    assert hold.as_taken() == HOLD


@pytest.mark.parametrize("hold", [PAYING, RELEASED, CONFIRMED])
def test_a_hold_knows_how_it_was_when_its_payment_began(hold: Hold) -> None:
    assert hold.as_paying() == PAYING


def test_a_purchase_of_a_hold_has_what_was_held() -> None:
    purchase = purchase_of(HOLD, "p", "confirm-key", 150, "payment")
    assert purchase[:5] == ("p", "a", "A", "ada", 2)
    assert (purchase.key, purchase.purchased_at, purchase.hold_id) == ("confirm-key", 150, "h")
    assert (purchase.payment_ref, purchase.refunded_at, purchase.basket_id) == ("payment", None, None)


@pytest.mark.parametrize(
    ("hold", "state"),
    [
        (None, EntryState.OFFERED),
        (HOLD, EntryState.OFFERED),
        (PAYING, EntryState.OFFERED),
        (CONFIRMED, EntryState.CONFIRMED),
        (RELEASED, EntryState.LEFT),
        (HOLD.seen_at(200), EntryState.LAPSED),
    ],
)
def test_what_becomes_of_an_offer_is_the_entry_s_state(hold: Hold | None, state: EntryState) -> None:
    entry = Entry("e", "a", "ada", 2, None, "h", 1, EntryState.OFFERED, 100)
    assert entry.state_with(hold) is state
    assert entry._replace(state=EntryState.WAITING).state_with(hold) is EntryState.WAITING


def books(**differences: int) -> Audit:
    """The books of an item of 10 that sold 5, took 1 back, and holds 2 of 3, but for the differences."""
    accounts = ("capacity", "sold", "held", "purchased", "holding", "unmatched")
    differ = {**dict.fromkeys(accounts, 0), **differences}
    sums = {
        Kind.RESTOCK: MovementSum(1, 10 + differ["capacity"], 0, 0),
        Kind.BUY: MovementSum(3, 0, 5 + differ["sold"], 0),
        Kind.REFUND: MovementSum(1, 0, -1, 0),
        Kind.HOLD: MovementSum(2, 0, 0, 3 + differ["held"]),
        Kind.RELEASE: MovementSum(1, 0, 0, -1),
    }
    item = an_item(capacity=10, sold=4, held=2)
    return Audit(item, sums, 4 + differ["purchased"], 2 + differ["holding"], differ["unmatched"])


def test_books_that_all_say_the_same_are_consistent() -> None:
    assert books().consistent


@pytest.mark.parametrize("account", ["capacity", "sold", "held", "purchased", "holding", "unmatched"])
def test_books_that_differ_anywhere_are_not(account: str) -> None:
    assert not books(**{account: 1}).consistent


def test_an_item_without_units_has_an_empty_ledger() -> None:
    assert Audit(an_item(capacity=0), {}, purchased=0, holding=0, unmatched=0).consistent
