"""No page makes its visitors buy, unless the settings name its origin; and such a page may read the answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sellout.addresses import origins_of
from sellout.http.origins import check_origin
from sellout.http.requests import BadRequest
from tests.http.shop import Shop, problem_of, running_shop

PARTNER = "https://shop.example.org"

FROM_ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
)
FROM_HERE: tuple[dict[str, str], ...] = (
    {},
    {"Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://shop.behind.a.proxy"},
    {"Sec-Fetch-Site": "none"},
)
TAKING = (
    "/buy_ticket", "/v1/items/item-a/purchases", "/v1/items/item-a/holds", "/v1/items/item-a/waitlist",
    "/v1/baskets/purchases", "/v1/baskets/holds", "/items/item-a/buy", "/v1/holds/h/pay", "/v1/items",
)  # fmt: skip


@pytest.mark.parametrize("address", TAKING)
@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
def test_a_page_of_another_site_takes_nothing(shop: Shop, address: str, headers: dict[str, str]) -> None:
    assert shop.ask("POST", address, headers=headers).status_code == 403
    assert shop.item()["sold"] == shop.item()["held"] == 0


@pytest.mark.parametrize("headers", FROM_HERE, ids=str)
def test_our_own_pages_and_what_is_no_browser_buy(shop: Shop, headers: dict[str, str]) -> None:
    assert shop.ask("POST", "/buy_ticket", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
def test_whoever_only_looks_may_come_from_anywhere(shop: Shop, headers: dict[str, str]) -> None:
    assert shop.ask("GET", "/v1/items/item-a", headers=headers).status_code == 200


def test_the_cause_is_said(shop: Shop) -> None:
    problem = problem_of(shop.ask("POST", "/buy_ticket", headers={"Origin": "http://sold.example"}), 403, "forbidden")
    assert "its Origin is http://sold.example, and this shop was asked as testserver" in problem["detail"]
    assert "SELLOUT_ALLOWED_ORIGINS" in problem["detail"]


@pytest.fixture
def shared_shop(database: Path) -> Iterator[Shop]:
    with running_shop(database, allowed_origins=f"{PARTNER}, http://localhost:3000") as shop:
        yield shop


def test_an_origin_that_is_allowed_buys_and_reads_the_answer(shared_shop: Shop) -> None:
    headers = {"Origin": PARTNER, "Sec-Fetch-Site": "cross-site", "Idempotency-Key": "k"}
    for answer in (
        shared_shop.ask("POST", "/v1/items/item-a/purchases", headers=headers),
        shared_shop.ask("GET", "/v1/items/item-a", headers=headers),
        shared_shop.ask("GET", "/v1/items/nothing", headers=headers),
        shared_shop.ask("POST", "/buy_ticket", headers=headers | {"Idempotency-Key": "k" * 256}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == PARTNER
        assert "Origin" in answer.headers["Vary"]
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert shared_shop.item()["sold"] == 1


def test_a_browser_that_asks_beforehand_is_answered(shared_shop: Shop) -> None:
    asked = {"Origin": PARTNER, "Access-Control-Request-Method": "POST"}
    answer = shared_shop.ask("OPTIONS", "/v1/items/item-a/purchases", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == PARTNER
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_others_are_told_nothing(shared_shop: Shop, shop: Shop) -> None:
    for asked, where in (({"Origin": "https://evil.example"}, shared_shop), ({"Origin": PARTNER}, shop)):
        for answer in (
            where.ask("OPTIONS", "/buy_ticket", headers=asked | {"Access-Control-Request-Method": "POST"}),
            where.ask("GET", "/v1/items", headers=asked),
        ):
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert where.ask("POST", "/buy_ticket", headers=asked).status_code == 403


def test_the_forms_of_our_pages_are_for_our_pages_alone(shared_shop: Shop) -> None:
    headers = {"Origin": PARTNER, "Sec-Fetch-Site": "cross-site"}
    assert shared_shop.ask("POST", "/items/item-a/buy", headers=headers, data={"key": "k"}).status_code in {403, 404}
    assert shared_shop.item()["sold"] == 0


@pytest.mark.parametrize("text", ["shop.example.org", "https://a/b", "*", "ftp://a", "https://"])
def test_what_is_no_origin_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        origins_of(text)


def test_an_origin_that_cannot_be_read_is_a_foreign_one() -> None:
    with pytest.raises(BadRequest):
        check_origin(None, "http://[broken", "testserver")
