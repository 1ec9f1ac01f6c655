"""What an item allows: units in an order, units of a buyer, its window, its pause, and its stock."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.http.shop import Shop, problem_of, wrong_members

PAST, FUTURE = "2001-01-01T00:00:00Z", "2999-12-31T23:59:59Z"


def test_an_order_has_as_many_units_as_the_item_allows(shop: Shop) -> None:
    shop.add("Gala", 100, max_per_order=3)
    assert wrong_members(shop.buy("gala", quantity=4)) == ["quantity"]
    assert shop.buy("gala", quantity=4).json()["detail"] == "quantity must be from 1 to 3"
    assert shop.buy("gala", quantity=3).is_success


def test_fewer_left_than_asked_for_says_how_many_and_sells_those(shop: Shop) -> None:
    shop.add("Gala", 3)
    shop.buy("gala", quantity=1)
    assert problem_of(shop.buy("gala", quantity=3), 409, "not_enough_left")["available"] == 2
    assert shop.buy("gala", quantity=1).is_success, "a request for fewer is granted after one for more was refused"
    assert shop.buy("gala", quantity=1).is_success
    problem_of(shop.buy("gala", quantity=2), 410, "sold_out")


def test_a_limit_counts_all_purchases_of_a_buyer(shop: Shop) -> None:
    shop.add("Gala", 100, limit_per_buyer=3)
    assert shop.buy("gala", buyer="Ada", quantity=2).is_success
    problem_of(shop.buy("gala", buyer="Ada", quantity=2), 409, "limit_reached")
    assert shop.buy("gala", buyer="Ada", quantity=1).is_success
    problem_of(shop.buy("gala", buyer="Ada"), 409, "limit_reached")
    assert shop.buy("gala", buyer="ada").is_success, "another buyer, for names are compared as they are"


def test_a_refund_gives_a_buyer_the_units_back(shop: Shop) -> None:
    shop.add("Gala", 100, limit_per_buyer=2)
    purchase = shop.buy("gala", buyer="Ada", quantity=2).json()
    problem_of(shop.buy("gala", buyer="Ada"), 409, "limit_reached")
    shop.refund(purchase["purchase_id"])
    assert shop.buy("gala", buyer="Ada", quantity=2).is_success


def test_a_repeat_is_no_purchase_more(shop: Shop) -> None:
    shop.add("Gala", 100, limit_per_buyer=1)
    assert shop.buy("gala", key="k1", buyer="Ada").is_success
    assert shop.buy("gala", key="k1", buyer="Ada").is_success
    problem_of(shop.buy("gala", key="k2", buyer="Ada"), 409, "limit_reached")


def test_limits_of_items_are_counted_apart(shop: Shop) -> None:
    for name in ("Gala", "Matinee"):
        shop.add(name, 100, limit_per_buyer=1)
        assert shop.buy(name.lower(), buyer="Ada").is_success


def test_an_item_with_a_limit_needs_a_buyer(shop: Shop) -> None:
    shop.add("Gala", 100, limit_per_buyer=3)
    assert wrong_members(shop.buy("gala")) == ["buyer"]
    shop.change("item-a", limit_per_buyer=1)
    assert wrong_members(shop.ticket()) == ["buyer"]
    assert shop.ticket(buyer="Ada").is_success


def test_a_limit_that_is_set_later_counts_what_was_bought_before(shop: Shop) -> None:
    shop.buy(buyer="Ada", quantity=2)
    shop.change("item-a", limit_per_buyer=2)
    problem_of(shop.buy(buyer="Ada"), 409, "limit_reached")
    shop.change("item-a", limit_per_buyer=None)
    assert shop.buy(buyer="Ada", quantity=10).is_success


def test_before_it_opens_nothing_is_sold_and_buyers_learn_when(shop: Shop) -> None:
    shop.add("Gala", 100, opens_at="2999-12-31T20:00:00-03:59")
    problem = problem_of(shop.buy("gala"), 403, "not_open")
    assert problem["opens_at"] == "2999-12-31T23:59:00.000000Z"
    assert problem["opens_at"] in problem["detail"]
    assert shop.item("gala")["state"] == "not_open"


def test_after_it_closes_nothing_is_sold(shop: Shop) -> None:
    shop.add("Gala", 100, opens_at=PAST, closes_at="2001-01-01T00:00:01Z")
    problem_of(shop.buy("gala"), 403, "closed")
    assert shop.item("gala")["state"] == "closed"


def test_within_its_window_it_is_sold(shop: Shop) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    shop.add("Gala", 100, opens_at=PAST, closes_at=soon)
    assert shop.buy("gala").is_success
    assert shop.item("gala")["state"] == "on_sale"


def test_a_pause_stops_the_sale_until_it_is_taken_back(shop: Shop) -> None:
    shop.change("item-a", paused=True)
    problem_of(shop.buy(), 403, "paused")
    problem_of(shop.ticket(), 403, "paused")
    assert shop.item()["state"] == "paused"
    shop.change("item-a", paused=False)
    assert shop.buy().is_success


def test_the_window_goes_before_a_pause_and_both_before_the_stock(shop: Shop) -> None:
    shop.add("Gala", 0, opens_at=FUTURE, paused=True)
    problem_of(shop.buy("gala"), 403, "not_open")
    shop.change("gala", opens_at=None)
    problem_of(shop.buy("gala"), 403, "paused")
    shop.change("gala", paused=False)
    problem_of(shop.buy("gala"), 410, "sold_out")


def test_what_is_wrong_with_a_request_goes_before_the_window(shop: Shop) -> None:
    shop.add("Gala", 100, opens_at=FUTURE)
    assert wrong_members(shop.buy("gala", quantity=11)) == ["quantity"]


def test_states_follow_the_sale(shop: Shop) -> None:
    shop.add("Gala", 1)
    assert shop.item("gala")["state"] == "on_sale"
    purchase = shop.buy("gala").json()
    assert shop.item("gala")["state"] == "sold_out"
    shop.refund(purchase["purchase_id"])
    assert shop.item("gala")["state"] == "on_sale"


def test_more_capacity_is_sold_after_a_sell_out(shop: Shop) -> None:
    shop.add("Gala", 0)
    problem_of(shop.buy("gala"), 410, "sold_out")
    shop.change("gala", capacity=1)
    assert shop.buy("gala").is_success
    problem_of(shop.buy("gala"), 410, "sold_out")


@pytest.mark.parametrize("quantity", [10_001, 2**31, 2**63 - 1, 2**63, 10**40])
@pytest.mark.parametrize("path", ["/v1/items/item-a/purchases", "/v1/items/item-a/holds", "/v1/items/item-a/waitlist"])
def test_a_quantity_beyond_all_bounds_is_refused_and_harms_nobody(path: str, quantity: int, shop: Shop) -> None:
    """Beside a hold: what a batch loads is then counted by what it asks for."""
    assert shop.ask("POST", "/v1/items/item-a/holds", json={"quantity": 2}).is_success
    assert wrong_members(shop.ask("POST", path, json={"buyer": "Ada", "quantity": quantity})) == ["quantity"]
    assert shop.buy().is_success


@pytest.mark.parametrize("kind", ["purchases", "holds"])
def test_a_quantity_beyond_all_bounds_is_refused_in_a_basket(kind: str, shop: Shop) -> None:
    line = {"item": "item-a", "quantity": 2**63}
    answer = shop.ask("POST", f"/v1/baskets/{kind}", json={"lines": [line]})
    assert wrong_members(answer) == ["lines.0.quantity"]
