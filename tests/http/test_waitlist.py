"""The waiting list over HTTP: places, offers, and that nobody is passed over."""

from typing import Any

import pytest

from tests.http.shop import Shop, problem_of, wrong_members
from tests.http.test_idempotency import same_answer


def entry_of(shop: Shop, buyer: str, item: str, **members: Any) -> str:
    answer = shop.join(buyer, item, **members)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["entry_id"])


def seen(shop: Shop, entry: str) -> Any:
    return shop.get(f"/v1/waitlist/{entry}")


@pytest.fixture
def item(shop: Shop) -> str:
    """Two units, both sold in one purchase."""
    made = shop.add("Row", 2, hold_seconds=60, offer_seconds=30)
    shop.buy(made, quantity=2)
    return made


def refund_all(shop: Shop, item: str) -> None:
    for purchase in shop.organise("GET", f"/v1/items/{item}/purchases").json()["purchases"]:
        if purchase["state"] == "sold":
            assert shop.refund(purchase["purchase_id"]).status_code == 200


def test_who_joins_has_a_place(shop: Shop, item: str) -> None:
    answer = shop.join("Ada", item, quantity=2, contact="ada@example.org")
    entry = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/waitlist/{entry['entry_id']}"
    assert (entry["position"], entry["state"], entry["hold"], entry["quantity"]) == (1, "waiting", None, 2)
    assert seen(shop, entry["entry_id"]) == entry
    assert shop.join("Bob", item).json()["position"] == 2


def test_units_that_come_back_are_offered_in_order(shop: Shop, item: str) -> None:
    first, second = entry_of(shop, "Ada", item), entry_of(shop, "Bob", item)
    refund_all(shop, item)
    for entry, buyer in ((first, "Ada"), (second, "Bob")):
        offered = seen(shop, entry)
        assert (offered["state"], offered["position"]) == ("offered", None)
        assert offered["hold"]["buyer"] == buyer
        assert offered["hold_id"] == offered["hold"]["hold_id"]
        assert shop.confirm(offered["hold_id"]).status_code == 200
        assert seen(shop, entry)["state"] == "confirmed"
    problem_of(shop.buy(item), 410, "sold_out")


def test_nobody_who_comes_later_takes_what_is_offered(shop: Shop, item: str) -> None:
    entry_of(shop, "Ada", item, quantity=2)
    refund_all(shop, item)
    problem_of(shop.buy(item), 409, "all_held")


def test_no_unit_stays_unsold_because_somebody_wants_more_than_there_is(shop: Shop, item: str) -> None:
    big, small = entry_of(shop, "Ada", item, quantity=3), entry_of(shop, "Bob", item, quantity=1)
    refund_all(shop, item)
    assert seen(shop, big)["state"] == "waiting"
    assert seen(shop, small)["state"] == "offered"
    assert shop.buy(item).status_code == 201


def test_an_offer_that_lapses_passes_on(shop: Shop, item: str) -> None:
    first, second = entry_of(shop, "Ada", item, quantity=2), entry_of(shop, "Bob", item, quantity=2)
    refund_all(shop, item)
    assert (seen(shop, first)["state"], seen(shop, second)["position"]) == ("offered", 1)
    shop.clock.go_on(31)
    assert seen(shop, first)["state"] == "lapsed"
    assert seen(shop, second)["state"] == "offered"


def test_a_hold_that_expires_is_offered_to_who_waits_without_any_other_request(shop: Shop) -> None:
    item = shop.add("Row", 1, hold_seconds=60)
    shop.hold(item)
    entry = entry_of(shop, "Ada", item)
    shop.clock.go_on(61)
    assert seen(shop, entry)["state"] == "offered"
    assert shop.item(item)["state"] == "all_held"


def test_a_reading_of_the_item_shows_what_is_offered_not_what_was_free_for_a_moment(shop: Shop) -> None:
    item = shop.add("Row", 1, hold_seconds=60)
    shop.hold(item)
    entry_of(shop, "Ada", item)
    shop.clock.go_on(61)
    assert (shop.item(item)["available"], shop.item(item)["held"]) == (0, 1)
    audit = shop.audit(item)
    assert (audit["held"], audit["consistent"]) == (1, True)


def test_where_units_are_free_they_are_offered_at_once(shop: Shop) -> None:
    item = shop.add("Row", 2)
    answer = shop.join("Ada", item, key="k")
    assert (answer.json()["state"], answer.json()["position"]) == ("offered", None)
    shop.confirm(answer.json()["hold_id"])
    assert same_answer(answer, shop.join("Ada", item, key="k"))


def test_a_raised_capacity_is_offered_first(shop: Shop, item: str) -> None:
    entry = entry_of(shop, "Ada", item)
    assert shop.change(item, capacity=3).json()["available"] == 0
    assert seen(shop, entry)["state"] == "offered"


def test_nothing_is_offered_while_the_sale_is_paused(shop: Shop, item: str) -> None:
    entry = entry_of(shop, "Ada", item)
    shop.change(item, paused=True)
    refund_all(shop, item)
    assert seen(shop, entry)["state"] == "waiting"
    problem_of(shop.join("Bob", item), 403, "paused")
    shop.change(item, paused=False)
    assert seen(shop, entry)["state"] == "offered"


def test_leaving_gives_the_place_up(shop: Shop, item: str) -> None:
    first, second = entry_of(shop, "Ada", item), entry_of(shop, "Bob", item)
    for _ in range(2):
        assert shop.ask("DELETE", f"/v1/waitlist/{first}").status_code == 204
    assert seen(shop, first)["state"] == "left"
    assert seen(shop, second)["position"] == 1


def test_leaving_an_offer_passes_it_on(shop: Shop, item: str) -> None:
    first, second = entry_of(shop, "Ada", item, quantity=2), entry_of(shop, "Bob", item, quantity=2)
    refund_all(shop, item)
    assert shop.ask("DELETE", f"/v1/waitlist/{first}").status_code == 204
    assert (seen(shop, first)["state"], seen(shop, second)["state"]) == ("left", "offered")


def test_what_was_confirmed_cannot_be_left(shop: Shop, item: str) -> None:
    entry = entry_of(shop, "Ada", item)
    refund_all(shop, item)
    shop.confirm(seen(shop, entry)["hold_id"])
    problem_of(shop.ask("DELETE", f"/v1/waitlist/{entry}"), 409, "already_confirmed")


def test_a_repeat_with_its_key_joins_once(shop: Shop, item: str) -> None:
    first = shop.join("Ada", item, key="k", contact="a@example.org")
    assert same_answer(first, shop.join("Ada", item, key="k", contact="a@example.org"))
    problem_of(shop.join("Ada", item, key="k", quantity=2, contact="a@example.org"), 422, "key_reused")
    refund_all(shop, item)
    assert same_answer(first, shop.join("Ada", item, key="k", contact="a@example.org"))


def test_the_limit_counts_for_those_who_wait(shop: Shop) -> None:
    item = shop.add("Row", 2, limit_per_buyer=2)
    shop.buy(item, buyer="Ada", quantity=2)
    problem_of(shop.join("Ada", item), 409, "limit_reached")
    assert shop.join("Bob", item, quantity=2).status_code == 201


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({}, ["buyer"]), ({"buyer": ""}, ["buyer"]), ({"buyer": "A", "quantity": 0}, ["quantity"]),
        ({"buyer": "A", "quantity": 11}, ["quantity"]), ({"buyer": "A", "contact": ""}, ["contact"]),
        ({"buyer": "A", "contact": "a\nb"}, ["contact"]), ({"buyer": "A", "price": 1}, ["price"]),
    ],
)  # fmt: skip
def test_bad_requests_name_the_member(shop: Shop, item: str, members: dict[str, Any], wrong: list[str]) -> None:
    assert wrong_members(shop.ask("POST", f"/v1/items/{item}/waitlist", json=members)) == wrong


def test_what_is_not_there(shop: Shop) -> None:
    problem_of(shop.join("Ada", "nothing"), 404, "unknown_item")
    problem_of(shop.ask("GET", "/v1/waitlist/nothing"), 404, "unknown_entry")
    problem_of(shop.ask("DELETE", "/v1/waitlist/nothing"), 404, "unknown_entry")
