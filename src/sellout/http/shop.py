"""A running shop: its store, its committer and what they were set up with. Opened and closed once a process."""

import gc
import sys
import time
from typing import Annotated

from fastapi import Depends, Request

from sellout.bootstrap import open_store, prepare
from sellout.committer import Committer, Limits
from sellout.http.requests import OrderReader
from sellout.naming import slug
from sellout.settings import Settings
from sellout.store.clock import Clock
from sellout.store.port import Store
from sellout.telemetry import Metrics

GC_THRESHOLD = 50_000
"""New container objects between two looks of the garbage collector."""


class Shop:
    """What the routes work with. `store` and `committer` are there from `open` to `close`."""

    store: Store
    committer: Committer

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock
        self.default_item_id = slug(settings.item)
        self.orders = OrderReader(settings.buyer_length_max)
        self.metrics = Metrics()

    async def open(self) -> None:
        """Open the database and begin to commit. Raises StoreUnusable."""
        settings = self.settings
        self.store = await open_store(settings, clock=self._clock)
        prepared = await prepare(self.store, settings, time.monotonic() + settings.lock_wait_seconds)
        if prepared.new_key is not None:
            announce_key(prepared.new_key)
        limits = Limits(settings.batch_size_max, settings.queue_length_max, settings.unavailable_after_seconds)
        self.committer = Committer(self.store, limits, self.metrics.observe_batch)
        self.committer.start()
        self.metrics.watch_queue(lambda: self.committer.queue_length)

        _spare_the_garbage_collector()

    async def close(self) -> None:
        """Commit and answer what was accepted, then let go of the database."""
        await self.committer.stop()
        await self.store.close()


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom: a thousand requests in flight are tens of thousands of young, living objects.

    With Python's own threshold of 700 the collector took a seventh of the processor in a rush. What is there
    after the start stays for good, so it is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def announce_key(key: str) -> None:
    """Show a new organiser key to whoever started the program. It is not kept, so this is the only time."""
    sys.stderr.write(f"Organiser key (shown only this once, keep it): {key}\n")
    sys.stderr.flush()


def shop_of(request: Request) -> Shop:
    """The shop that a request came to."""
    shop: Shop = request.app.state.shop
    return shop


OpenShop = Annotated[Shop, Depends(shop_of)]
