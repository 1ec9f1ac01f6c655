"""Units sold over time: read from the ledger now and then, and in between from what was seen.

The ledger of a large sale has millions of rows, so an open desk does not read it every second.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from sellout.domain import Instant, Item, SalesPoint

POINTS_MAX = 150

FRESH_SECONDS = 5.0
"""A history is read again after so long at the earliest, and only if something was sold or refunded since."""

SHARE_MAX = 0.05
"""The part of the time that reading one history may take: where it takes long, it is read more seldom."""

Read = Callable[[str, int], Awaitable[Sequence[SalesPoint]]]


class _Kept(NamedTuple):
    points: list[SalesPoint]
    sold: int
    due_at: float


class Histories:
    """The history of each item that somebody looks at."""

    def __init__(self, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def of(self, item: Item, now: Instant) -> Sequence[SalesPoint]:
        """The history of an item that stands like this at `now`. Raises StoreUnavailable."""
        kept = self._kept.get(item.id)
        if kept is None or (kept.sold != item.sold and self._clock() >= kept.due_at):
            kept = self._kept[item.id] = await self._fresh(item)
        last = kept.points[-1] if kept.points else SalesPoint(0, 0)
        if item.sold != last.sold and now > last.at:
            kept.points.append(SalesPoint(now, item.sold))
        return kept.points

    async def _fresh(self, item: Item) -> _Kept:
        started = self._clock()
        points = list(await self._read(item.id, POINTS_MAX))
        ended = self._clock()
        return _Kept(points, item.sold, ended + max(FRESH_SECONDS, (ended - started) / SHARE_MAX))
