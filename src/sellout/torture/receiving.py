"""A receiver of the shop's webhooks: it refuses some, as receivers do, and keeps what it has accepted.

May touch: a port of 127.0.0.1. Every message has to carry a true signature.
"""

import hmac
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from sellout.history.history import Delivery

REFUSED_SHARE = 0.1
SHUTDOWN_SECONDS = 0.1
SUBJECTS = ("entry_id", "purchase_id", "hold_id", "id")  # an offer names its entry and its hold: it is about the entry


@dataclass(slots=True)
class Receiver:
    """`secret` is set as soon as the shop has told it. `forged` are messages whose signature was not true."""

    chance: random.Random
    url: str = ""
    secret: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        body, headers = (
            (await request.read()).decode(),
            {name.lower(): value for name, value in request.headers.items()},
        )
        if self.chance.random() < REFUSED_SHARE:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        if not _is_signed(self.secret, headers, body):
            self.forged.append(f"A webhook with the id {headers.get('webhook-id')} was not signed as it should")
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        self.deliveries.append(_delivery(headers["webhook-id"], json.loads(body)))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def told(self, event_type: str) -> int:
        """How many different events of a type have arrived."""
        return len({delivery.event_id for delivery in self.deliveries if delivery.type == event_type})

    def last_of(self, item: str) -> str | None:
        """The type of the last event of an item that has arrived."""
        return next((delivery.type for delivery in reversed(self.deliveries) if delivery.item == item), None)


def _is_signed(secret: str, headers: Mapping[str, str], body: str) -> bool:
    """Whether one of the signatures is true, whatever the time: the shop's clock may have jumped by a day."""
    try:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        true = Webhook(secret).sign(headers["webhook-id"], at, body)
    except (KeyError, ValueError):
        return False
    return any(hmac.compare_digest(given, true) for given in headers.get("webhook-signature", "").split())


def _delivery(event_id: str, message: dict[str, Any]) -> Delivery:
    data: dict[str, Any] = message["data"]
    subject = next(data[name] for name in SUBJECTS if name in data)
    return Delivery(event_id, message["type"], data.get("item") or subject, subject)


@asynccontextmanager
async def receiving(chance: random.Random) -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver, app = Receiver(chance), web.Application()
    app.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        await runner.cleanup()
