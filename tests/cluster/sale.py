"""A paced sale: buyers who come one after the other and retry by key, people who only look, and what all were told.

Buyers come at a bounded rate until the fault is over, so the sale spans it, and then the rest comes at once. Whoever
gets no answer, or 503, asks again with the same key at the other shop, until there is a definite answer.
"""

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.buyers import DEFINITE

STOCK = 4500
BUYERS = STOCK + 300
BUYERS_PER_SECOND = 50.0

AT_ONCE = 64
"""Of those who come when the fault is over."""

LOOK_EVERY_SECONDS = 0.25

ASK_SECONDS_MAX = 30.0
"""After which a client stops waiting. Nothing should take so long."""

SETTLE_SECONDS_MAX = 40.0
"""For all who are left when the fault is over."""

UNAVAILABLE = 503
NO_ANSWER = 0
TOO_LATE = -1


@dataclass(frozen=True)
class Answer:
    """What one request got: its status, or NO_ANSWER where the connection was lost; seconds are `time.monotonic`."""

    url: str
    sent: float
    came: float
    status: int
    retry_after: str | None

    @property
    def seconds(self) -> float:
        return self.came - self.sent


@dataclass
class Sale:
    """All that was asked and told."""

    urls: list[str]
    bought: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    asked: list[Answer] = field(default_factory=list)
    looked: list[Answer] = field(default_factory=list)

    def acknowledged(self, since: float = 0.0, url: str = "") -> list[Answer]:
        """Purchases that were asked for after an instant, in the order of their answers."""
        return [each for each in list(self.asked) if each.status == 201 and each.sent > since and url in each.url]

    def sells_again(self, seconds: float, url: str = "", count: int = 50) -> float:
        """Wait until so many more have bought what they ask for from now on; when the first of them was told."""
        since = time.monotonic()
        while len(told := self.acknowledged(since, url)) < count:
            assert time.monotonic() < since + seconds, f"it does not sell again within {seconds:.0f} seconds"
            time.sleep(0.05)
        return told[0].came

    def silence(self, since: float) -> tuple[float, float]:
        """The longest time without a purchase after an instant: its length, and when it ended after that instant."""
        came = [since, *(each.came for each in list(self.asked) if each.status == 201 and each.came > since)]
        gaps = [(after - before, after - since) for before, after in itertools.pairwise(came)]
        return max(gaps, default=(0.0, 0.0))

    async def run(self, fault: Callable[[], None]) -> None:
        """Sell everything while `fault` goes on in a thread of its own."""
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS_MAX)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
            over = _in_thread(fault)
            lookers = [asyncio.create_task(self._look(session, url, path)) for url in self.urls for path in _PAGES]
            try:
                await self._sell(session, over)
            finally:
                for looker in lookers:
                    looker.cancel()
                await asyncio.gather(*lookers, return_exceptions=True)

    async def _sell(self, session: aiohttp.ClientSession, over: "asyncio.Future[None]") -> None:
        numbers = iter(range(BUYERS))
        buyers = []
        async with asyncio.TaskGroup() as tasks:
            while not over.done():
                number = next(numbers, None)
                assert number is not None, "the sale was over before the fault was: it shows nothing"
                buyers.append(tasks.create_task(self._buy(session, number)))
                await asyncio.sleep(1 / BUYERS_PER_SECOND)
            await over  # where the fault's own checks failed, this says so
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                await _some_at_once((self._buy(session, number) for number in numbers), AT_ONCE)
                await asyncio.gather(*buyers)

    async def _buy(self, session: aiohttp.ClientSession, number: int) -> None:
        key = f"key-{number}"
        for url in itertools.islice(itertools.cycle(self.urls), number % len(self.urls), None):
            status, retry_after, body = await self._ask(session, url, key)
            if status == 201:
                self.bought[key] = body["purchase_id"]
            elif status in DEFINITE:
                self.refused.add(key)
            else:
                await asyncio.sleep(float(retry_after or 0.3))
                continue
            return

    async def _ask(self, session: aiohttp.ClientSession, url: str, key: str) -> tuple[int, str | None, Any]:
        order, headers = {"buyer": f"buyer of {key}"}, {"Idempotency-Key": key}
        sent = time.monotonic()
        request = session.post(f"{url}/v1/items/item-a/purchases", json=order, headers=headers)
        status, retry_after, body = await _answer_to(request)
        self.asked.append(Answer(url, sent, time.monotonic(), status, retry_after))
        return status, retry_after, body

    async def _look(self, session: aiohttp.ClientSession, url: str, path: str) -> None:
        while True:
            sent = time.monotonic()
            status, retry_after, _ = await _answer_to(session.get(f"{url}{path}"))
            self.looked.append(Answer(f"{url}{path}", sent, time.monotonic(), status, retry_after))
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def _in_thread(work: Callable[[], None]) -> "asyncio.Future[None]":
    """Do it in a thread that nobody waits for where the tests are interrupted."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 - it is raised where the sale waits for it
            error = problem
        with contextlib.suppress(RuntimeError):  # the sale was interrupted
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, daemon=True).start()
    return done


_PAGES = ("/v1/items/item-a", "/v1/items", "/v1/items/item-a", "/readyz", "/readyz", "/v1/items")
"""What people look at all the time, more of them at once than a shop has connections to read with."""


async def _answer_to(request: Any) -> tuple[int, str | None, Any]:
    """Status, Retry-After and body."""
    try:
        async with request as answer:
            return answer.status, answer.headers.get("Retry-After"), await answer.json(content_type=None)
    except TimeoutError:
        return TOO_LATE, None, None
    except (aiohttp.ClientError, ConnectionError):
        return NO_ANSWER, None, None


async def _some_at_once(work: Any, at_once: int) -> None:
    """Do all of it, so many at a time."""

    async def worker() -> None:
        for each in work:
            one: Coroutine[Any, Any, None] = each
            await one

    with contextlib.closing(work):
        await asyncio.gather(*(worker() for _ in range(at_once)))
