"""Somebody who looks at the items and their audits all the while, past every proxy.

May touch: the network, through aiohttp.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

from sellout.history.history import Observation

PAUSE_SECONDS = 0.05  # between two looks
LOOK_SECONDS_MAX = 3.0
OBSERVATIONS_MAX = 5000  # of one round


@dataclass(slots=True)
class Watcher:
    """`disagreed` are audits that did not add up, in a sentence each."""

    url: str
    items: Sequence[str]
    organiser_key: str
    observations: list[Observation] = field(default_factory=list)
    disagreed: list[str] = field(default_factory=list)
    over: bool = False

    async def watch(self) -> None:
        """Look until it is over. A server that does not answer is looked at again."""
        timeout = aiohttp.ClientTimeout(total=LOOK_SECONDS_MAX)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not self.over and len(self.observations) < OBSERVATIONS_MAX:
                for item in self.items:
                    await self._look(session, item, audit=False)
                    await self._look(session, item, audit=True)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _look(self, session: aiohttp.ClientSession, item: str, *, audit: bool) -> None:
        headers = {"Authorization": f"Bearer {self.organiser_key}"} if audit else {}
        started_at = time.monotonic()
        try:
            async with session.get(f"{self.url}/v1/items/{item}{'/audit' if audit else ''}", headers=headers) as answer:
                said: dict[str, Any] = await answer.json(content_type=None)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            await asyncio.sleep(PAUSE_SECONDS)
            return
        if status != HTTPStatus.OK:
            return
        self.observations.append(_observation(item, started_at, time.monotonic(), said, audit=audit))
        if audit and said["consistent"] is not True:
            self.disagreed.append(f"The audit of {item} did not add up: {said}")


def _observation(item: str, started_at: float, ended_at: float, said: dict[str, Any], *, audit: bool) -> Observation:
    return Observation(
        item=item,
        started_at=started_at,
        ended_at=ended_at,
        capacity=said["capacity"],
        sold=said["sold"],
        held=said["held"],
        available=said["available"],
        state=said.get("state"),
        recorded=audit,
    )


@asynccontextmanager
async def watched(url: str, items: Sequence[str], organiser_key: str) -> AsyncIterator[Watcher]:
    """A watcher for as long as the block lasts."""
    watcher = Watcher(url, items, organiser_key)
    watching = asyncio.create_task(watcher.watch())
    try:
        yield watcher
    finally:
        watcher.over = True  # to be cancelled at the moment of a timeout would not be noticed
        await asyncio.wait({watching})
    watching.result()
