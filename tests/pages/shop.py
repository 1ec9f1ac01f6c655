"""A shop whose scene is set over HTTP, as other customers and the organiser would, and whose sales are counted."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from tests.processes import ORGANISER_KEY

_numbers = itertools.count(1)


class Shop:
    """A running server and its database."""

    def __init__(self, url: str, database: Path) -> None:
        self.url = url
        self.database = database
        self._client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {ORGANISER_KEY}"}, timeout=30)

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, address: str, body: object = None) -> Any:
        """The JSON of an answer that says yes."""
        answer = self._client.request(method, address, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def add(self, capacity: int, name: str | None = None, **members: Any) -> str:
        """Put an item on sale; its id."""
        item = {"name": name or f"Night {next(_numbers)}", "capacity": capacity, **members}
        return str(self.ask("POST", "/v1/items", item)["id"])

    def change(self, item: str, **members: Any) -> None:
        self.ask("PATCH", f"/v1/items/{item}", members)

    def buy(self, item: str, quantity: int = 1, buyer: str | None = None) -> str:
        """Somebody else buys; the purchase's id."""
        return str(self._take("purchases", item, quantity, buyer)["purchase_id"])

    def hold(self, item: str, quantity: int = 1, buyer: str | None = None) -> str:
        """Somebody else holds; the hold's id."""
        return str(self._take("holds", item, quantity, buyer)["hold_id"])

    def join(self, item: str, buyer: str, quantity: int = 1) -> str:
        """Somebody else waits; the entry's id."""
        return str(self._take("waitlist", item, quantity, buyer)["entry_id"])

    def _take(self, what: str, item: str, quantity: int, buyer: str | None) -> Any:
        return self.ask("POST", f"/v1/items/{item}/{what}", {"quantity": quantity, "buyer": buyer})

    def release(self, hold: str) -> None:
        self.ask("DELETE", f"/v1/holds/{hold}")

    def confirm(self, hold: str) -> None:
        self.ask("POST", f"/v1/holds/{hold}/confirm")

    def refund(self, purchase: str) -> None:
        self.ask("POST", f"/v1/purchases/{purchase}/refund")

    def try_to_buy(self, item: str, quantity: int = 1, buyer: str | None = None) -> str | None:
        """Somebody else wants to buy; the reason why they cannot, or None."""
        answer = self._client.post(f"/v1/items/{item}/purchases", json={"quantity": quantity, "buyer": buyer})
        assert not answer.is_server_error, answer.text
        return str(answer.json()["code"]) if answer.is_client_error else None

    def purchases(self, item: str) -> list[str]:
        """The ids of an item's purchases, as its database has them."""
        with closing(sqlite3.connect(self.database)) as database:
            return [str(row[0]) for row in database.execute("SELECT id FROM purchases WHERE item_id = ?", (item,))]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program keeps the database to itself for as long as the block lasts."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


def in_seconds(seconds: float) -> str:
    """A time from now on, as the API takes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
