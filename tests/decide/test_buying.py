"""Purchases and refunds: the stock, and what a key gets again."""

from typing import Any

import pytest

from sellout.domain import Bought, Command, Reason, Refunded, Refused
from tests.decide.batches import ask, either_way
from tests.shelves import NOW, Shelves, kinds
from tests.words import a_buy, a_hold, after, an_item, change, confirm, refund


def test_four_when_two_are_left_is_refused_and_one_is_granted() -> None:
    shop = Shelves(an_item(capacity=2))
    four, one = shop.transact([a_buy(quantity=4), a_buy(quantity=1)])
    assert four == Refused(Reason.NOT_ENOUGH_LEFT, available=2)
    assert isinstance(one, Bought)


def test_a_repeated_key_gets_the_first_purchase_also_for_the_last_unit_and_in_the_same_batch() -> None:
    shop = Shelves(an_item(capacity=1))
    first, second = shop.transact([a_buy(key="k"), a_buy(key="k")])
    (third,) = shop.transact([a_buy(key="k")])
    assert isinstance(first, Bought)
    assert second == third == Bought(first.purchase, replayed=True)
    assert len(shop.purchases) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"paused": True},
        {"closes_at": NOW},
        {"capacity": 1},
        {"name": "B"},
        {"max_per_order": 1},
        {"limit_per_buyer": 1},
    ],
)
@either_way
def test_a_repeated_key_gets_the_first_purchase_whatever_became_of_the_item(
    members: dict[str, Any], together: bool
) -> None:
    shop = Shelves(an_item(capacity=3))
    commands: list[Command] = [a_buy(key="k"), change(**members), a_buy(key="k")]
    first, _, again = ask(shop, commands, together=together)
    assert isinstance(first, Bought)
    assert again == Bought(first.purchase, replayed=True)


def test_the_key_is_looked_at_before_all_but_the_item() -> None:
    shop = Shelves(an_item())
    shop.transact([a_buy(key="k"), change(paused=True)])
    asks = [a_buy(key="k", quantity=99), a_buy("other", key="k")]
    assert kinds(shop.transact(asks)) == ["key_reused", "unknown_item"]


def test_a_refused_key_may_try_again() -> None:
    shop = Shelves(an_item(capacity=2))
    assert kinds(shop.transact([a_buy(key="k", quantity=3)])) == ["not_enough_left"]
    assert kinds(shop.transact([a_buy(key="k", quantity=2)])) == ["Bought"]


def test_keys_of_other_buyers_and_items_are_other_keys() -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    outcomes = shop.transact([a_buy("a", key="k"), a_buy("a", key="k", buyer="ada"), a_buy("b", key="k")])
    assert kinds(outcomes) == ["Bought"] * 3
    assert len(shop.purchases) == 3


def test_the_purchase_of_a_hold_is_not_what_a_buy_with_its_key_would_get() -> None:
    shop = Shelves(an_item())
    hold = a_hold(buyer="ada")
    shop.transact([hold])
    assert kinds(shop.transact([confirm(hold, key="k"), a_buy(buyer="ada", key="k")])) == ["Bought", "key_reused"]
    assert kinds(shop.transact([a_buy(buyer="ada", key="k")])) == ["key_reused"]


def test_a_refund_gives_the_units_back_exactly_once() -> None:
    shop = Shelves(an_item(capacity=1))
    purchase = a_buy()
    shop.transact([purchase])
    first, again = shop.transact([refund(purchase), refund(purchase)])
    assert isinstance(first, Refunded)
    assert (first.purchase.refunded_at, first.replayed) == (NOW, False)
    assert again == Refused(Reason.ALREADY_REFUNDED)
    assert kinds(shop.transact([refund(purchase), a_buy(), a_buy()])) == ["already_refunded", "Bought", "sold_out"]


def test_a_refund_repeated_with_its_key_gets_the_first_answer_and_gives_nothing_back_again() -> None:
    shop = Shelves(an_item(capacity=1))
    purchase = a_buy()
    shop.transact([purchase])
    first, again = shop.transact([refund(purchase, "k"), refund(purchase, "k")])
    (later,) = shop.transact([refund(purchase, "k")], after(NOW, 5))
    assert isinstance(first, Refunded)
    assert again == later == first._replace(replayed=True)
    assert shop.items["a"].sold == 0
    assert kinds(shop.transact([refund(purchase, "another"), refund(purchase)])) == ["already_refunded"] * 2


@either_way
def test_a_purchase_s_key_keeps_its_answer_after_the_refund(together: bool) -> None:
    shop = Shelves(an_item())
    purchase = a_buy(key="k")
    (first,) = shop.transact([purchase])
    assert isinstance(first, Bought)
    commands: list[Command] = [refund(purchase), a_buy(key="k")]
    outcomes = ask(shop, commands, together=together)
    assert outcomes[1] == Bought(first.purchase, replayed=True)
    assert shop.items["a"].sold == 0


def test_a_batch_may_refund_what_it_has_sold() -> None:
    shop = Shelves(an_item(capacity=1))
    purchase = a_buy(key="k")
    outcomes = shop.transact([purchase, a_buy(), refund(purchase), a_buy()])
    assert kinds(outcomes) == ["Bought", "sold_out", "Refunded", "Bought"]
