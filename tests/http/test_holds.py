"""Holds over HTTP: taking, paying, confirming, releasing, expiring."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.http.shop import Shop, problem_of, running_shop, wrong_members
from tests.http.test_idempotency import same_answer

ORGANISERS = "/v1/items/item-a/late-payments"


def held(shop: Shop, **order: Any) -> str:
    answer = shop.hold(**order)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["hold_id"])


def seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def counters(shop: Shop, item: str = "item-a") -> tuple[int, int, int]:
    found = shop.item(item)
    return found["sold"], found["held"], found["available"]


def test_a_hold_keeps_units_and_says_where_it_is(shop: Shop) -> None:
    answer = shop.hold(buyer="Ada", quantity=2)
    hold = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/holds/{hold['hold_id']}"
    assert hold.keys() == {"hold_id", "item", "quantity", "buyer", "state", "expires_at"}
    assert (hold["item"], hold["quantity"], hold["buyer"], hold["state"]) == ("item-a", 2, "Ada", "held")
    assert shop.get(answer.headers["Location"]) == hold
    assert counters(shop) == (0, 2, 98)


def test_a_hold_needs_no_body(shop: Shop) -> None:
    assert shop.hold().json()["buyer"] is None
    assert counters(shop) == (0, 1, 99)


def test_a_confirmed_hold_is_a_purchase(shop: Shop) -> None:
    hold = held(shop, buyer="Ada", quantity=2)
    answer = shop.confirm(hold, payment_ref="pay-1")
    purchase = answer.json()
    assert answer.status_code == 200
    assert (purchase["hold_id"], purchase["payment_ref"]) == (hold, "pay-1")
    assert (purchase["buyer"], purchase["quantity"], purchase["state"]) == ("Ada", 2, "sold")
    assert shop.get(f"/v1/purchases/{purchase['purchase_id']}") == purchase
    seen = shop.get(f"/v1/holds/{hold}")
    assert (seen["state"], seen["purchase_id"]) == ("confirmed", purchase["purchase_id"])
    assert counters(shop) == (2, 0, 98)


def test_paying_moves_the_deadline_later_once(shop: Shop) -> None:
    item = shop.add("Row", 5, hold_seconds=60, payment_seconds=600)
    hold = shop.hold(item).json()
    shop.clock.go_on(30)
    paying = shop.pay(hold["hold_id"])
    assert paying.status_code == 200
    assert paying.json()["state"] == "paying"
    assert seconds_between(hold["expires_at"], paying.json()["expires_at"]) == pytest.approx(570, abs=5)
    shop.clock.go_on(30)
    assert shop.pay(hold["hold_id"]).json() == paying.json()


def test_paying_never_moves_the_deadline_earlier(shop: Shop) -> None:
    item = shop.add("Row", 5, hold_seconds=600, payment_seconds=1)
    hold = shop.hold(item).json()
    assert shop.pay(hold["hold_id"]).json()["expires_at"] == hold["expires_at"]


def test_a_released_hold_gives_its_units_back_at_once_and_once(shop: Shop) -> None:
    hold = held(shop, quantity=3)
    for _ in range(2):
        answer = shop.release(hold)
        assert (answer.status_code, answer.content) == (204, b"")
        assert counters(shop) == (0, 0, 100)
    assert shop.get(f"/v1/holds/{hold}")["state"] == "released"


def test_from_its_deadline_on_a_hold_is_expired_for_every_reader(shop: Shop) -> None:
    item = shop.add("Row", 2, hold_seconds=60)
    hold = held(shop, item=item, quantity=2)
    assert shop.item(item)["state"] == "all_held"
    shop.clock.go_on(61)
    assert shop.get(f"/v1/holds/{hold}")["state"] == "expired"
    assert counters(shop, item) == (0, 0, 2)
    assert shop.item(item)["state"] == "on_sale"
    listed = next(found for found in shop.get("/v1/items")["items"] if found["id"] == item)
    assert listed["available"] == 2
    audit = shop.audit(item)
    assert (audit["held"], audit["available"], audit["consistent"]) == (0, 2, True)
    assert shop.buy(item, quantity=2).status_code == 201


def test_all_held_says_when_the_earliest_hold_ends(shop: Shop) -> None:
    item = shop.add("Row", 2, hold_seconds=60)
    first = shop.hold(item).json()
    shop.clock.go_on(20)
    shop.hold(item)
    problem = problem_of(answer := shop.buy(item), 409, "all_held")
    assert problem["hold_expires_at"] == first["expires_at"]
    assert 35 <= problem["retry_after"] <= 40
    assert answer.headers["Retry-After"] == str(problem["retry_after"])
    shop.release(first["hold_id"])
    shop.buy(item)
    later = problem_of(shop.hold(item), 409, "all_held")
    assert 55 <= later["retry_after"] <= 60


def test_units_that_are_only_held_are_never_sold_out(shop: Shop) -> None:
    item = shop.add("Row", 2)
    hold = held(shop, item=item)
    shop.buy(item)
    problem_of(shop.buy(item), 409, "all_held")
    shop.confirm(hold)
    problem_of(shop.buy(item), 410, "sold_out")


def test_a_late_payment_takes_the_units_again_where_they_are_free(shop: Shop) -> None:
    item = shop.add("Row", 2, hold_seconds=60)
    hold = held(shop, item=item, quantity=2)
    shop.clock.go_on(61)
    assert shop.confirm(hold, payment_ref="pay-1").json()["quantity"] == 2
    assert counters(shop, item) == (2, 0, 0)
    assert shop.audit(item)["consistent"]


def test_a_late_payment_without_units_is_due_back_and_recorded_once(shop: Shop) -> None:
    hold = held(shop, quantity=1)
    shop.clock.go_on(601)
    for _ in range(10):
        assert shop.buy(quantity=10).status_code == 201
    for _ in range(2):
        problem = problem_of(shop.confirm(hold, payment_ref="pay-1"), 409, "hold_expired")
        assert problem["refund_due"] is True
        assert "hold_expires_at" in problem
    due = shop.organise("GET", ORGANISERS).json()
    assert due["late_payments"] == [{"payment_ref": "pay-1", "hold_id": hold, "item": "item-a", "quantity": 1}]


def test_a_payment_that_is_due_back_confirms_nothing_any_more(shop: Shop) -> None:
    item = shop.add("Row", 1, hold_seconds=60)
    hold = held(shop, item=item)
    shop.clock.go_on(61)
    bought = shop.buy(item).json()
    problem_of(shop.confirm(hold, payment_ref="pay-1"), 409, "hold_expired")
    shop.refund(bought["purchase_id"])
    problem_of(shop.confirm(hold, payment_ref="pay-1"), 409, "hold_expired")
    problem_of(shop.confirm(held(shop, item=item), payment_ref="pay-1"), 409, "payment_ref_in_use")
    assert counters(shop, item) == (0, 1, 0)


def test_late_payments_are_listed_page_by_page_for_organisers(shop: Shop) -> None:
    item = shop.add("Row", 3, hold_seconds=60)
    holds = [held(shop, item=item) for _ in range(3)]
    shop.clock.go_on(61)
    shop.buy(item, quantity=3)
    for number, hold in enumerate(holds):
        problem_of(shop.confirm(hold, payment_ref=f"pay-{number}"), 409, "hold_expired")
    address = f"/v1/items/{item}/late-payments"
    first = shop.organise("GET", address, params={"limit": 2}).json()
    second = shop.organise("GET", address, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    listed = [payment["payment_ref"] for page in (first, second) for payment in page["late_payments"]]
    assert (listed, second["next_cursor"]) == (["pay-0", "pay-1", "pay-2"], None)
    assert shop.ask("GET", address).status_code == 401


def test_one_payment_confirms_one_hold(shop: Shop) -> None:
    first, second = held(shop), held(shop)
    assert shop.confirm(first, payment_ref="pay-1").status_code == 200
    problem_of(shop.confirm(second, payment_ref="pay-1"), 409, "payment_ref_in_use")
    assert shop.get(f"/v1/holds/{second}")["state"] == "held"
    assert shop.confirm(second, payment_ref="pay-2").status_code == 200


@pytest.mark.parametrize("action", ["hold", "pay", "confirm"])
def test_a_repeat_with_its_key_gets_the_first_success_again(shop: Shop, action: str) -> None:
    hold = held(shop, buyer="Ada", key="hold")
    asks: dict[str, Callable[[], httpx2.Response]] = {
        "hold": lambda: shop.hold(buyer="Ada", quantity=2, key="k"),
        "pay": lambda: shop.pay(hold, key="k"),
        "confirm": lambda: shop.confirm(hold, key="k", payment_ref="pay-1"),
    }
    ask = asks[action]
    first = ask()
    assert same_answer(first, ask())
    before = counters(shop)
    shop.clock.go_on(10_000)
    assert same_answer(first, ask())
    assert counters(shop)[0] == before[0]


def test_the_first_answer_stands_whatever_became_of_the_hold(shop: Shop) -> None:
    taken = shop.hold(buyer="Ada", key="take")
    paid = shop.pay(taken.json()["hold_id"], key="pay")
    shop.confirm(taken.json()["hold_id"])
    assert same_answer(taken, shop.hold(buyer="Ada", key="take"))
    assert same_answer(paid, shop.pay(taken.json()["hold_id"], key="pay"))


def test_a_key_means_one_request_of_a_buyer_and_an_item(shop: Shop) -> None:
    hold = held(shop, buyer="Ada", key="k")
    problem_of(shop.hold(buyer="Ada", quantity=2, key="k"), 422, "key_reused")
    problem_of(shop.buy(buyer="Ada", key="k"), 422, "key_reused")
    problem_of(shop.pay(hold, key="k"), 422, "key_reused")
    problem_of(shop.confirm(hold, key="k"), 422, "key_reused")
    assert shop.confirm(hold, key="l", payment_ref="pay-1").status_code == 200
    problem_of(shop.confirm(hold, key="l", payment_ref="pay-2"), 422, "key_reused")
    problem_of(shop.hold(buyer="Ada", key="l"), 422, "key_reused")
    assert shop.hold(buyer="Bob", key="k").status_code == 201
    assert counters(shop) == (1, 1, 98)


def test_limits_count_holds_and_purchases_together(shop: Shop) -> None:
    item = shop.add("Row", 10, limit_per_buyer=3, hold_seconds=60)
    first = held(shop, item=item, buyer="Ada", quantity=2)
    assert shop.buy(item, buyer="Ada").status_code == 201
    problem_of(shop.buy(item, buyer="Ada"), 409, "limit_reached")
    problem_of(shop.hold(item, buyer="Ada"), 409, "limit_reached")
    shop.confirm(first)
    problem_of(shop.hold(item, buyer="Ada"), 409, "limit_reached")
    assert shop.hold(item, buyer="Bob", quantity=3).status_code == 201
    assert wrong_members(shop.hold(item)) == ["buyer"]


def test_an_expired_hold_no_longer_counts_for_the_limit_and_a_late_payment_does_not_pass_it(shop: Shop) -> None:
    item = shop.add("Row", 10, limit_per_buyer=2, hold_seconds=60)
    hold = held(shop, item=item, buyer="Ada", quantity=2)
    shop.clock.go_on(61)
    assert shop.buy(item, buyer="Ada", quantity=2).status_code == 201
    problem_of(shop.confirm(hold, payment_ref="pay-1"), 409, "hold_expired")


@pytest.mark.parametrize("method_and_path", [("GET", ""), ("POST", "/pay"), ("POST", "/confirm"), ("DELETE", "")])
def test_a_hold_that_is_not_there(shop: Shop, method_and_path: tuple[str, str]) -> None:
    method, path = method_and_path
    problem_of(shop.ask(method, f"/v1/holds/nothing{path}"), 404, "unknown_hold")


def test_a_hold_of_an_item_that_is_not_there(shop: Shop) -> None:
    problem_of(shop.hold("nothing"), 404, "unknown_item")


@pytest.mark.parametrize("ref", ["", "x" * 256, "a\nb", 5])
def test_a_payment_reference_that_is_none(shop: Shop, ref: object) -> None:
    hold = held(shop)
    assert wrong_members(shop.confirm(hold, payment_ref=ref)) == ["payment_ref"]
    assert shop.get(f"/v1/holds/{hold}")["state"] == "held"


def test_unknown_members_are_refused(shop: Shop) -> None:
    hold = held(shop)
    assert wrong_members(shop.confirm(hold, amount=5)) == ["amount"]
    assert wrong_members(shop.ask("POST", f"/v1/holds/{hold}/pay", json={"x": 1})) == ["x"]
    assert wrong_members(shop.hold(price=5)) == ["price"]


def test_the_capacity_is_never_lowered_below_what_is_sold_and_held(shop: Shop) -> None:
    item = shop.add("Row", 10, hold_seconds=60)
    shop.buy(item, quantity=2)
    shop.hold(item, quantity=3)
    problem_of(shop.change(item, capacity=4), 409, "capacity_below_committed")
    assert shop.change(item, capacity=5).json()["available"] == 0
    shop.clock.go_on(61)
    assert shop.change(item, capacity=2).json()["held"] == 0


def test_the_window_is_for_taking_not_for_paying(shop: Shop) -> None:
    item = shop.add("Row", 10)
    hold, other = held(shop, item=item), held(shop, item=item)
    shop.change(item, paused=True)
    problem_of(shop.hold(item), 403, "paused")
    assert shop.pay(hold).status_code == 200
    assert shop.confirm(hold).status_code == 200
    assert shop.release(other).status_code == 204


def test_a_refund_of_a_held_purchase_is_repeatable_with_its_key(shop: Shop) -> None:
    purchase = shop.confirm(held(shop, buyer="Ada"), payment_ref="pay-1").json()["purchase_id"]
    address = f"/v1/purchases/{purchase}/refund"
    first = shop.organise("POST", address, headers={"Idempotency-Key": "k"})
    assert same_answer(first, shop.organise("POST", address, headers={"Idempotency-Key": "k"}))
    problem_of(shop.organise("POST", address), 409, "already_refunded")
    assert counters(shop) == (0, 0, 100)


def test_holds_are_still_there_after_a_restart(shop: Shop) -> None:
    hold = held(shop, buyer="Ada", key="k")
    with running_shop(shop.database) as again:
        assert again.get(f"/v1/holds/{hold}")["state"] == "held"
        assert again.hold(buyer="Ada", key="k").headers["Idempotent-Replayed"] == "true"
        assert again.confirm(hold).status_code == 200
