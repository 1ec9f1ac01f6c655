"""The words of a sale: an item's state in the right order, and when an audit is consistent."""

from typing import Any

import pytest

from sellout.domain import MICROSECONDS, Audit, Kind, MovementSum, State
from tests.words import an_item

NOON = 1_800_000_000 * MICROSECONDS


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, State.ON_SALE),
        ({"sold": 9}, State.ON_SALE),
        ({"sold": 10}, State.SOLD_OUT),
        ({"sold": 9, "held": 1}, State.ALL_HELD),
        ({"capacity": 0}, State.SOLD_OUT),
        ({"paused": True, "sold": 10}, State.PAUSED),
        ({"opens_at": NOON + 1, "paused": True}, State.NOT_OPEN),
        ({"opens_at": NOON}, State.ON_SALE),
        ({"closes_at": NOON, "paused": True}, State.CLOSED),
        ({"closes_at": NOON + 1}, State.ON_SALE),
        ({"opens_at": NOON - MICROSECONDS, "closes_at": NOON, "sold": 10}, State.CLOSED),
    ],
)
def test_the_state_says_what_a_buyer_can_expect(members: dict[str, int], expected: State) -> None:
    item: Any = an_item()
    assert item._replace(**members).state(NOON) is expected


def test_available_is_what_is_neither_sold_nor_held() -> None:
    assert an_item(capacity=10, sold=4, held=3).available == 3


def ledger(**changes: int) -> Audit:
    """The books of an item of 10 that sold 5 and got 1 back, with one figure changed."""
    sums = {
        Kind.RESTOCK: MovementSum(1, 10 + changes.get("capacity", 0), 0, 0),
        Kind.BUY: MovementSum(3, 0, 5 + changes.get("sold", 0), changes.get("held", 0)),
        Kind.REFUND: MovementSum(1, 0, -1, 0),
    }
    return Audit(
        an_item(sold=4), sums, purchased=4 + changes.get("purchased", 0), unmatched=changes.get("unmatched", 0)
    )


def test_books_that_say_the_same_are_consistent() -> None:
    assert ledger().consistent


@pytest.mark.parametrize("account", ["capacity", "sold", "held", "purchased", "unmatched"])
def test_books_that_differ_anywhere_are_not_consistent(account: str) -> None:
    assert not ledger(**{account: 1}).consistent


def test_an_item_without_units_has_an_empty_ledger() -> None:
    assert Audit(an_item(capacity=0), {}, purchased=0, unmatched=0).consistent
