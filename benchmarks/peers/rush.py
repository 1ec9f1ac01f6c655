"""The buyers: all at one instant, each on a connection of their own, asking again until there is an answer.

May touch: the network. All designs get the same buyers; an idempotency key goes with each request where the design
knows what that is. What is no answer (a lost connection, an error of the server) is asked again after a pause, as a
person would.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from benchmarks.peers.design import Design
from benchmarks.peers.judge import YES, Told

PATIENCE_SECONDS = 60.0  # then a buyer goes home without an answer
ANSWER_SECONDS_MAX = 30.0
PAUSE_SECONDS = 0.25  # before asking again, longer with each time
PAUSE_SECONDS_MAX = 2.0
WARMING_AT_ONCE_MAX = 128


@dataclass
class Buyer:
    """One who wants one unit, and what became of that."""

    name: str
    key: str
    told: Told = Told.NOTHING
    at: float = 0.0
    asked: int = 0
    errors: int = 0
    silences: int = 0


@dataclass(frozen=True)
class Kill:
    """After how many buyers were told yes to kill, how, and how to start again (which may wait)."""

    after: int
    now: Callable[[], None]
    start_again: Callable[[], None]


@dataclass
class Rush:
    """What all buyers saw; times are seconds since all were let go."""

    buyers: Sequence[Buyer]
    kill: Kill | None = None
    start: float = 0.0
    successes: int = 0
    killed_at: float | None = None
    back_at: float | None = None
    starting: "asyncio.Task[None] | None" = None

    @property
    def told(self) -> Mapping[str, Told]:
        return {buyer.name: buyer.told for buyer in self.buyers}

    @property
    def seconds(self) -> float:
        """Until the last buyer had an answer."""
        return max(buyer.at for buyer in self.buyers)

    @property
    def selling_seconds(self) -> float:
        """Until the last buyer who got a unit was told so."""
        return max((buyer.at for buyer in self.buyers if buyer.told in YES), default=0.0)

    def clock(self) -> float:
        return time.perf_counter() - self.start


async def rush(url: str, design: Design, buyers: Sequence[Buyer], kill: Kill | None = None) -> Rush:
    """Open a connection for each buyer, let all ask at once, and come back when everybody has gone home."""
    seen = Rush(buyers, kill)
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(_session()) for _ in buyers]
        turns = asyncio.Semaphore(WARMING_AT_ONCE_MAX)
        await asyncio.gather(*(_warm(session, turns, url + design.ready) for session in sessions))
        gc.collect()
        seen.start = time.perf_counter()
        await asyncio.gather(
            *(_shop(seen, buyer, session, design, url) for buyer, session in zip(buyers, sessions, strict=True))
        )
        if seen.starting is not None:
            await seen.starting
    return seen


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1), timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX)
    )


async def _warm(session: aiohttp.ClientSession, turns: asyncio.Semaphore, url: str) -> None:
    async with turns, session.get(url) as answer:
        await answer.read()


def _sold(seen: Rush) -> None:
    """Another buyer was told yes; perhaps that was the last one before the kill, which then comes at once."""
    seen.successes += 1
    kill = seen.kill
    if kill is not None and seen.killed_at is None and seen.successes >= kill.after:
        kill.now()
        seen.killed_at = seen.clock()
        seen.starting = asyncio.create_task(_start_again(seen, kill))


async def _start_again(seen: Rush, kill: Kill) -> None:
    await asyncio.to_thread(kill.start_again)
    seen.back_at = seen.clock()


async def _shop(seen: Rush, buyer: Buyer, session: aiohttp.ClientSession, design: Design, url: str) -> None:
    """Ask until there is an answer or the patience ends."""
    while True:
        buyer.told = await _ask(buyer, session, design, url)
        buyer.at = seen.clock()
        if buyer.told in YES:
            _sold(seen)
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * buyer.asked)
        if buyer.told is not Told.NOTHING or buyer.at + pause > PATIENCE_SECONDS:
            return
        await asyncio.sleep(pause)


async def _ask(buyer: Buyer, session: aiohttp.ClientSession, design: Design, url: str) -> Told:
    """One request; an error of the server is no answer, and neither is silence."""
    buyer.asked += 1
    headers = {"Idempotency-Key": buyer.key} if design.keyed else {}
    try:
        body = {"buyer": buyer.name, "quantity": 1}
        async with session.post(url + design.path, json=body, headers=headers) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        buyer.silences += 1
        return Told.NOTHING
    if answer.status >= 500:
        buyer.errors += 1
        return Told.NOTHING
    return told_by(answer.status, design.again)


def told_by(status: int, again: frozenset[int]) -> Told:
    """What an answer tells a buyer."""
    if status < 300:
        return Told.BOUGHT
    return Told.ALREADY if status in again else Told.REFUSED
