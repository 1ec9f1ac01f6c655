"""Figures of the last seconds: a few samples of what only ever grows, and what came between two of them."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sellout.figures import Figures, difference, quantile, refusals

WINDOW_SECONDS = 10.0
"""What "lately" means."""

INTERVAL_SECONDS = 0.5
"""Two samples are at least so far apart."""

GAP_SECONDS_MAX = 60.0
"""A sample that is older says nothing of now: nobody has watched since."""


class Latencies(NamedTuple):
    """Half of all answers, and 99 of 100, came within so many seconds; lately, or since the start."""

    p50: float | None
    p99: float | None
    lately: bool


class Sample(NamedTuple):
    """What there was at a moment of the process's clock: figures, and how many purchases, by item."""

    at: float
    figures: Mapping[str, Figures]
    bought: Mapping[str, int]


class Window(NamedTuple):
    """The latest sample, and an earlier one to compare it with."""

    latest: Sample
    earlier: Sample | None

    def a_second(self, item_id: str) -> float | None:
        """Purchases a second; None where there is nothing to compare with."""
        if self.earlier is None:
            return None
        came = self.latest.bought.get(item_id, 0) - self.earlier.bought.get(item_id, 0)
        return max(0, came) / (self.latest.at - self.earlier.at)

    def latencies(self, item_id: str) -> Latencies:
        """How long answers took: lately, or since the start where there were none lately."""
        latest = self.latest.figures.get(item_id, Figures())
        if self.earlier is not None:
            came = difference(latest, self.earlier.figures.get(item_id, Figures())).buckets
            if (p50 := quantile(came, 0.5)) is not None:
                return Latencies(p50, quantile(came, 0.99), lately=True)
        return Latencies(quantile(latest.buckets, 0.5), quantile(latest.buckets, 0.99), lately=False)

    def refusals(self, item_id: str) -> list[tuple[str, int]]:
        """Refusals since the start by reason, the most frequent first."""
        counts = refusals(self.latest.figures.get(item_id, Figures()).outcomes)
        return sorted(((reason, count) for reason, count in counts.items() if count), key=lambda pair: (-pair[1], pair))


class Samples:
    """The samples of the last seconds. They are taken when somebody looks, and not more often than they help."""

    def __init__(self, take: Callable[[], Awaitable[Sample]], clock: Callable[[], float] = time.monotonic) -> None:
        self._take = take
        self._clock = clock
        self._kept: deque[Sample] = deque()
        self._one_at_a_time = asyncio.Lock()

    async def window(self) -> Window:
        """How it is now, beside how it was. Raises what `take` raises."""
        async with self._one_at_a_time:
            if not self._kept or self._clock() - self._kept[-1].at >= INTERVAL_SECONDS:
                self._kept.append(await self._take())
                self._forget()
        return Window(self._kept[-1], self._kept[0] if len(self._kept) > 1 else None)

    def _forget(self) -> None:
        """Keep what is of the window, and one sample before it, unless that is too old."""
        now = self._kept[-1].at
        while len(self._kept) > 2 and self._kept[1].at <= now - WINDOW_SECONDS:
            self._kept.popleft()
        if now - self._kept[0].at > GAP_SECONDS_MAX:
            self._kept.popleft()
