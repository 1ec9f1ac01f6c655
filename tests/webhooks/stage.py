"""A dispatcher on a store, as a worker runs it, with time that a test can move and a receiver that it can bend."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from sellout.domain import MICROSECONDS, AddItem, Command, Outcome, Settle
from sellout.domain.events import Endpoint, EventType
from sellout.http.webhooks import event_body
from sellout.store.clock import host_clock
from sellout.store.port import Store
from sellout.webhooks.delivering import Sends
from sellout.webhooks.dispatcher import Dispatcher, Surroundings
from sellout.webhooks.planning import Plan
from sellout.webhooks.sender import Sender
from tests.store.shop import Shop
from tests.webhooks.receiver import Receiver
from tests.words import an_item

WAIT_SECONDS = 30.0
QUICK = Plan(timeout_seconds=0.5, retry_seconds=0.05, retry_seconds_max=0.1, private_addresses=True)
"""Like the real plan, in a hurry."""


class Stage:
    """A shop with an endpoint, `w`, at a receiver."""

    def __init__(self, shop: Shop, receiver: Receiver, plan: Plan) -> None:
        self.shop = shop
        self.receiver = receiver
        self.plan = plan
        self.ahead = 0
        self.busy = False
        self.outcomes = Counter[str]()
        self.oldest = 0.0
        self.senders = 0
        self.store: Store
        self._stores: list[Store] = []
        self._dispatchers: list[Dispatcher] = []

    def clock(self) -> int:
        return host_clock() + self.ahead

    def go_on(self, seconds: float) -> None:
        self.ahead += round(seconds * MICROSECONDS)

    async def open(self) -> Store:
        """Another store on the same database."""
        self._stores.append(await self.shop.open(self.clock))
        return self._stores[-1]

    async def transact(self, *commands: Command) -> list[Outcome]:
        """Commit a batch, as a worker does, which then pokes its dispatcher."""
        outcomes = await self.store.transact(commands, time.monotonic() + WAIT_SECONDS)
        for dispatcher in self._dispatchers[:1]:
            dispatcher.poke()
        return outcomes

    async def dispatcher(self, plan: Plan | None = None) -> Dispatcher:
        """Another worker's dispatcher, running."""
        store = await self.open()

        async def settle(item_id: str) -> None:
            await store.transact([Settle(item_id)], time.monotonic() + WAIT_SECONDS)

        around = Surroundings(
            settle, lambda: self.busy, event_body, host_clock, lambda outcome: self.outcomes.update([outcome]),
            lambda seconds: setattr(self, "oldest", seconds),
        )  # fmt: skip
        found = Dispatcher(store, around, plan or self.plan, self._make_sender)
        self._dispatchers.append(found)
        found.start()
        return found

    def _make_sender(self) -> Sends:
        self.senders += 1
        return Sender(self.plan.timeout_seconds, private_addresses=self.plan.private_addresses)

    async def add(self, *types: EventType, endpoint_id: str = "w", url: str | None = None) -> None:
        wanted = types or tuple(EventType)
        address = self.receiver.url if url is None else url
        assert await self.store.webhooks.add(endpoint_id, address, wanted, self.receiver.secret, 20)

    async def endpoint(self) -> Endpoint:
        return (await self.store.webhooks.endpoints())[0]

    async def events(self) -> list[str]:
        """The ids of all events, in their order."""
        return [event.id for event in (await self.store.webhooks.latest_events(10_000))[::-1]]

    async def until(self, happened: Callable[[], Any]) -> None:
        """Wait, within a bound, for something."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = happened()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.02)

    async def until_accepted(self, count: int) -> None:
        """Wait until so many different events have been accepted."""
        await self.until(lambda: len(self.receiver.ids()) >= count)

    async def close(self) -> None:
        for dispatcher in self._dispatchers:
            await dispatcher.stop()
        for store in self._stores:
            await store.close()


@contextlib.asynccontextmanager
async def staged(shop: Shop, receiver: Receiver, plan: Plan = QUICK) -> AsyncIterator[Stage]:
    """A stage with the items a and b, and an open store, but no dispatcher yet."""
    stage = Stage(shop, receiver, plan)
    stage.store = await stage.open()
    try:
        await stage.transact(AddItem(an_item("a", capacity=100)), AddItem(an_item("b", capacity=100)))
        yield stage
    finally:
        await stage.close()


def play(
    shop: Shop, receiver: Receiver, script: Callable[[Stage], Coroutine[Any, Any, None]], plan: Plan = QUICK
) -> None:
    """Run a script on a stage."""

    async def run() -> None:
        async with staged(shop, receiver, plan) as stage:
            await script(stage)

    asyncio.run(run())
