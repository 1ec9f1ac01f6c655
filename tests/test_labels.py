"""Which items an outcome is counted for, and under which name."""

from typing import get_args

import pytest

from sellout.domain import (
    AddItem,
    BasketBought,
    BasketHeld,
    Bought,
    Command,
    Entry,
    EntryState,
    Held,
    Hold,
    ItemSaved,
    Joined,
    Left,
    Outcome,
    Purchase,
    Reason,
    Refunded,
    Refused,
    Released,
    Settle,
    Settled,
)
from sellout.labels import NO_ITEM, gather
from tests.words import (
    a_basket_to_buy,
    a_basket_to_hold,
    a_buy,
    a_hold,
    a_join,
    an_item,
    change,
    confirm,
    leave,
    pay,
    refund,
    release,
)

PURCHASE = Purchase("p", "a", "A", "jo", 1, None, 0)
HOLD = Hold("h", "a", "A", "jo", 1, None, 0, 1, 1)
ENTRY = Entry("e", "a", "jo", 1, None, "h", 1, EntryState.WAITING, 0)

GRANTED: list[tuple[Command, Outcome, tuple[str, ...], str]] = [
    (a_buy(), Bought(PURCHASE), ("a",), "bought"),
    (a_buy(), Bought(PURCHASE, replayed=True), ("a",), "replayed"),
    (confirm("h"), Bought(PURCHASE), ("a",), "bought"),
    (a_hold(), Held(HOLD), ("a",), "held"),
    (pay("h"), Held(HOLD), ("a",), "held"),
    (release("h"), Released(HOLD), ("a",), "released"),
    (refund("p"), Refunded(PURCHASE), ("a",), "refunded"),
    (a_join("jo"), Joined(ENTRY, None), ("a",), "joined"),
    (leave(a_join("jo")), Left(ENTRY), ("a",), "left"),
    (
        a_basket_to_buy({"a": 1, "b": 1}),
        BasketBought("k", (PURCHASE, PURCHASE._replace(item_id="b"))),
        ("a", "b"),
        "basket_bought",
    ),
    (
        a_basket_to_hold({"a": 1, "b": 1}),
        BasketHeld("k", (HOLD, HOLD._replace(item_id="b"))),
        ("a", "b"),
        "basket_held",
    ),
    (Settle("a"), Settled(), ("a",), "settled"),
    (AddItem(an_item()), ItemSaved(an_item(), 0), ("a",), "item_saved"),
    (change(capacity=5), ItemSaved(an_item(), 0), ("a",), "item_saved"),
]


@pytest.mark.parametrize(("command", "outcome", "items", "name"), GRANTED)
def test_what_is_granted_counts_for_the_items_that_it_shows(
    command: Command, outcome: Outcome, items: tuple[str, ...], name: str
) -> None:
    assert gather([command], [outcome], [0.5]) == {(item, name): [0.5] for item in items}


def test_every_outcome_has_its_labels() -> None:
    assert {type(outcome) for _, outcome, _, _ in GRANTED} | {Refused} == set(get_args(Outcome))


@pytest.mark.parametrize(
    ("command", "refused", "item"),
    [
        (a_buy(), Refused(Reason.SOLD_OUT), "a"),
        (a_hold(), Refused(Reason.PAUSED), "a"),
        (pay("h"), Refused(Reason.HOLD_EXPIRED), NO_ITEM),
        (AddItem(an_item()), Refused(Reason.ITEM_EXISTS), "a"),
        (a_basket_to_buy({"a": 1, "b": 1}), Refused(Reason.SOLD_OUT, line=1, item_id="b"), "b"),
        (a_basket_to_buy({"a": 1, "b": 1}), Refused(Reason.KEY_REUSED), NO_ITEM),
        (a_buy("typed"), Refused(Reason.UNKNOWN_ITEM), NO_ITEM),
        (a_basket_to_buy({"a": 1, "typed": 1}), Refused(Reason.UNKNOWN_ITEM, line=1, item_id="typed"), NO_ITEM),
    ],
)
def test_a_refusal_counts_for_the_item_that_was_asked_for_if_there_is_one(
    command: Command, refused: Refused, item: str
) -> None:
    assert gather([command], [refused], [0.5]) == {(item, str(refused.reason)): [0.5]}
