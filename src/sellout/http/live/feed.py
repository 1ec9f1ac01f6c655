"""A feed: what is read once, in rounds, is told to everybody who watches. It is blind to what it tells.

It reads only while somebody watches. A round tells each watch what has changed; of one subject a watch keeps only the
latest, so that a slow client costs a bounded amount of memory, and gets what is true when it is ready for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Self

import structlog

from sellout.committer import Busy
from sellout.store.port import StoreError

log = structlog.get_logger()

Read = Callable[[], Awaitable[Mapping[str, bytes]]]
"""What there is to tell: an event for each subject. Raises Busy and StoreUnavailable."""

WOKEN_AT_ONCE = 64
"""Watches that are told between two turns of the event loop, so that no buyer waits for all of them."""

SHARE_MAX = 0.1
"""The part of the process's time that rounds may take: where very many watch, rounds become rarer."""

PAUSE_SECONDS_MAX = 2.0
"""Between two rounds, however many watch."""

_ALIVE = ""
"""No subject's name: what keeps a connection alive stands under it."""


class TooManyWatches(Exception):
    """As many watch as may."""


class Pace(NamedTuple):
    """How often a feed tells something, and to how many."""

    interval_seconds: float = 0.25
    keep_alive_seconds: float = 15.0
    watches_max: int = 4000


class Watch:
    """One who watches. Iterating gives what was told since the last time, until the feed or the watch is closed."""

    __slots__ = ("_closed", "_pending", "_waiter", "subject", "told_at")

    def __init__(self, subject: str | None) -> None:
        self.subject = subject
        self.told_at = time.monotonic()
        self._pending: dict[str, bytes] = {}
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def tell(self, subject: str, event: bytes) -> None:
        """Keep an event until it can be sent, in place of an older one of its subject."""
        self._pending[subject] = event
        self._wake()

    def close(self) -> None:
        """Let what is pending be the last."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._pending:
            if self._closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        told = b"".join(self._pending.values())
        self._pending.clear()
        self.told_at = time.monotonic()
        return told


class Feed:
    """Tells what `read` gives, where it has changed; and `keep_alive` to those who were told nothing for long."""

    def __init__(self, read: Read, keep_alive: Callable[[], bytes], pace: Pace) -> None:
        self._read = read
        self._keep_alive = keep_alive
        self._pace = pace
        self._watches: set[Watch] = set()
        self._latest: Mapping[str, bytes] = {}
        self._reader: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._closed = False

    async def watch(self, subject: str | None = None) -> Watch | None:
        """A new watch of one subject or of all, told at once what there is; None where there is no such subject.

        Who has it must `leave`. Raises TooManyWatches, Busy and StoreUnavailable.
        """
        self._check_room()
        if not self._knows(subject):
            async with self._one_at_a_time:
                if not self._knows(subject):  # many may come at once, and one reading is enough for all
                    await self._look()
            self._check_room()  # others have come in the meantime, or the feed was closed
        if subject is not None and subject not in self._latest:
            return None
        watch = Watch(subject)
        for name, event in self._latest.items():
            if subject in (None, name):
                watch.tell(name, event)
        self._watches.add(watch)
        if self._reader is None:
            self._reader = asyncio.create_task(self._run(), name="feed")
        return watch

    def leave(self, watch: Watch) -> None:
        """It is watched no longer."""
        self._watches.discard(watch)

    def close(self) -> None:
        """End all watches, and take no more."""
        self._closed = True
        for watch in self._watches:
            watch.close()
        if self._reader is not None:
            self._reader.cancel()

    def _check_room(self) -> None:
        """Raises TooManyWatches."""
        if self._closed or len(self._watches) >= self._pace.watches_max:
            raise TooManyWatches

    def _knows(self, subject: str | None) -> bool:
        """Whether the last reading is of now, and shows the subject."""
        return self._reader is not None and (subject is None or subject in self._latest)

    async def _run(self) -> None:
        """Rounds, for as long as somebody watches."""
        answers = True
        while self._watches:
            started = time.monotonic()
            try:
                async with self._one_at_a_time:
                    await self._look()
                answers = True
            except (Busy, StoreError) as error:
                if answers:  # said once, not four times a second
                    log.warning("feed_unavailable", reason=str(error))
                answers = False
            except Exception:  # those who watch have nobody else to tell them of a defect
                log.exception("feed_failed")
            await self._keep_all_alive()
            took = time.monotonic() - started
            await asyncio.sleep(min(PAUSE_SECONDS_MAX, max(self._pace.interval_seconds, took * (1 / SHARE_MAX - 1))))
        self._reader, self._latest = None, {}

    async def _look(self) -> None:
        """Read, and tell what has changed."""
        latest = await self._read()
        changed = [(name, event) for name, event in latest.items() if self._latest.get(name) != event]
        self._latest = latest
        if changed:
            await self._tell(changed)

    async def _tell(self, changed: list[tuple[str, bytes]]) -> None:
        events = dict(changed)
        for place, watch in enumerate(tuple(self._watches), start=1):
            for name in events if watch.subject is None else (watch.subject,):
                if name in events:
                    watch.tell(name, events[name])
            if place % WOKEN_AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)  # what they send now is part of the round

    async def _keep_all_alive(self) -> None:
        silent_since = time.monotonic() - self._pace.keep_alive_seconds
        silent = [watch for watch in self._watches if watch.told_at < silent_since]
        event = self._keep_alive() if silent else b""
        for place, watch in enumerate(silent, start=1):
            watch.tell(_ALIVE, event)
            if place % WOKEN_AT_ONCE == 0:
                await asyncio.sleep(0)
