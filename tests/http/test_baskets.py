"""Baskets over HTTP: all lines or none, and a refusal that names its line."""

from typing import Any

import pytest

from tests.http.shop import Shop, problem_of, wrong_members
from tests.http.test_idempotency import same_answer


@pytest.fixture
def items(shop: Shop) -> tuple[str, str]:
    return shop.add("Front", 3), shop.add("Back", 5, limit_per_buyer=4)


def stock(shop: Shop, items: tuple[str, str]) -> list[tuple[int, int]]:
    return [(found["sold"], found["held"]) for found in map(shop.item, items)]


def test_all_lines_are_sold_together(shop: Shop, items: tuple[str, str]) -> None:
    front, back = items
    answer = shop.basket("purchases", {back: 2, front: 1}, buyer="Ada")
    assert answer.status_code == 201
    purchases = answer.json()["purchases"]
    assert [(purchase["item"], purchase["quantity"]) for purchase in purchases] == [(back, 2), (front, 1)]
    assert all(shop.get(f"/v1/purchases/{purchase['purchase_id']}") == purchase for purchase in purchases)
    assert stock(shop, items) == [(1, 0), (2, 0)]


def test_all_lines_are_held_together_and_each_goes_its_own_way(shop: Shop, items: tuple[str, str]) -> None:
    front, back = items
    holds = shop.basket("holds", {front: 1, back: 2}, buyer="Ada").json()["holds"]
    assert stock(shop, items) == [(0, 1), (0, 2)]
    assert shop.confirm(holds[0]["hold_id"]).status_code == 200
    assert shop.release(holds[1]["hold_id"]).status_code == 204
    assert stock(shop, items) == [(1, 0), (0, 0)]


@pytest.mark.parametrize("kind", ["purchases", "holds"])
def test_one_line_that_cannot_be_had_refuses_all_and_is_named(shop: Shop, items: tuple[str, str], kind: str) -> None:
    front, back = items
    problem = problem_of(shop.basket(kind, {front: 1, back: 4, "nothing": 1}, buyer="Ada"), 404, "unknown_item")
    assert problem["errors"][0]["field"] == "lines.2"
    problem = problem_of(shop.basket(kind, {back: 1, front: 4}, buyer="Ada"), 409, "not_enough_left")
    assert (problem["available"], problem["errors"][0]["field"]) == (3, "lines.1")
    assert front in problem["detail"]
    problem = problem_of(shop.basket(kind, {front: 1, back: 5}, buyer="Ada"), 409, "limit_reached")
    assert problem["errors"][0]["field"] == "lines.1"
    assert wrong_members(shop.basket(kind, {front: 11}, buyer="Ada")) == ["lines.0.quantity"]
    assert stock(shop, items) == [(0, 0), (0, 0)]


@pytest.mark.parametrize("kind", ["purchases", "holds"])
def test_a_repeat_with_its_key_gets_the_first_basket_again(shop: Shop, items: tuple[str, str], kind: str) -> None:
    front, back = items
    first = shop.basket(kind, {front: 3, back: 1}, key="k", buyer="Ada")
    assert same_answer(first, shop.basket(kind, {front: 3, back: 1}, key="k", buyer="Ada"))
    problem_of(shop.basket(kind, {front: 3}, key="k", buyer="Ada"), 422, "key_reused")
    problem_of(shop.basket(kind, {"item-a": 1}, key="k", buyer="Ada"), 422, "key_reused")
    other = "holds" if kind == "purchases" else "purchases"
    problem_of(shop.basket(other, {front: 3, back: 1}, key="k", buyer="Ada"), 422, "key_reused")
    problem_of(shop.buy(back, key="k", buyer="Ada"), 422, "key_reused")
    assert sum(map(sum, stock(shop, items))) == 4


def test_a_basket_with_a_key_of_a_single_purchase_is_refused(shop: Shop, items: tuple[str, str]) -> None:
    front, back = items
    shop.buy(front, key="k", buyer="Ada")
    problem_of(shop.basket("purchases", {back: 1, front: 1}, key="k", buyer="Ada"), 422, "key_reused")


def test_who_lost_the_answer_can_look_each_line_up(shop: Shop, items: tuple[str, str]) -> None:
    front, back = items
    bought = shop.basket("purchases", {front: 1, back: 1}, key="k", buyer="Ada").json()["purchases"]
    found = [shop.get(f"/v1/items/{i}/purchases/lookup", params={"key": "k", "buyer": "Ada"}) for i in (front, back)]
    assert found == bought


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["lines"]),
        ({"lines": []}, ["lines"]),
        ({"lines": [{"item": "a"}] * 2}, ["lines.1.item"]),
        ({"lines": [{"item": f"i{n}"} for n in range(21)]}, ["lines"]),
        ({"lines": [{"item": "a", "quantity": 0}]}, ["lines.0.quantity"]),
        ({"lines": [{"quantity": 1}]}, ["lines.0.item"]),
        ({"lines": [{"item": "a", "price": 1}]}, ["lines.0.price"]),
        ({"lines": [{"item": "a"}], "buyer": ""}, ["buyer"]),
        ({"lines": [{"item": "a"}], "total": 1}, ["total"]),
    ],
)
def test_bad_baskets_name_the_member(shared: Shop, body: dict[str, Any], wrong: list[str]) -> None:
    assert wrong_members(shared.ask("POST", "/v1/baskets/purchases", json=body)) == wrong
