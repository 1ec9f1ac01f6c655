"""The decision by example: what each command gets, and which refusal goes before which."""

import pytest

from sellout.domain import (
    AddItem,
    Bought,
    Buy,
    Change,
    ChangeItem,
    Command,
    Item,
    ItemSaved,
    Reason,
    Refund,
    Refused,
)
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, an_item


def test_four_when_two_are_left_is_refused_and_one_is_granted() -> None:
    shop = Shelves(an_item(capacity=2))
    four, one = shop.transact([a_buy(quantity=4), a_buy(quantity=1)])
    assert four == Refused(Reason.NOT_ENOUGH_LEFT, available=2)
    assert isinstance(one, Bought)


def test_sold_out_is_said_only_when_all_are_sold() -> None:
    shop = Shelves(an_item(capacity=2))
    assert kinds(shop.transact([a_buy(), a_buy(), a_buy()])) == ["Bought", "Bought", "sold_out"]


def test_held_units_make_it_all_held_and_not_sold_out() -> None:
    assert kinds(Shelves(an_item(capacity=2, held=2)).transact([a_buy()])) == ["all_held"]


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
        (an_item(opens_at=NOW + 1, paused=True), a_buy(), Reason.NOT_OPEN),
        (an_item(capacity=2, held=2, limit_per_buyer=1), a_buy(quantity=2, buyer="ada"), Reason.ALL_HELD),
        (an_item(capacity=1, limit_per_buyer=1), a_buy(quantity=2, buyer="ada"), Reason.LIMIT_REACHED),
    ],
)
def test_a_refusal_names_its_reason_and_writes_nothing(item: Item, command: Buy, reason: Reason) -> None:
    decision = Shelves(item).decide([command])
    assert kinds(decision.outcomes) == [reason]
    assert not decision.writes


@pytest.mark.parametrize(
    ("item", "refused"),
    [
        (an_item(opens_at=NOW + 5), Refused(Reason.NOT_OPEN, opens_at=NOW + 5)),
        (an_item(capacity=1), Refused(Reason.NOT_ENOUGH_LEFT, available=1)),
        (an_item(max_per_order=1), Refused(Reason.INVALID_REQUEST, field="quantity", message="must be from 1 to 1")),
    ],
)
def test_a_refusal_says_what_helps(item: Item, refused: Refused) -> None:
    assert Shelves(item).transact([a_buy(quantity=2)]) == [refused]


def test_it_opens_and_closes_at_the_very_instant() -> None:
    item = an_item(opens_at=NOW, closes_at=NOW + 10)
    assert kinds(Shelves(item).transact([a_buy()], NOW)) == ["Bought"]
    assert kinds(Shelves(item).transact([a_buy()], NOW + 9)) == ["Bought"]
    assert kinds(Shelves(item).transact([a_buy()], NOW + 10)) == ["closed"]


def test_a_repeated_key_gets_the_first_purchase_also_for_the_last_unit_and_in_the_same_batch() -> None:
    shop = Shelves(an_item(capacity=1))
    first, second = shop.transact([a_buy(key="k"), a_buy(key="k")])
    (third,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    assert second == third == Bought(first.purchase, replayed=True)
    assert len(shop.purchases) == 1


@pytest.mark.parametrize(
    "change",
    [
        Change("paused", True),
        Change("closes_at", NOW),
        Change("capacity", 1),
        Change("name", "B"),
        Change("max_per_order", 1),
    ],
)
@pytest.mark.parametrize("in_the_same_batch", [True, False])
def test_a_repeated_key_gets_the_first_purchase_whatever_became_of_the_item(
    change: Change, in_the_same_batch: bool
) -> None:
    shop = Shelves(an_item(capacity=3))
    commands: list[Command] = [a_buy(key="k", quantity=1), ChangeItem("a", (change,)), a_buy(key="k", quantity=1)]
    batches = [commands] if in_the_same_batch else [[command] for command in commands]
    first, _, again = [outcome for batch in batches for outcome in shop.transact(batch)]
    assert isinstance(first, Bought)
    assert again == Bought(first.purchase, replayed=True)


def test_the_key_is_looked_at_before_all_but_the_item() -> None:
    shop = Shelves(an_item())
    shop.transact([a_buy(key="k"), ChangeItem("a", (Change("paused", True),))])
    assert kinds(shop.transact([a_buy(key="k", quantity=99), a_buy("other", key="k")])) == [
        "key_reused",
        "unknown_item",
    ]


def test_a_key_with_another_quantity_is_refused_and_a_refused_key_may_try_again() -> None:
    shop = Shelves(an_item(capacity=3))
    assert kinds(shop.transact([a_buy(key="k"), a_buy(key="k", quantity=2)])) == ["Bought", "key_reused"]
    assert kinds(shop.transact([a_buy(key="l", quantity=3)])) == ["not_enough_left"]
    assert kinds(shop.transact([a_buy(key="l", quantity=2)])) == ["Bought"]


def test_keys_of_other_buyers_and_items_are_other_keys() -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    outcomes = shop.transact([a_buy("a", key="k"), a_buy("a", key="k", buyer="ada"), a_buy("b", key="k")])
    assert kinds(outcomes) == ["Bought"] * 3
    assert len(shop.purchases) == 3


def test_the_limit_counts_all_purchases_of_a_buyer_that_are_not_refunded() -> None:
    shop = Shelves(an_item(limit_per_buyer=3))
    (first,) = shop.transact([a_buy(quantity=2, buyer="ada")])
    assert isinstance(first, Bought)
    assert kinds(shop.transact([a_buy(quantity=2, buyer="ada"), a_buy(quantity=2, buyer="bob")])) == [
        "limit_reached",
        "Bought",
    ]
    outcomes = shop.transact([Refund(first.purchase.id), a_buy(quantity=3, buyer="ada")])
    assert kinds(outcomes) == ["Refunded", "Bought"]


def test_the_limit_counts_what_the_same_batch_has_sold_and_given_back() -> None:
    shop = Shelves(an_item(limit_per_buyer=2))
    first = a_buy(buyer="ada", quantity=2)
    commands: list[Command] = [
        first,
        a_buy(buyer="ada"),
        Refund(first.purchase_id),
        a_buy(buyer="ada"),
        a_buy(buyer="ada", quantity=2),
    ]
    assert kinds(shop.transact(commands)) == ["Bought", "limit_reached", "Refunded", "Bought", "limit_reached"]


def test_a_limit_set_in_the_batch_counts_what_was_bought_before_it() -> None:
    shop = Shelves(an_item())
    shop.transact([a_buy(buyer="ada", quantity=2)])
    assert kinds(shop.transact([ChangeItem("a", (Change("limit_per_buyer", 2),)), a_buy(buyer="ada")])) == [
        "ItemSaved",
        "limit_reached",
    ]


def test_a_refund_keeps_its_key_taken_in_the_same_batch_too() -> None:
    shop = Shelves(an_item())
    (first,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    assert shop.transact([Refund(first.purchase.id), a_buy(key="k")])[1] == Bought(first.purchase, replayed=True)
    assert shop.items["a"].sold == 0


def test_a_refund_gives_the_units_back_exactly_once_and_the_key_keeps_its_answer() -> None:
    shop = Shelves(an_item(capacity=1))
    (first,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    again = Refund(first.purchase.id)
    assert kinds(shop.transact([again, again])) == ["Refunded", "already_refunded"]
    assert shop.items["a"].available == 1
    assert shop.transact([a_buy(key="k")]) == [Bought(first.purchase, replayed=True)]
    assert kinds(shop.transact([Refund("nobody's")])) == ["unknown_purchase"]


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
    assert kinds(outcomes) == ["unknown_item", "ItemSaved", "item_exists", "Bought", "sold_out"]


def test_a_window_that_closes_before_it_opens_is_refused() -> None:
    shop = Shelves(an_item(opens_at=NOW))
    assert kinds(shop.transact([ChangeItem("a", (Change("closes_at", NOW),))])) == ["invalid_request"]
