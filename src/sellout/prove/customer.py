"""One customer: connections of their own, the patience to ask again, and a diary of every answer.

May touch: the network, through aiohttp. What a customer asks for is decided by the scenarios.
"""

import asyncio
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from sellout.history.requests import Attempt, Order, Request
from sellout.prove import CouldNotRun
from sellout.prove.progress import together
from sellout.prove.wire import wire_of

KEEP_CONNECTION_SECONDS = 600  # the first connection must still be open when the last one is
WARMING_ATTEMPTS_MAX = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a buyer asks again when the server is busy or silent."""

    attempts_max: int = 30
    seconds_max: float = 60.0
    answer_seconds_max: float = 30.0
    pause_seconds: float = 0.25  # before the next attempt, where the server names no time


class Customer:
    """`orders` are what this customer asked for, `requests` the answers that came home."""

    def __init__(self, url: str, patience: Patience, headers: Mapping[str, str] | None = None) -> None:
        self.orders: list[Order] = []
        self.requests: list[Request] = []
        self._url, self._patience, self._headers = url, patience, dict(headers or {})
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

    async def ask(self, order: Order) -> Attempt:
        """Send every copy of an order at once; the answer to go by is a success where there is one.

        A copy that was refused while another one succeeded asks again: from now on its key must get that success.
        """
        self.orders.append(order)
        copies = await together(self.ask_copy(order, copy) for copy in range(order.copies))
        answer = next((request.final for request in copies if request.final.granted), copies[0].final)
        if order.key is not None and answer.granted:
            refused = [request.copy for request in copies if request.final.refused]
            await together(self.ask_copy(order, copy) for copy in refused)
        return answer

    async def ask_copy(self, order: Order, copy: int) -> Request:
        """Ask until there is a definite answer or the patience ends, always with the same key."""
        patience, attempts, method = self._patience, list[Attempt](), _prepared(order, self._headers)
        deadline = time.monotonic() + patience.seconds_max
        while True:
            attempts.append(await self._attempt(*method))
            wait = self._pause_after(attempts)
            out_of_time = time.monotonic() + wait > deadline
            if attempts[-1].definite or len(attempts) >= patience.attempts_max or out_of_time:
                self.requests.append(request := Request(order, copy, tuple(attempts)))
                return request
            await asyncio.sleep(wait)

    def _pause_after(self, attempts: list[Attempt]) -> float:
        asked = attempts[-1].retry_after
        return asked if asked is not None else self._patience.pause_seconds * len(attempts)

    async def _attempt(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Attempt:
        started_at = time.monotonic()
        try:
            async with self._session.request(method, f"{self._url}{path}", data=body, headers=headers) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return Attempt(started_at, time.monotonic(), status=None, failure=reason(error))
        return _noted(answer, said, started_at, time.monotonic())

    async def leave(self) -> None:
        await self._session.close()


def reason(error: Exception) -> str:
    """A few words on why there was no answer."""
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno:
        number = error.os_error.errno
        return os.strerror(number) if number > 0 else str(error.os_error.strerror)
    return (str(error) or type(error).__name__).splitlines()[0]


def _prepared(order: Order, headers: Mapping[str, str]) -> tuple[str, str, bytes | None, dict[str, str]]:
    """All of a request but its host, made once for every attempt."""
    wire = wire_of(order)
    sent = {**headers, **({"Idempotency-Key": order.key} if order.key else {})}
    if wire.body is None:
        return wire.method, wire.path, None, sent
    return wire.method, wire.path, json.dumps(wire.body).encode(), {"Content-Type": "application/json", **sent}


def _noted(answer: aiohttp.ClientResponse, body: bytes, started_at: float, ended_at: float) -> Attempt:
    return Attempt(
        started_at,
        ended_at,
        status=answer.status,
        said=_json_object(body),
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
