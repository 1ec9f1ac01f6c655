"""A challenge stands before whatever takes something, and before nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from sellout.http.app import create_app
from sellout.settings import BadSetting, Settings, load_settings
from tests.http.challenge.test_proof_of_work import BITS, solve
from tests.http.shop import ORGANISER, ORGANISER_KEY
from tests.processes import running

TAKING = [
    ("/buy_ticket", {}),
    ("/v1/items/item-a/purchases", {}),
    ("/v1/items/item-a/holds", {}),
    ("/v1/items/item-a/waitlist", {"buyer": "ada"}),
    ("/v1/baskets/purchases", {"lines": [{"item": "item-a"}]}),
    ("/v1/baskets/holds", {"lines": [{"item": "item-a"}]}),
]

Open = Callable[..., TestClient]


class Voucher:
    """A challenge of somebody's own."""

    kind = "voucher"

    def issue(self) -> dict[str, Any]:
        return {"hint": "it is on the poster"}

    def passed(self, response: str, key: str) -> bool:
        return response == "open sesame" and key == ""


def make_voucher(settings: Settings) -> Voucher:
    return Voucher()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    clients: list[TestClient] = []

    def open_shop(**options: Any) -> TestClient:
        settings = load_settings(database=f"sqlite:///{tmp_path}/sale.db", organiser_key=ORGANISER_KEY, **options)
        clients.append(TestClient(create_app(settings)))
        return clients[-1].__enter__()

    yield open_shop
    for client in clients:
        client.__exit__(None, None, None)


@pytest.mark.parametrize(("path", "body"), TAKING)
def test_who_takes_something_needs_an_answer(path: str, body: dict[str, Any], opened: Open) -> None:
    shop = opened(challenge="proof-of-work", challenge_bits=BITS)
    refused = shop.post(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "challenge_required")
    wrong = shop.post(path, json=body, headers={"Challenge-Response": "token:1"})
    assert wrong.status_code == 403
    answer = solve(shop.get("/v1/challenge").json()["token"])
    granted = shop.post(path, json=body, headers={"Challenge-Response": answer})
    assert granted.status_code in (200, 201)


@pytest.mark.parametrize(("path", "body"), TAKING)
def test_without_the_setting_nothing_is_asked(path: str, body: dict[str, Any], opened: Open) -> None:
    assert opened().post(path, json=body).status_code in (200, 201)


def test_what_takes_nothing_needs_no_answer(opened: Open) -> None:
    shop = opened(challenge="proof-of-work", challenge_bits=BITS)
    assert shop.get("/v1/items/item-a").status_code == 200
    assert shop.get("/v1/items/item-a/purchases", headers=ORGANISER).status_code == 200
    assert shop.post("/v1/holds/no-hold/pay").json()["code"] == "unknown_hold"
    assert shop.get("/items/item-a").status_code == 200


def test_a_retry_needs_no_new_answer(opened: Open) -> None:
    shop = opened(challenge="proof-of-work", challenge_bits=BITS)
    headers = {"Challenge-Response": solve(shop.get("/v1/challenge").json()["token"]), "Idempotency-Key": "order-1"}
    first, again = (shop.post("/v1/items/item-a/purchases", headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = shop.post("/v1/items/item-a/purchases", headers=headers | {"Idempotency-Key": "order-2"})
    assert other.status_code == 403


def test_a_challenge_says_its_kind(opened: Open) -> None:
    assert opened().get("/v1/challenge").json() == {"kind": "none"}
    asked = opened(challenge="proof-of-work", challenge_bits=BITS).get("/v1/challenge").json()
    assert asked.keys() == {"kind", "token", "bits", "valid_seconds"}
    assert (asked["kind"], asked["bits"]) == ("proof-of-work", BITS)


def test_a_challenge_of_your_own(opened: Open) -> None:
    shop = opened(challenge=f"{__name__}:make_voucher")
    assert shop.get("/v1/challenge").json() == {"kind": "voucher", "hint": "it is on the poster"}
    assert shop.post("/buy_ticket", headers={"Challenge-Response": "please"}).status_code == 403
    assert shop.post("/buy_ticket", headers={"Challenge-Response": "open sesame"}).status_code == 200


def test_a_page_without_scripts_says_what_is_missing(opened: Open) -> None:
    shop = opened(challenge="proof-of-work", challenge_bits=BITS)
    assert "JavaScript" in shop.get("/items/item-a").text
    refused = shop.post("/items/item-a/purchases", data={"key": "page-x"}, headers={"Accept": "text/html"})
    assert refused.status_code == 403
    assert "<h1>A challenge is to be passed first</h1>" in refused.text


def test_a_bad_challenge_stops_the_start() -> None:
    with pytest.raises(BadSetting, match="--challenge"):
        load_settings(challenge="captcha please")


def test_the_hot_routes_of_a_real_server_ask_too(tmp_path: Path) -> None:
    variables = {"SELLOUT_CHALLENGE": "proof-of-work", "SELLOUT_CHALLENGE_BITS": str(BITS)}
    with running(tmp_path / "sale.db", "--workers", "2", **variables) as server, httpx2.Client() as client:
        assert client.post(f"{server.url}/buy_ticket").status_code == 403
        for _ in range(4):  # a token of one worker is known to the other
            answer = solve(client.get(f"{server.url}/v1/challenge").json()["token"])
            bought = httpx2.post(f"{server.url}/buy_ticket", headers={"Challenge-Response": answer})
            assert bought.status_code == 200
