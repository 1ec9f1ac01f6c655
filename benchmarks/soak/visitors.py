"""Those who come all the while, at a bounded rate: who buy, pay back, watch, look at pages, export and audit.

May touch: the network. What an answer must be is said with each errand; anything else is written down as wrong.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from typing import Any
from uuid import UUID

import aiohttp

from benchmarks.subjects import ORGANISER_KEY

ITEM = "soak"
PATH = f"/v1/items/{ITEM}"
ORGANISER = {"Authorization": f"Bearer {ORGANISER_KEY}"}
CAPACITY = 1_000_000_000

FILLING_AT_ONCE = 64
IN_FLIGHT_MAX = 64  # purchases that wait for their answer at once; then the next one is left out
REFUNDED_SHARE = 0.1
REPEATED_SHARE = 0.05
PAGES_SECONDS = 1.0  # between two rounds of each errand
EXPORTS_SECONDS = 15.0
AUDITS_SECONDS = 20.0
STREAMS = 20
STREAM_SECONDS = (5.0, 25.0)  # how long somebody watches
CHUNK_BYTES = 65_536
ANSWER_SECONDS_MAX = 60.0
WRONG_MAX = 20  # wrong answers that are kept word by word; all are counted

PAGES = ("/", f"/items/{ITEM}", "/v1/items", PATH, "/livez", "/metrics", "/docs", "/openapi.json")
EXPORTS = (f"{PATH}/purchases/export", f"{PATH}/movements/export", f"{PATH}/purchases?limit=100")


class Diary:
    """What the visitors were answered, and how long the buyers among them waited since the last look."""

    def __init__(self) -> None:
        self.answers: dict[str, Counter[str]] = {}
        self.wrong: list[str] = []
        self.events = 0
        self._waited: list[float] = []

    def note(self, errand: str, status: int | None, wanted: frozenset[int], why: str = "") -> None:
        """An answer, or none."""
        self.answers.setdefault(errand, Counter())[str(status or "no answer")] += 1
        if status not in wanted and len(self.wrong) < WRONG_MAX:
            self.wrong.append(f"{errand} was answered {status or 'not at all'} {why}".rstrip())

    def waited(self, seconds: float) -> None:
        self._waited.append(seconds)

    def latencies(self) -> tuple[float | None, float | None]:
        """The median and the 99th percentile since they were last asked for, in milliseconds."""
        waited, self._waited = sorted(self._waited), []
        return _percentile(waited, 0.5), _percentile(waited, 0.99)


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


class Visitors:
    """All of them, on one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, chance: Random, diary: Diary) -> None:
        self._session, self._url, self._chance, self.diary = session, url, chance, diary
        self._buying = set[asyncio.Task[None]]()
        self._over = asyncio.Event()

    async def open_shop(self) -> None:
        """Put the item on sale that all of them come for."""
        wanted = {"id": ITEM, "name": "Soak", "capacity": CAPACITY}
        await self._ask("adding the item", "POST", "/v1/items", {201}, json=wanted, headers=ORGANISER)

    async def fill(self, count: int) -> None:
        """Sell so much as fast as may be, so that caches are full before anything is judged."""
        left = iter(range(count))

        async def buyer() -> None:
            for _ in left:
                await self._ask("buying, to fill", "POST", f"{PATH}/purchases", {201}, **self._order())

        await asyncio.gather(*(buyer() for _ in range(FILLING_AT_ONCE)))

    def close(self) -> None:
        """Nobody comes any more; who is in the shop finishes."""
        self._over.set()

    def errands(self, rate: float) -> list[Coroutine[Any, Any, None]]:
        """Everything that goes on until the shop closes."""
        return [
            self._keep_buying(rate),
            self._every(PAGES_SECONDS, self._look_at_pages),
            self._every(EXPORTS_SECONDS, self._export),
            self._every(AUDITS_SECONDS, self._audit),
            *(self._keep_watching(number) for number in range(STREAMS)),
        ]

    async def _pause(self, seconds: float) -> bool:
        """Wait, unless the shop closes; whether it is still open."""
        try:
            await asyncio.wait_for(self._over.wait(), max(0.0, seconds))
        except TimeoutError:
            return True
        return False

    async def _every(self, seconds: float, errand: Callable[[], Awaitable[None]]) -> None:
        while await self._pause(seconds):
            await errand()

    async def _keep_buying(self, rate: float) -> None:
        """One after the other in even steps; what has not been answered does not hold up the next."""
        due = time.monotonic()
        while await self._pause(due - time.monotonic()):
            due = max(due + 1 / rate, time.monotonic() - 1.0)
            if len(self._buying) < IN_FLIGHT_MAX:
                task = asyncio.create_task(self._buy())
                self._buying.add(task)
                task.add_done_callback(self._buying.discard)
        await asyncio.gather(*self._buying)

    async def _buy(self) -> None:
        """Buy; some ask again with the same key, and some are paid back."""
        order = self._order()
        started = time.monotonic()
        bought = await self._ask("buying", "POST", f"{PATH}/purchases", {201}, **order)
        self.diary.waited(time.monotonic() - started)
        if bought is None:
            return
        fate = self._chance.random()
        if fate < REPEATED_SHARE:
            again = await self._ask("buying again", "POST", f"{PATH}/purchases", {201}, **order)
            if again is not None and again["purchase_id"] != bought["purchase_id"]:
                self.diary.note("buying again", None, frozenset(), "with the first purchase")
        elif fate < REPEATED_SHARE + REFUNDED_SHARE:
            path = f"/v1/purchases/{bought['purchase_id']}/refund"
            await self._ask("refunding", "POST", path, {200}, headers=ORGANISER)

    def _order(self) -> dict[str, Any]:
        """What is sent by one who buys, under a key of its own."""
        key = str(UUID(int=self._chance.getrandbits(128)))
        body = {"buyer": f"visitor-{key[:8]}", "quantity": 1}
        return {"json": body, "headers": {"Idempotency-Key": key}}

    async def _look_at_pages(self) -> None:
        for path in PAGES:
            await self._ask(f"GET {path}", "GET", path, {200})

    async def _export(self) -> None:
        for path in EXPORTS:
            accept = self._chance.choice(("text/csv", "application/json"))
            await self._ask(f"GET {path}", "GET", path, {200}, headers={**ORGANISER, "Accept": accept})

    async def _audit(self) -> None:
        books = await self._ask("GET the audit", "GET", f"{PATH}/audit", {200}, headers=ORGANISER)
        if books is not None and books.get("consistent") is not True:
            self.diary.note("GET the audit", None, frozenset(), "that it is consistent")

    async def _keep_watching(self, number: int) -> None:
        """One item, or all for the first of them; for a while, and then anew."""
        path = "/v1/stream" if number == 0 else f"{PATH}/stream"
        while not self._over.is_set():
            until = time.monotonic() + self._chance.uniform(*STREAM_SECONDS)
            try:
                async with self._session.get(self._url + path) as stream:
                    self.diary.note(f"GET {path}", stream.status, frozenset({200}))
                    await self._listen(stream, until)
            except (aiohttp.ClientError, TimeoutError) as error:
                self.diary.note(f"GET {path}", None, frozenset(), str(error))
                await self._pause(1.0)

    async def _listen(self, stream: aiohttp.ClientResponse, until: float) -> None:
        while time.monotonic() < until and not self._over.is_set():
            try:
                heard = await asyncio.wait_for(stream.content.read(CHUNK_BYTES), 1.0)
            except TimeoutError:
                continue
            if not heard:
                raise aiohttp.ClientPayloadError("the stream ended")
            self.diary.events += heard.count(b"event: item\n")

    async def _ask(
        self, errand: str, method: str, path: str, wanted: set[int], **options: Any
    ) -> dict[str, Any] | None:
        """Ask once; the answer's JSON, if that is what it is and the status is as wanted."""
        try:
            async with self._session.request(method, self._url + path, **options) as answer:
                said = await answer.read()
                found = await answer.json() if answer.content_type == "application/json" else {}
        except (aiohttp.ClientError, TimeoutError) as error:
            self.diary.note(errand, None, frozenset(wanted), str(error))
            return None
        self.diary.note(errand, answer.status, frozenset(wanted), said[:200].decode(errors="replace"))
        return found if answer.status in wanted and isinstance(found, dict) else None
