"""Baskets: several items, all or none."""

from typing import Any

import pytest

from sellout.domain import (
    BasketBought,
    BasketHeld,
    BuyBasket,
    Command,
    HoldBasket,
    Line,
    Reason,
    Refused,
)
from tests.decide.batches import ask, either_way
from tests.shelves import NOW, Shelves, kinds
from tests.words import (
    a_basket_to_buy,
    a_basket_to_hold,
    a_buy,
    a_hold,
    after,
    an_item,
    change,
    confirm,
    refund,
    release,
)

TWO = {"a": 2, "b": 1}


def test_all_lines_are_bought_and_name_their_basket() -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    basket = a_basket_to_buy(TWO, "ada", key="k")
    (outcome,) = shop.transact([basket])
    assert outcome == BasketBought(basket.basket_id, tuple(shop.purchases.values()))
    assert [(p.item_id, p.quantity, p.buyer, p.key, p.basket_id) for p in shop.purchases.values()] == [
        ("a", 2, "ada", "k", basket.basket_id),
        ("b", 1, "ada", "k", basket.basket_id),
    ]


def test_all_lines_are_held_for_the_time_of_their_items() -> None:
    shop = Shelves(an_item("a", hold_seconds=60), an_item("b", hold_seconds=90))
    basket = a_basket_to_hold(TWO, "ada")
    (outcome,) = shop.transact([basket])
    assert outcome == BasketHeld(basket.basket_id, tuple(shop.holds.values()))
    assert [hold.expires_at for hold in shop.holds.values()] == [after(NOW, 60), after(NOW, 90)]


@pytest.mark.parametrize("basket", [a_basket_to_buy, a_basket_to_hold])
@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({"capacity": 0}, Refused(Reason.SOLD_OUT, available=0, line=1, item_id="b")),
        ({"capacity": 1}, Refused(Reason.NOT_ENOUGH_LEFT, available=1, line=1, item_id="b")),
        ({"paused": True}, Refused(Reason.PAUSED, line=1, item_id="b")),
        ({"limit_per_buyer": 1}, Refused(Reason.LIMIT_REACHED, line=1, item_id="b")),
    ],
)
def test_one_line_that_cannot_be_had_refuses_all_and_is_named(
    basket: type, members: dict[str, Any], refused: Refused
) -> None:
    shop = Shelves(an_item("a"), an_item("b", **members))
    decision = shop.decide([basket({"a": 1, "b": 2}, "ada", key="k")])
    assert decision.outcomes == [refused]
    assert not decision.writes


def test_an_unknown_item_and_an_item_twice_are_refused_with_their_line() -> None:
    shop = Shelves(an_item("a"))
    twice = BuyBasket("b", "ada", (Line("p1", "a", 1), Line("p2", "a", 1)), None)
    unknown = HoldBasket("b", "ada", (Line("p1", "c", 1), Line("p2", "a", 1)), None)
    outcomes = shop.transact([twice, unknown])
    assert kinds(outcomes) == ["invalid_request", "unknown_item"]
    assert [(o.line, o.item_id) for o in outcomes if isinstance(o, Refused)] == [(1, "a"), (0, "c")]
    assert shop.items["a"].available == 10


@either_way
def test_lines_count_for_limit_and_stock_like_single_ones(together: bool) -> None:
    shop = Shelves(an_item("a", capacity=3, limit_per_buyer=2), an_item("b", capacity=1))
    commands: list[Command] = [
        a_basket_to_buy(TWO, "ada"), a_buy(buyer="ada"), a_buy("b"), a_hold("b"),
    ]  # fmt: skip
    assert kinds(ask(shop, commands, together=together)) == ["BasketBought", "limit_reached", "sold_out", "sold_out"]


@either_way
def test_a_basket_repeated_with_its_key_gets_the_first_answer_whatever_became_of_it(together: bool) -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    basket = a_basket_to_buy(TWO, "ada", key="k")
    (first,) = shop.transact([basket])
    assert isinstance(first, BasketBought)
    happens: list[Command] = [refund(basket.lines[0].id), change("b", paused=True), change("a", name="Other")]
    outcomes = ask(shop, [*happens, a_basket_to_buy(TWO, "ada", key="k")], together=together)
    assert outcomes[-1] == first._replace(replayed=True)
    assert len(shop.purchases) == 2


@either_way
def test_a_held_basket_repeated_with_its_key_gets_its_holds_as_they_were_taken(together: bool) -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    basket = a_basket_to_hold(TWO, "ada", key="k")
    (first,) = shop.transact([basket])
    assert isinstance(first, BasketHeld)
    happens: list[Command] = [release(basket.lines[0].id), confirm(basket.lines[1].id)]
    outcomes = ask(shop, [*happens, a_basket_to_hold(TWO, "ada", key="k")], together=together)
    assert outcomes[-1] == first._replace(replayed=True)


@either_way
def test_a_key_means_one_basket_whichever_items_it_has(together: bool) -> None:
    shop = Shelves(an_item("a"), an_item("b"), an_item("c"))
    commands: list[Command] = [
        a_basket_to_buy(TWO, "ada", key="k"),
        a_basket_to_buy({"c": 1}, "ada", key="k"),
        a_basket_to_hold(TWO, "ada", key="k"),
        a_buy("a", buyer="ada", key="k"),
        a_hold("b", buyer="ada", key="k"),
        a_basket_to_buy(TWO, "bob", key="k"),
        a_buy("c", buyer="ada", key="k"),
    ]
    assert kinds(ask(shop, commands, together=together)) == [
        "BasketBought", "key_reused", "key_reused", "key_reused", "key_reused", "BasketBought", "Bought",
    ]  # fmt: skip


@either_way
def test_the_key_of_a_single_purchase_is_not_free_for_a_basket_with_its_item(together: bool) -> None:
    shop = Shelves(an_item("a"), an_item("b"), an_item("c"))
    commands: list[Command] = [
        a_buy("b", buyer="ada", key="k"),
        a_basket_to_buy(TWO, "ada", key="k"),
        a_basket_to_hold({"a": 1, "c": 1}, "ada", key="k"),
    ]
    assert kinds(ask(shop, commands, together=together)) == ["Bought", "key_reused", "BasketHeld"]


@either_way
def test_the_order_of_lines_does_not_matter_to_a_key_but_their_number_does(together: bool) -> None:
    shop = Shelves(an_item("a"), an_item("b"))
    twice = BuyBasket("b2", "ada", (Line("x", "a", 9), Line("y", "a", 2), Line("z", "b", 1)), "k")
    commands: list[Command] = [
        a_basket_to_buy({"a": 2, "b": 1}, "ada", key="k"),
        a_basket_to_buy({"b": 1, "a": 2}, "ada", key="k"),
        twice,
    ]
    first, again, other = ask(shop, commands, together=together)
    assert isinstance(first, BasketBought)
    assert again == first._replace(replayed=True)
    assert other == Refused(Reason.KEY_REUSED)
