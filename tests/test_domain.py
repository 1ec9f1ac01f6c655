"""The words of a sale: what state an item is in, and when its books are consistent."""

from typing import Any

import pytest

from sellout.domain import Audit, Kind, MovementSum, State
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


def books(**differences: int) -> Audit:
    """The books of an item of 10 that sold 5 and took 1 back, but for the differences."""
    differ = {"capacity": 0, "sold": 0, "held": 0, "purchased": 0, "unmatched": 0, **differences}
    sums = {
        Kind.RESTOCK: MovementSum(1, 10 + differ["capacity"], 0, 0),
        Kind.BUY: MovementSum(3, 0, 5 + differ["sold"], differ["held"]),
        Kind.REFUND: MovementSum(1, 0, -1, 0),
    }
    return Audit(an_item(capacity=10, sold=4), sums, 4 + differ["purchased"], differ["unmatched"])


def test_books_that_all_say_the_same_are_consistent() -> None:
    assert books().consistent


@pytest.mark.parametrize("account", ["capacity", "sold", "held", "purchased", "unmatched"])
def test_books_that_differ_anywhere_are_not(account: str) -> None:
    assert not books(**{account: 1}).consistent


def test_an_item_without_units_has_an_empty_ledger() -> None:
    assert Audit(an_item(capacity=0), {}, purchased=0, unmatched=0).consistent
