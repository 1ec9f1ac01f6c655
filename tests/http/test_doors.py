"""One interface behind every door: the fast lane, FastAPI's own routes, `sellout serve` and uvicorn answer alike."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.http.shop import ORGANISER, ORGANISER_KEY, check_answer, running_shop
from tests.processes import STOP_SECONDS_MAX, running

Door = Callable[[Path], AbstractContextManager[httpx2.Client]]

JSON = {"Content-Type": "application/json"}
PURCHASES = "/v1/items/item-a/purchases"


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **JSON}


def in_pieces() -> Iterator[bytes]:
    yield b'{"quantity":'
    yield b" 2}"


class Ask(NamedTuple):
    method: str
    address: str
    headers: Mapping[str, Any] = MappingProxyType({})
    content: Any = None


SCRIPT = [
    Ask("POST", "/buy_ticket"),
    Ask("POST", "/buy_ticket", JSON, b'{"buyer": "Zo\xc3\xab", "quantity": 2}'),
    Ask("POST", "/buy_ticket", JSON, b""),
    Ask("POST", PURCHASES, keyed("k1"), b'{"buyer": "Ada"}'),
    Ask("POST", PURCHASES, keyed('"k1"'), b'{"buyer": "Ada"}'),
    Ask("POST", PURCHASES, keyed("k1"), b'{"buyer": "Ada", "quantity": 2}'),
    Ask("POST", PURCHASES, keyed("x" * 256)),
    Ask("POST", PURCHASES, {"Idempotency-Key": "\xfc".encode("latin-1")}),
    Ask("POST", PURCHASES, JSON, in_pieces),
    Ask("POST", PURCHASES, {}, b"quantity=2"),
    Ask("POST", PURCHASES, {"Content-Type": "text/plain"}, b"{}"),
    Ask("POST", PURCHASES, JSON, b'{"quantity": 99}'),
    Ask("POST", PURCHASES, JSON, b'{"colour": "red"}'),
    Ask("POST", PURCHASES, JSON, b"\xff"),
    Ask("POST", PURCHASES, JSON, b" " * 16_385),
    Ask("POST", "/v1/items/item-b/purchases"),
    Ask("POST", "/v1/items/%E2%98%83/purchases"),
    Ask("POST", "/v1/items/%E2%90%9A/purchases"),
    Ask("POST", "/v1/items/a%3Fb%23c/purchases"),
    Ask("GET", "/v1/items/a%3Fb%23c"),
    Ask("GET", f"{PURCHASES}/lookup?key=k1&buyer=Ada"),
    Ask("GET", f"{PURCHASES}/lookup?key=k%201&buyer=Zo%C3%AB"),
    Ask("GET", PURCHASES),
    Ask("GET", PURCHASES, ORGANISER),
    Ask("GET", f"{PURCHASES}?limit=2", ORGANISER | {"Accept": "text/csv"}),
    Ask("GET", f"{PURCHASES}?limit=0", ORGANISER),
    Ask("POST", "/v1/items", ORGANISER | JSON, b'{"name": "Gala", "capacity": 1}'),
    Ask("POST", "/v1/items", ORGANISER | JSON, b'{"name": "Gala", "capacity": 1}'),
    Ask("POST", "/v1/items", ORGANISER, b"name=Gala"),
    Ask("PATCH", "/v1/items/gala", ORGANISER | JSON, b'{"limit_per_buyer": 5}'),
    Ask("POST", "/v1/items/gala/purchases"),
    Ask("POST", "/v1/items/gala/purchases", JSON, b'{"buyer": "Ada", "quantity": 2}'),
    Ask("POST", "/v1/items/gala/purchases", JSON, b'{"buyer": "Ada"}'),
    Ask("POST", "/v1/items/gala/purchases", JSON, b'{"buyer": "Bob"}'),
    Ask("PATCH", "/v1/items/gala", ORGANISER | JSON, b'{"paused": true, "opens_at": "2999-01-01T00:00:00Z"}'),
    Ask("POST", "/v1/items/gala/purchases", JSON, b'{"buyer": "Bob"}'),
    Ask("POST", "/buy_ticket", {"Sec-Fetch-Site": "cross-site"}),
    Ask(
        "POST",
        "/v1/items/gala/waitlist",
        JSON | {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"},
        b'{"buyer": "Ada"}',
    ),
    Ask("POST", "/buy_ticket", {"Origin": "null", "Sec-Fetch-Site": "cross-site"}, b" " * 16_385),
    Ask("POST", PURCHASES, JSON | {"Content-Encoding": "gzip"}, b"{}"),
    Ask("POST", "/v1/baskets/holds", JSON | {"Content-Encoding": "br"}, b"{}"),
    Ask("OPTIONS", "/buy_ticket", {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}),
    Ask("GET", "/v1/items/item-a", {"If-None-Match": "*"}),
    Ask("POST", "/v1/purchases/unknown/refund", ORGANISER),
    Ask("GET", "/v1/items"),
    Ask("GET", "/v1/items/item-a/audit"),
    Ask("GET", "/livez"),
    Ask("GET", "/readyz"),
    Ask("HEAD", "/livez"),
    Ask("GET", "/nothing"),
    Ask("POST", "/nothing", JSON, b" " * 16_385),
    Ask("DELETE", "/v1/items"),
    Ask("GET", "/docs"),
    Ask("GET", "/docs/problems/sold_out"),
    Ask("GET", "/docs/static/swagger-ui/swagger-ui.css"),
    Ask("GET", "/openapi.json"),
]
HEADERS = ["Content-Type", "Location", "Idempotent-Replayed", "Retry-After", "Allow", "WWW-Authenticate", "Link"]
CHANGING = {"request_id", "purchase_id", "purchased_at"}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_REQUEST_ID = re.compile(r'"request_id":\s*"[^"]*"')


def told(client: httpx2.Client, ask: Ask) -> tuple[Any, ...]:
    """What an answer tells, without what is different every time."""
    content = ask.content() if callable(ask.content) else ask.content
    answer = client.request(ask.method, ask.address, headers=ask.headers, content=content)
    check_answer(answer)
    headers = {name: _ID.sub("ID", answer.headers[name]) for name in HEADERS if name in answer.headers}
    text = _REQUEST_ID.sub("", _TIME.sub("TIME", _ID.sub("ID", "" if ask.method == "HEAD" else answer.text)))
    return ask[:2], answer.status_code, headers, text


@contextlib.contextmanager
def by_the_fast_lane(database: Path) -> Iterator[httpx2.Client]:
    with running_shop(database) as shop:
        yield shop.client


@contextlib.contextmanager
def by_fastapi_alone(database: Path) -> Iterator[httpx2.Client]:
    with pytest.MonkeyPatch.context() as patch, running_shop(database) as shop:
        patch.setattr("sellout.http.through_asgi.find_order", lambda *_: None)
        yield shop.client


@contextlib.contextmanager
def by_sellout_serve(database: Path) -> Iterator[httpx2.Client]:
    with running(database) as server, httpx2.Client(base_url=server.url) as client:
        yield client


@contextlib.contextmanager
def by_uvicorn(database: Path) -> Iterator[httpx2.Client]:
    variables = {"SELLOUT_DATABASE": f"sqlite:///{database}", "SELLOUT_ORGANISER_KEY": ORGANISER_KEY}
    with subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "sellout.asgi:app", "--port", "0", "--no-access-log", "--no-use-colors"],
        env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        try:
            assert server.stderr is not None
            url = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+:\d+", line)))
            with httpx2.Client(base_url=url) as client:
                yield client
            server.terminate()
            assert server.wait(STOP_SECONDS_MAX) in (0, -signal.SIGTERM), "uvicorn ends by the signal, when all is done"
        finally:
            server.kill()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What the fast lane and the routes behind it answer."""
    with by_the_fast_lane(tmp_path_factory.mktemp("fast") / "shop.db") as client:
        return [told(client, ask) for ask in SCRIPT]


def test_the_script_meets_most_statuses(expected: list[tuple[Any, ...]]) -> None:
    statuses = {status for _, status, _, _ in expected}
    assert statuses == {200, 201, 304, 401, 403, 404, 405, 409, 410, 413, 415, 422}


@pytest.mark.parametrize("door", [by_fastapi_alone, by_sellout_serve, by_uvicorn])
def test_every_door_answers_alike(door: Door, expected: list[tuple[Any, ...]], database: Path) -> None:
    with door(database) as client:
        for ask, answer in zip(SCRIPT, expected, strict=True):
            assert told(client, ask) == answer


def test_below_another_path_everything_is_as_it_is_at_the_root(database: Path) -> None:
    """As a server with `--root-path /tickets` asks behind a proxy that takes the prefix away."""
    with running_shop(database) as shop:
        app = shop.client.app

        async def mounted(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"root_path": "/tickets", "path": f"/tickets{scope['path']}"}, receive, send)

        with contextlib.ExitStack() as stack:
            stack.callback(setattr, shop.client._transport, "app", shop.client._transport.app)  # type: ignore[attr-defined]
            shop.client._transport.app = mounted  # type: ignore[attr-defined]
            assert shop.ticket().status_code == 200
            bought = shop.buy(quantity=2, key="k")
            assert bought.status_code == 201
            assert shop.hold().status_code == 201
            assert shop.buy("nothing").status_code == 404
            assert shop.item()["sold"] == 3
            assert shop.get("/v1/items/item-a/purchases/lookup?key=k") == bought.json()
