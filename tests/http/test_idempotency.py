"""Idempotency keys: a repeat gets the first success again, and only an honest repeat does."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.http.shop import Shop, problem_of, running_client, running_shop, wrong_members


def is_replay(answer: httpx2.Response) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def same_answer(first: httpx2.Response, again: httpx2.Response) -> bool:
    """Whether `again` is the first success: status, body and place; and says that it is a repeat."""
    what = [(answer.status_code, answer.json(), answer.headers.get("Location")) for answer in (first, again)]
    return what[0] == what[1] and first.is_success and is_replay(again) and not is_replay(first)


def test_a_repeat_gets_the_first_success_again(shop: Shop) -> None:
    assert same_answer(shop.buy(key="k1", buyer="Ada", quantity=2), shop.buy(key="k1", buyer="Ada", quantity=2))
    assert shop.item()["sold"] == 2


def test_a_repeated_ticket_is_the_same_ticket(shop: Shop) -> None:
    assert same_answer(shop.ticket(key="k1"), shop.ticket(key="k1"))
    assert shop.item()["sold"] == 1


def test_a_request_without_a_key_is_always_a_new_one(shop: Shop) -> None:
    first, second = shop.buy(), shop.buy()
    assert first.json()["purchase_id"] != second.json()["purchase_id"]
    assert "Idempotent-Replayed" not in second.headers


def test_a_key_is_one_key_at_either_address(shop: Shop) -> None:
    ticket, purchase = shop.ticket(key="k1"), shop.buy(key="k1")
    assert ticket.json()["purchase_id"] == purchase.json()["purchase_id"]
    assert is_replay(purchase)
    assert shop.item()["sold"] == 1


def test_the_same_key_with_another_quantity_is_refused(shop: Shop) -> None:
    shop.buy(key="k1", quantity=2)
    problem_of(shop.buy(key="k1", quantity=3), 422, "key_reused")
    problem_of(shop.ticket(key="k1"), 422, "key_reused")
    assert shop.item()["sold"] == 2


def test_the_default_quantity_is_the_same_as_1(shop: Shop) -> None:
    assert same_answer(shop.buy(key="k1"), shop.buy(key="k1", quantity=1))


def test_two_keys_are_no_key(shop: Shop) -> None:
    answer = shop.client.post("/buy_ticket", headers=[("Idempotency-Key", "one"), ("Idempotency-Key", "two")])
    assert wrong_members(answer) == ["Idempotency-Key"]
    assert shop.item()["sold"] == 0


def test_keys_belong_to_their_buyer(shop: Shop) -> None:
    bought = [shop.buy(key="k1"), shop.buy(key="k1", buyer="Ada"), shop.buy(key="k1", buyer="Bob")]
    assert len({answer.json()["purchase_id"] for answer in bought}) == 3
    assert not any(map(is_replay, bought))


def test_keys_belong_to_their_item(shop: Shop) -> None:
    other = shop.add("Other", 5)
    assert shop.buy(key="k1").json()["purchase_id"] != shop.buy(other, key="k1").json()["purchase_id"]


def test_a_bare_key_and_a_quoted_one_are_one_key(shop: Shop) -> None:
    assert same_answer(shop.buy(key="k 1"), shop.buy(key='"k 1"'))
    assert same_answer(shop.buy(key='a"b\\c'), shop.buy(key='"a\\"b\\\\c"'))


def test_a_repeat_is_answered_after_the_sale_is_sold_out(database: Path) -> None:
    with running_shop(database, stock=1) as shop:
        first = shop.buy(key="last")
        problem_of(shop.buy(key="late"), 410, "sold_out")
        assert same_answer(first, shop.buy(key="last"))


def test_a_repeat_is_answered_after_a_pause_and_after_the_end(shop: Shop) -> None:
    first = shop.buy(key="k1")
    shop.change("item-a", paused=True)
    assert same_answer(first, shop.buy(key="k1"))
    shop.change("item-a", paused=False, closes_at="2001-01-01T00:00:00Z")
    assert same_answer(first, shop.buy(key="k1"))


def test_a_repeat_is_answered_after_the_limits_were_lowered(shop: Shop) -> None:
    first = shop.buy(key="k1", buyer="Ada", quantity=4)
    shop.change("item-a", max_per_order=1, limit_per_buyer=1)
    assert same_answer(first, shop.buy(key="k1", buyer="Ada", quantity=4))


def test_a_repeat_is_answered_after_a_refund_and_buys_nothing(shop: Shop) -> None:
    first = shop.buy(key="k1")
    shop.refund(first.json()["purchase_id"])
    assert same_answer(first, shop.buy(key="k1"))
    assert shop.item()["sold"] == 0


def test_a_repeated_ticket_has_the_name_under_which_it_was_sold(shop: Shop) -> None:
    first = shop.ticket(key="k1")
    shop.change("item-a", name="Item Z")
    assert same_answer(first, shop.ticket(key="k1"))


def test_a_repeat_is_answered_after_a_restart(database: Path) -> None:
    with running_shop(database) as shop:
        first = shop.buy(key="k1")
    with running_shop(database) as shop:
        assert same_answer(first, shop.buy(key="k1"))


def test_a_refusal_is_not_kept_and_a_retry_is_a_new_attempt(database: Path) -> None:
    with running_shop(database, stock=0) as shop:
        problem_of(shop.buy(key="k1"), 410, "sold_out")
        shop.change("item-a", capacity=1)
        answer = shop.buy(key="k1")
        assert answer.status_code == 201
        assert not is_replay(answer)


def test_two_at_once_both_get_the_one_sale(database: Path) -> None:
    async def both() -> list[httpx2.Response]:
        async with running_client(database, stock=1) as client:
            client.headers["Idempotency-Key"] = "k1"
            return list(await asyncio.gather(*(client.post("/v1/items/item-a/purchases") for _ in range(20))))

    answers = asyncio.run(both())
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["purchase_id"] for answer in answers}) == 1
    assert sum(map(is_replay, answers)) == 19


@pytest.mark.parametrize("key", ["a", "a" * 255, "~ !#$%&'()*+,-./:;<=>?@[]^_`{|}", 'in the "middle"', '"\\\\"', '" "'])
def test_a_key_has_1_to_255_printable_ascii_characters(key: str, shop: Shop) -> None:
    assert same_answer(shop.buy(key=key), shop.buy(key=key))


@pytest.mark.parametrize("key", ["", "a" * 256, "a\tb", "ü", '""', '"open', '"a"b"', '"a\\b"', '"' + "a" * 256 + '"'])
def test_other_keys_are_refused(key: str, shared: Shop) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    for address in ("/buy_ticket", "/v1/items/item-a/purchases"):
        assert wrong_members(shared.ask("POST", address, headers=headers)) == ["Idempotency-Key"]
    assert shared.item()["sold"] == 0


def test_whoever_lost_the_answer_looks_it_up(shop: Shop) -> None:
    bought = shop.buy(key="k 1", buyer="Zoë").json()
    lookup = "/v1/items/item-a/purchases/lookup"
    assert shop.get(lookup, params={"key": "k 1", "buyer": "Zoë"}) == bought
    assert shop.get(lookup, params={"key": '"k 1"', "buyer": "Zoë"}) == bought
    for other in ({"key": "k 1"}, {"key": "k 2", "buyer": "Zoë"}, {"key": "k 1", "buyer": "Bob"}):
        problem_of(shop.ask("GET", lookup, params=other), 404, "unknown_purchase")
    problem_of(shop.ask("GET", "/v1/items/item-b/purchases/lookup", params={"key": "k 1"}), 404, "unknown_purchase")


def test_a_lookup_says_whether_the_purchase_was_refunded(shop: Shop) -> None:
    shop.refund(shop.buy(key="k1").json()["purchase_id"])
    assert shop.get("/v1/items/item-a/purchases/lookup?key=k1")["state"] == "refunded"


@pytest.mark.parametrize(
    ("question", "member"), [("", "key"), ("key=", "key"), ("key=é", "key"), ("key=a&buyer=", "buyer")]
)
def test_a_lookup_names_what_is_wrong(question: str, member: str, shared: Shop) -> None:
    assert wrong_members(shared.ask("GET", f"/v1/items/item-a/purchases/lookup?{question}")) == [member]
