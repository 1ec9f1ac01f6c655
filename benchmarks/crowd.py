"""A thousand buyers for a hundred units, timed with one asyncio client that treats every server alike."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

import aiohttp

from benchmarks.measure import fresh_folder
from benchmarks.server import Server
from benchmarks.subjects import BUY, CEILING, add_item
from benchmarks.verify import NotVerifiedError

BUYERS = 1000
UNITS = 100


@dataclass(frozen=True)
class Crowd:
    """The median wall times, in seconds, and the ratio of each round's pair, whose median is the figure."""

    sellout: float
    no_op: float
    ratio: float


async def storm(url: str, path: str) -> tuple[float, Counter[int]]:
    """Open a connection for each buyer, then let all ask at once; the wall time and the statuses."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(_session()) for _ in range(BUYERS)]
        await asyncio.gather(*(_status(session.get(url + "/readyz")) for session in sessions))
        gc.collect()
        start = time.perf_counter()
        statuses = await asyncio.gather(*(_buy(session, url + path) for session in sessions))
        return time.perf_counter() - start, Counter(statuses)


def _session() -> aiohttp.ClientSession:
    """A session that holds exactly one connection, so that none is opened while the clock runs."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=aiohttp.ClientTimeout(total=60))


async def _buy(session: aiohttp.ClientSession, url: str) -> int:
    key = str(uuid4())
    body = {"buyer": key, "quantity": 1}
    return await _status(session.post(url, json=body, headers={"Idempotency-Key": key}))


async def _status(asking: "aiohttp.client._RequestContextManager") -> int:
    async with asking as answer:
        await answer.read()
        return answer.status


def compare(base: Path, rounds: int) -> Crowd:
    """Alternate between a no-op and Sellout, each on its own server, and verify every storm."""
    pairs = []
    with (
        fresh_folder(base) as one,
        fresh_folder(base) as two,
        CEILING.serving(one) as no_op,
        BUY.serving(two) as sellout,
    ):
        for number in range(rounds + 1):
            pair = (_storm_no_op(no_op), _storm_sellout(sellout, f"crowd-{number}"))
            if number:  # the first pair warms all three processes up
                pairs.append(pair)
    return crowd(pairs)


def crowd(pairs: Sequence[tuple[float, float]]) -> Crowd:
    """The medians of pairs of (no-op, Sellout) wall times."""
    return Crowd(
        sellout=median(sellout for _, sellout in pairs),
        no_op=median(no_op for no_op, _ in pairs),
        ratio=median(sellout / no_op for no_op, sellout in pairs),
    )


def _storm_no_op(server: Server) -> float:
    seconds, statuses = asyncio.run(storm(server.url, BUY.path))
    check(statuses, {200: BUYERS})
    return seconds


def _storm_sellout(server: Server, item: str) -> float:
    add_item(server, item, UNITS)
    seconds, statuses = asyncio.run(storm(server.url, f"/v1/items/{item}/purchases"))
    check(statuses, {201: UNITS, 410: BUYERS - UNITS})
    return seconds


def check(statuses: Counter[int], wanted: dict[int, int]) -> None:
    """Raise NotVerifiedError unless exactly the wanted answers came."""
    if dict(statuses) != wanted:
        raise NotVerifiedError(f"{BUYERS} buyers for {UNITS} units: expected {wanted}, got {dict(statuses)}")
