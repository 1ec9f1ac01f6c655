"""An item as the desk shows it: its counters, its last seconds, its refusals, and what was sold over time."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from sellout.domain import Instant, Item, SalesPoint, Snapshot, State
from sellout.http.desk.chart import sales_chart, shows_capacity, sparkline
from sellout.http.desk.history import Histories
from sellout.http.desk.samples import Latencies, Sample, Samples, Window
from sellout.http.desk.words import refusal_words
from sellout.http.shop import Shop

MOVING = (State.ON_SALE, State.ALL_HELD)
"""While the sale is in one of these, its chart goes on with the time."""


class ItemReading(NamedTuple):
    """An item and all that its page shows of it. What is of `latencies` and `refusals` is of this machine only."""

    item: Item
    now: Instant
    a_second: float | None
    latencies: Latencies
    refusals: Sequence[tuple[str, int]]
    points: Sequence[SalesPoint]

    @property
    def state(self) -> State:
        return self.item.state(self.now)

    @property
    def chart(self) -> Markup:
        """The large chart."""
        return sales_chart(self.points, self.item.capacity, self._live_at)

    @property
    def shows_capacity(self) -> bool:
        """Whether the large chart has the line of the capacity."""
        return shows_capacity(self.points, self.item.capacity)

    @property
    def sparkline(self) -> Markup:
        """The small chart."""
        return sparkline(self.points, self.item.capacity, self._live_at)

    @property
    def _live_at(self) -> Instant | None:
        return self.now if self.state in MOVING else None


class Reader:
    """Reads items for the desk. What is dear is read seldom, and once for all who look."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._samples = Samples(self._sample)
        self._histories = Histories(self._history)
        self._bought: dict[str, int] = defaultdict(int)
        self._seen: int | None = None

    async def read(self, snapshot: Snapshot) -> list[ItemReading]:
        """The items of a snapshot. Raises StoreUnavailable."""
        window = await self._samples.window()
        return [await self._item(item, snapshot.now, window) for item in snapshot.items]

    async def _item(self, item: Item, now: Instant, window: Window) -> ItemReading:
        refusals = [(refusal_words(reason), count) for reason, count in window.refusals(item.id)]
        points = await self._histories.of(item, now)
        return ItemReading(item, now, window.a_second(item.id), window.latencies(item.id), refusals, points)

    async def _history(self, item_id: str, points_max: int) -> Sequence[SalesPoint]:
        return await self._shop.store.sales_history(item_id, points_max)

    async def _sample(self) -> Sample:
        figures = await asyncio.to_thread(self._shop.metrics.figures)  # it reads a file of each worker
        await self._count_purchases()
        return Sample(time.monotonic(), figures, dict(self._bought))

    async def _count_purchases(self) -> None:
        """Count what was bought since the last look, on whatever machine: it is the database that knows."""
        since = await self._shop.store.purchases_since(self._seen)
        if self._seen is not None:
            for item_id, new in since.items.items():
                self._bought[item_id] += new.purchases
        self._seen = since.last
