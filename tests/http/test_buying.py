"""Buying: what a purchase looks like, what a request may say, and which words are refused."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.http.shop import Shop, problem_of, running_shop, wrong_members

PURCHASES = "/v1/items/item-a/purchases"
JSON = {"Content-Type": "application/json"}


def test_a_purchase_is_created_and_says_where_it_is(shop: Shop) -> None:
    answer = shop.buy(buyer="Ada", quantity=2)
    assert answer.status_code == 201
    purchase = answer.json()
    assert purchase == {
        "purchase_id": purchase["purchase_id"],
        "item": "item-a",
        "quantity": 2,
        "buyer": "Ada",
        "purchased_at": purchase["purchased_at"],
        "state": "sold",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", purchase["purchased_at"])
    assert answer.headers["Location"] == f"/v1/purchases/{purchase['purchase_id']}"
    assert shop.get(answer.headers["Location"]) == purchase


def test_all_of_the_body_may_be_left_out(shop: Shop) -> None:
    purchase = shop.buy().json()
    assert (purchase["buyer"], purchase["quantity"]) == (None, 1)
    assert shop.buy(buyer=None).json()["buyer"] is None


def test_ids_cannot_be_guessed(shop: Shop) -> None:
    ids = [shop.buy().json()["purchase_id"] for _ in range(20)]
    assert len({purchase_id[-16:] for purchase_id in ids}) == 20, "the end of each is random"


def test_what_is_sold_is_no_longer_available(shop: Shop) -> None:
    shop.buy(quantity=10)
    item = shop.item()
    assert (item["capacity"], item["sold"], item["held"], item["available"]) == (100, 10, 0, 90)


def test_an_item_that_is_not_there_is_unknown(shared: Shop) -> None:
    problem_of(shared.buy("item-b"), 404, "unknown_item")


@pytest.mark.parametrize("item", ["%20", "A", "é", "item%00a", "☃", "item-a%0a", "␚"])
def test_any_text_in_the_address_is_an_item_that_is_not_there(item: str, shared: Shop) -> None:
    problem_of(shared.buy(item), 404, "unknown_item")


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("address", ["/buy_ticket", PURCHASES])
def test_an_empty_body_is_no_body_whatever_its_content_type(address: str, content_type: str | None, shop: Shop) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert shop.ask("POST", address, headers=headers, content=b"").is_success


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
def test_json_has_several_names(content_type: str, shop: Shop) -> None:
    answer = shop.ask("POST", PURCHASES, headers={"Content-Type": content_type}, content=b'{"quantity": 2}')
    assert answer.json()["quantity"] == 2


def test_json_needs_no_content_type(shop: Shop) -> None:
    assert shop.ask("POST", PURCHASES, content=b'{"quantity": 2}').json()["quantity"] == 2


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
@pytest.mark.parametrize("address", ["/buy_ticket", PURCHASES])
def test_a_body_that_is_declared_to_be_something_else_is_refused(address: str, content_type: str, shared: Shop) -> None:
    answer = shared.ask("POST", address, headers={"Content-Type": content_type}, content=b'{"quantity": 2}')
    problem_of(answer, 415, "unsupported_media_type")


def test_a_body_without_content_type_that_is_no_json_is_refused(shared: Shop) -> None:
    problem_of(shared.ask("POST", PURCHASES, content=b"quantity=2"), 415, "unsupported_media_type")


@pytest.mark.parametrize("body", [b"{", b"quantity=2", b'{"quantity": 1,}', b"\xff\xfe", b'{"buyer": "\\ud800"}'])
def test_a_body_that_says_json_and_is_none_is_not_valid(body: bytes, shared: Shop) -> None:
    assert wrong_members(shared.ask("POST", PURCHASES, headers=JSON, content=body)) == ["body"]


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"Ada"'])
def test_a_body_is_an_object(body: bytes, shared: Shop) -> None:
    answer = shared.ask("POST", PURCHASES, headers=JSON, content=body)
    assert wrong_members(answer) == ["body"]
    assert answer.json()["detail"].startswith("body must be an object, not ")


@pytest.mark.parametrize("quantity", [0, -1, 11, 10**30, 1.5, 1.0, "1", True, None, [1]])
def test_a_quantity_is_a_whole_number_from_1_to_what_an_order_may_have(quantity: Any, shared: Shop) -> None:
    assert wrong_members(shared.buy(quantity=quantity)) == ["quantity"]
    assert shared.item()["sold"] == 0


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("quantity", "2", "quantity must be an integer, not a string"),
        ("quantity", [1], "quantity must be an integer, not an array"),
        ("quantity", None, "quantity must be an integer, not null"),
        ("buyer", 5, "buyer must be a string or null, not an integer"),
    ],
)
def test_what_is_wrong_with_a_member_is_said_in_the_words_of_json(
    member: str, value: Any, said: str, shared: Shop
) -> None:
    assert shared.buy(**{member: value}).json()["detail"] == said


def test_a_member_that_is_not_known_is_refused(shared: Shop) -> None:
    answer = shared.buy(quantity=1, colour="red")
    assert wrong_members(answer) == ["colour"]
    assert answer.json()["detail"] == "colour is not a member of this request"


@pytest.mark.parametrize("buyer", ["a", "a" * 128, "Zoë 🎫", "買い手", "O'Neil; DROP TABLE", '"quoted"', " "])
def test_a_buyer_has_1_to_128_characters_of_any_script(buyer: str, shop: Shop) -> None:
    answer = shop.buy(buyer=buyer)
    assert answer.json()["buyer"] == buyer
    assert shop.get(answer.headers["Location"])["buyer"] == buyer


@pytest.mark.parametrize("buyer", ["", "a" * 129, "a\nb", "a\x00b", "\x7f", "\x85", 7, ["a"], {}])
def test_other_buyers_are_refused(buyer: Any, shared: Shop) -> None:
    assert wrong_members(shared.buy(buyer=buyer)) == ["buyer"]


def test_characters_are_counted_not_bytes(shop: Shop) -> None:
    assert shop.buy(buyer="🎫" * 128).is_success
    assert wrong_members(shop.buy(buyer="🎫" * 129)) == ["buyer"]


@pytest.mark.parametrize("address", ["/buy_ticket", PURCHASES, "/v1/items", "/v1/nothing"])
def test_a_body_has_16_kib_at_most_at_any_address(address: str, shared: Shop) -> None:
    problem_of(shared.ask("POST", address, headers=JSON, content=b" " * 16_385), 413, "body_too_large")


def test_a_body_that_comes_in_pieces_is_counted(shared: Shop) -> None:
    pieces = (b" " * 10_000 for _ in range(3))
    problem_of(shared.ask("POST", PURCHASES, headers=JSON, content=pieces), 413, "body_too_large")


def test_a_body_of_the_whole_limit_is_read(shop: Shop) -> None:
    body = b'{"quantity": 2}'
    answer = shop.ask("POST", PURCHASES, headers=JSON, content=body + b" " * (16_384 - len(body)))
    assert answer.json()["quantity"] == 2


def test_limits_of_requests_are_settings(database: Path) -> None:
    with running_shop(database, body_bytes_max=256, buyer_length_max=3, max_per_order=2) as shop:
        assert wrong_members(shop.buy(quantity=3)) == ["quantity"]
        assert wrong_members(shop.buy(buyer="abcd")) == ["buyer"]
        problem_of(shop.buy(buyer="a" * 300), 413, "body_too_large")
        assert shop.buy(buyer="abc", quantity=2).is_success
