"""Buyers for tests: every request with its key, and what became of it."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp

DEFINITE = {200, 201, 409, 410}


@dataclass
class Told:
    """What buyers were told: key -> purchase id, keys that were refused, and keys without an answer."""

    bought: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    _awaited: list[tuple[int, asyncio.Event]] = field(default_factory=list)

    async def heard_of(self, answers: int) -> None:
        """Wait until so many answers have come."""
        reached = asyncio.Event()
        self._awaited.append((answers, reached))
        await reached.wait()

    def note(self, status: int) -> None:
        """One more answer has come."""
        self.statuses.append(status)
        for answers, reached in self._awaited:
            if len(self.statuses) >= answers:
                reached.set()


async def buy(session: aiohttp.ClientSession, url: str, key: str, told: Told, item: str = "item-a") -> None:
    """One request; a lost connection leaves its key unanswered."""
    try:
        async with session.post(
            f"{url}/v1/items/{item}/purchases", json={"buyer": f"buyer of {key}"}, headers={"Idempotency-Key": key}
        ) as answer:
            _note(key, answer.status, await answer.json(content_type=None), told)
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        told.unanswered.add(key)


def _note(key: str, status: int, body: Any, told: Told) -> None:
    told.note(status)
    if status == 201:
        told.bought[key] = body["purchase_id"]
    elif status in DEFINITE:
        told.refused.add(key)
    else:
        told.unanswered.add(key)
        return
    told.unanswered.discard(key)


async def crowd(url: str, keys: list[str], told: Told, at_once: int = 64, until: asyncio.Event | None = None) -> None:
    """Buy for all keys, some at once; after `until` is set the rest is left unanswered."""
    waiting = list(reversed(keys))
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

        async def one_after_the_other() -> None:
            while waiting:
                key = waiting.pop()
                if until is not None and until.is_set():
                    told.unanswered.add(key)
                else:
                    await buy(session, url, key, told)

        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))


async def settle(url: str, told: Told) -> None:
    """Retry every unanswered request with its key until each has its answer."""
    for _ in range(20):
        if not told.unanswered:
            return
        again, told.unanswered = sorted(told.unanswered), set()
        await crowd(url, again, told)
        with contextlib.suppress(TimeoutError):
            await asyncio.sleep(0.05)
    raise AssertionError(f"{len(told.unanswered)} requests never got an answer")
