"""The real application on a real SQLite file, driven in process, and what every one of its answers must keep."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
from starlette.testclient import TestClient

from sellout.domain import MICROSECONDS
from sellout.http.app import create_app
from sellout.settings import Settings
from sellout.store.clock import host_clock

ORGANISER_KEY = "a key for tests only"
ORGANISER = {"Authorization": f"Bearer {ORGANISER_KEY}"}
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}


class Clock:
    """The host's clock until a test moves it."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return host_clock() + self.ahead

    def go_on(self, seconds: float) -> None:
        self.ahead += round(seconds * MICROSECONDS)


class Shop:
    """A shop as its callers meet it. Every answer that it gives is checked for what all answers have."""

    def __init__(self, client: TestClient, database: Path, clock: "Clock") -> None:
        self.client = client
        self.database = database
        self.clock = clock
        client.event_hooks = {"response": [check_answer]}

    def ask(self, method: str, address: str, **options: Any) -> httpx2.Response:
        return self.client.request(method, address, **options)

    def get(self, address: str, **options: Any) -> Any:
        """The JSON of a 200."""
        answer = self.ask("GET", address, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def organise(self, method: str, address: str, **options: Any) -> httpx2.Response:
        """A request of the organiser's."""
        return self.ask(method, address, headers=ORGANISER | options.pop("headers", {}), **options)

    def add(self, name: str, capacity: int, **members: Any) -> str:
        """Put an item on sale; its id."""
        answer = self.organise("POST", "/v1/items", json={"name": name, "capacity": capacity, **members})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, item: str, **members: Any) -> httpx2.Response:
        return self.organise("PATCH", f"/v1/items/{item}", json=members)

    def refund(self, purchase_id: str) -> httpx2.Response:
        return self.organise("POST", f"/v1/purchases/{purchase_id}/refund")

    def item(self, item: str = "item-a") -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/items/{item}")
        return found

    def audit(self, item: str = "item-a") -> dict[str, Any]:
        """The counters beside the ledger, as an organiser sees them."""
        found: dict[str, Any] = self.get(f"/v1/items/{item}/audit", headers=ORGANISER)
        return found

    def buy(self, item: str = "item-a", key: str | None = None, **order: Any) -> httpx2.Response:
        """A purchase by version 1; without members it has no body."""
        return self._order(f"/v1/items/{item}/purchases", key, order)

    def ticket(self, key: str | None = None, **order: Any) -> httpx2.Response:
        """A purchase as the first version sold."""
        return self._order("/buy_ticket", key, order)

    def hold(self, item: str = "item-a", key: str | None = None, **order: Any) -> httpx2.Response:
        """A hold; without members it has no body."""
        return self._order(f"/v1/items/{item}/holds", key, order)

    def pay(self, hold: str, key: str | None = None) -> httpx2.Response:
        return self._order(f"/v1/holds/{hold}/pay", key, {})

    def confirm(self, hold: str, key: str | None = None, **members: Any) -> httpx2.Response:
        return self._order(f"/v1/holds/{hold}/confirm", key, members)

    def release(self, hold: str) -> httpx2.Response:
        return self.ask("DELETE", f"/v1/holds/{hold}")

    def join(self, buyer: str, item: str = "item-a", key: str | None = None, **members: Any) -> httpx2.Response:
        """Somebody stands in the waiting list."""
        return self._order(f"/v1/items/{item}/waitlist", key, {"buyer": buyer, **members})

    def basket(self, kind: str, lines: dict[str, int], key: str | None = None, **members: Any) -> httpx2.Response:
        """A basket of `kind`, purchases or holds, with units of each item."""
        body = {"lines": [{"item": item, "quantity": quantity} for item, quantity in lines.items()]}
        return self._order(f"/v1/baskets/{kind}", key, body | members)

    def _order(self, address: str, key: str | None, order: dict[str, Any]) -> httpx2.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.ask("POST", address, headers=headers, **({"json": order} if order else {}))


@contextlib.contextmanager
def running_shop(database: Path, **settings: Any) -> Iterator[Shop]:
    """A shop from its start to its end. A second one on the same file is a restart."""
    chosen = Settings(**{"database": f"sqlite:///{database}", "organiser_key": ORGANISER_KEY, **settings})
    clock = Clock()
    with TestClient(create_app(chosen, clock), raise_server_exceptions=False) as client:
        yield Shop(client, database, clock)


@contextlib.asynccontextmanager
async def running_client(database: Path, **settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A running shop for many requests at once."""
    app = create_app(Settings(**{"database": f"sqlite:///{database}", "organiser_key": ORGANISER_KEY, **settings}))
    framework: Any = app._app
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop")
    async with framework.router.lifespan_context(framework), client:
        yield client


def check_answer(answer: httpx2.Response) -> None:
    """Every answer has its id, and every error is problem details, whoever gave it."""
    answer.read()
    assert answer.headers["Request-Id"]
    assert answer.headers["Cache-Control"], "without it a cache may keep whatever it likes"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        if answer.headers["Content-Type"].startswith("text/html"):
            check_error_page(answer)
        else:
            check_problem(answer)


def check_error_page(answer: httpx2.Response) -> None:
    """Only who asks for pages gets one, and it tells nothing of the inside."""
    assert "text/html" in answer.request.headers["Accept"]
    assert "Traceback" not in answer.text
    if answer.status_code in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1


def check_problem(answer: httpx2.Response) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= PROBLEM_MEMBERS
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/docs/problems/{problem['code']}"
    assert unquote(problem["instance"]) == answer.request.url.path
    assert re.fullmatch(r"[!-~]+", problem["instance"]), "it is an address"
    assert problem["request_id"] == answer.headers["Request-Id"]
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in answer.text
    assert answer.headers.get("Retry-After") == (str(problem["retry_after"]) if "retry_after" in problem else None)
    if answer.status_code in (429, 503):
        assert problem["retry_after"] >= 1


def problem_of(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, which must be this one."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem.get("code")) == (status, code), answer.text
    return problem


def wrong_members(answer: httpx2.Response) -> list[str]:
    """Which members a 422 names."""
    return [error["field"] for error in problem_of(answer, 422, "invalid_request")["errors"]]
