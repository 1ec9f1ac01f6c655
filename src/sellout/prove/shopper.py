"""One copy of a buyer's request: its own connection, its key, and the patience to ask again.

May touch: the network, through aiohttp. It knows one route of the server, the one that sells.
"""

import asyncio
import json
import math
import os
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from sellout.prove import CouldNotRun
from sellout.prove.evidence import Attempt, Buyer, Request

KEEP_CONNECTION_SECONDS = 600  # the first connection must still be open when the last one is
WARMING_ATTEMPTS_MAX = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a buyer asks again when the server is busy or silent."""

    attempts_max: int = 30
    seconds_max: float = 60.0
    answer_seconds_max: float = 30.0
    pause_seconds: float = 0.25  # before the next attempt, where the server names no time


class Shopper:
    def __init__(self, buyer: Buyer, copy: int, url: str, item: str, patience: Patience) -> None:
        self._buyer, self._copy, self._patience = buyer, copy, patience
        self._url = url
        self._address = f"{url}/v1/items/{quote(item, safe='')}/purchases"
        self._body = json.dumps({"buyer": buyer.name, "quantity": buyer.quantity}).encode()
        self._headers = {"Content-Type": "application/json", "Idempotency-Key": buyer.key}
        # A shared session would reuse whichever connection is free; a session each is a connection each.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_CONNECTION_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=patience.answer_seconds_max),
        )

    async def warm(self, turns: asyncio.Semaphore) -> None:
        """Open the connection on a request that sells nothing; any answer at all will do."""
        async with turns:
            for attempt in range(WARMING_ATTEMPTS_MAX):
                if (failure := await self._knock()) is None:
                    return
                await asyncio.sleep(self._patience.pause_seconds * attempt)
        raise CouldNotRun(f"cannot connect to {self._url}: {failure}")

    async def _knock(self) -> str | None:
        try:
            async with self._session.get(f"{self._url}/livez") as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return reason(error)
        return None

    async def buy(self) -> Request:
        """Ask until there is a definite answer or the patience ends, always with the same key."""
        patience, attempts = self._patience, list[Attempt]()
        deadline = time.monotonic() + patience.seconds_max
        while True:
            attempts.append(await self._ask())
            wait = self._pause_after(attempts)
            out_of_time = time.monotonic() + wait > deadline
            if attempts[-1].definite or len(attempts) >= patience.attempts_max or out_of_time:
                return Request(self._buyer, self._copy, tuple(attempts))
            await asyncio.sleep(wait)

    def _pause_after(self, attempts: list[Attempt]) -> float:
        asked = attempts[-1].retry_after
        return asked if asked is not None else self._patience.pause_seconds * len(attempts)

    async def _ask(self) -> Attempt:
        started_at = time.monotonic()
        try:
            async with self._session.post(self._address, data=self._body, headers=self._headers) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return Attempt(started_at, time.monotonic(), status=None, failure=reason(error))
        return _noted(answer, body, started_at, time.monotonic())

    async def leave(self) -> None:
        await self._session.close()


def reason(error: Exception) -> str:
    """A few words on why there was no answer."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno:
        number = error.os_error.errno
        return os.strerror(number) if number > 0 else str(error.os_error.strerror)
    return (str(error) or type(error).__name__).splitlines()[0]


def _noted(answer: aiohttp.ClientResponse, body: bytes, started_at: float, ended_at: float) -> Attempt:
    said = _json_object(body)
    return Attempt(
        started_at,
        ended_at,
        status=answer.status,
        code=_text(said.get("code")),
        purchase_id=_text(said.get("purchase_id")),
        quantity=_whole(said.get("quantity")),
        available=_whole(said.get("available")),
        replayed=answer.headers.get("Idempotent-Replayed") == "true",
        retry_after=seconds_of(answer.headers.get("Retry-After")),
    )


def seconds_of(retry_after: str | None) -> float | None:
    """What a Retry-After asks for; its other form, a date, is not part of the contract and counts as none."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
