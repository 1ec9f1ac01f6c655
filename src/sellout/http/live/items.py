"""The live items: what the feed tells of them is what GET /v1/items/{id} shows, whenever that changes."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from sellout.domain import MICROSECONDS, Instant, Snapshot
from sellout.http.live.events import comment, event, retry
from sellout.http.live.feed import Feed, Pace
from sellout.http.times import rfc3339
from sellout.http.views import item_view

RETRY_MILLISECONDS = (1000, 2000)
"""Between these a client waits before it connects again: not all at once, where a server has gone."""


class LiveItems:
    """All items, told to whoever watches one or all of them; and what time it is for the store."""

    def __init__(self, read: Callable[[], Awaitable[Snapshot]], pace: Pace) -> None:
        self._read = read
        self._now: Instant = 0
        self._at = 0.0
        self.feed = Feed(self._events, self._keep_alive, pace)

    def first_words(self) -> bytes:
        """What a stream begins with."""
        return retry(random.randint(*RETRY_MILLISECONDS)) + self._clock()  # noqa: S311 - it keeps no secret

    async def _events(self) -> Mapping[str, bytes]:
        snapshot = await self._read()
        self._now, self._at = snapshot.now, time.monotonic()
        return {item.id: event("item", _json(item_view(item, snapshot.now))) for item in snapshot.items}

    def _keep_alive(self) -> bytes:
        return comment("keep-alive") + self._clock()

    def _clock(self) -> bytes:
        """The store's clock, for countdowns: a client's own may be wrong."""
        now = self._now + round((time.monotonic() - self._at) * MICROSECONDS)
        return event("clock", _json({"now": rfc3339(now)}))


def _json(view: object) -> str:
    return msgspec.json.encode(view).decode()
