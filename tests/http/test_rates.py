"""Limits against abuse: by address, by buyer, of holds; off where no setting asks for them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from sellout.http.app import create_app
from sellout.settings import load_settings
from tests.http.shop import ORGANISER_KEY
from tests.logins import SECRET, bearer, token
from tests.processes import running

Open = Callable[..., TestClient]
PURCHASES = "/v1/items/item-a/purchases"
HOLDS = "/v1/items/item-a/holds"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a shop with settings; all are closed at the end."""
    clients: list[TestClient] = []

    def open_shop(client: tuple[str, int] = ("203.0.113.9", 50_000), **options: Any) -> TestClient:
        settings = load_settings(
            database=f"sqlite:///{tmp_path}/{len(clients)}.db", organiser_key=ORGANISER_KEY, **options
        )
        opened = TestClient(create_app(settings), client=client)
        opened.__enter__()
        clients.append(opened)
        return opened

    yield open_shop
    for client in clients:
        client.__exit__(None, None, None)


def statuses(client: TestClient, times: int, path: str = PURCHASES, **options: Any) -> list[int]:
    return [client.post(path, **options).status_code for _ in range(times)]


def test_without_a_setting_nothing_is_counted(opened: Open) -> None:
    assert statuses(opened(), 60) == [201] * 60


def test_an_address_gets_429_beyond_its_rate_with_the_seconds_to_wait(opened: Open) -> None:
    shop = opened(rate_per_address="5/hour")
    assert statuses(shop, 6) == [201] * 5 + [429]
    refused = shop.get("/v1/items")
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 3600
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after"]
    assert shop.get("/livez").status_code == 200


def test_another_address_has_its_own_rate_where_the_proxy_is_trusted(opened: Open) -> None:
    shop = opened(("10.0.0.2", 1), rate_per_address="2/hour", trusted_proxies="10.0.0.0/8")
    one, other = {"x-forwarded-for": "198.51.100.1"}, {"x-forwarded-for": "198.51.100.2"}
    assert statuses(shop, 3, headers=one) == [201, 201, 429]
    assert statuses(shop, 3, headers=other) == [201, 201, 429]


def test_a_made_up_header_gives_nobody_another_rate(opened: Open) -> None:
    shop = opened(rate_per_address="2/hour")
    made_up = [{"x-forwarded-for": f"198.51.100.{place}"} for place in range(4)]
    assert [shop.post(PURCHASES, headers=one).status_code for one in made_up] == [201, 201, 429, 429]


def test_a_buyer_is_counted_on_every_route_that_names_one(opened: Open) -> None:
    shop = opened(rate_per_buyer="3/hour")
    assert statuses(shop, 2, json={"buyer": "ada"}) == [201, 201]
    assert statuses(shop, 1, HOLDS, json={"buyer": "ada"}) == [201]
    assert statuses(shop, 1, "/v1/items/item-a/waitlist", json={"buyer": "ada"}) == [429]
    assert statuses(shop, 1, json={"buyer": "bob"}) == [201]
    assert statuses(shop, 5) == [201] * 5, "who gives no name is counted by address only"


def test_holds_taken_and_given_back_again_and_again_come_to_an_end(opened: Open) -> None:
    shop = opened(rate_of_holds="3/hour")
    for _ in range(3):
        hold = shop.post(HOLDS, json={"buyer": "ada"}).json()
        assert shop.delete(f"/v1/holds/{hold['hold_id']}").status_code == 204
    assert statuses(shop, 1, HOLDS, json={"buyer": "ada"}) == [429]
    assert statuses(shop, 1, json={"buyer": "ada"}) == [201], "buying is another matter"


def test_whatever_takes_a_hold_is_counted_as_one(opened: Open) -> None:
    shop = opened(rate_of_holds="3/hour")
    basket = {"buyer": "ada", "lines": [{"item": "item-a", "quantity": 1}]}
    assert statuses(shop, 1, HOLDS, json={"buyer": "ada"}) == [201]
    assert statuses(shop, 1, "/v1/baskets/holds", json=basket) == [201]
    assert statuses(shop, 1, "/v1/items/item-a/waitlist", json={"buyer": "ada"}) == [201]
    for path, body in ((HOLDS, {"buyer": "ada"}), ("/v1/baskets/holds", basket),
                       ("/v1/items/item-a/waitlist", {"buyer": "ada"})):  # fmt: skip
        assert statuses(shop, 1, path, json=body) == [429]


@pytest.mark.parametrize(("path", "rate"), [(PURCHASES, "rate_per_buyer"), (HOLDS, "rate_of_holds")])
def test_whoever_only_names_a_buyer_uses_up_nothing_of_who_has_proven_it(path: str, rate: str, opened: Open) -> None:
    shop = opened(buyer_token_key=SECRET, **{rate: "2/hour"})
    assert statuses(shop, 4, path, json={"buyer": "ada"}) == [201, 201, 429, 429]
    of_ada = bearer(token("ada", "HS256"))
    assert statuses(shop, 3, path, headers=of_ada) == [201, 201, 429]


def test_the_hot_routes_of_a_real_server_are_counted(tmp_path: Path) -> None:
    with running(tmp_path / "sale.db", SELLOUT_RATE_PER_ADDRESS="4/hour") as server, httpx2.Client() as client:
        told = [client.post(f"{server.url}/buy_ticket").status_code for _ in range(6)]
    assert told == [200] * 4 + [429] * 2
