"""The task of a worker that delivers webhooks: it looks for work, takes leases, and begins deliveries.

Any number of workers and nodes run one. An endpoint's lease in the database makes one of them deliver for it; when that
one dies, its lease ends, and another goes on where the database says that it was.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import structlog

from sellout.domain import MICROSECONDS
from sellout.domain.events import Endpoint, EventType, Look
from sellout.store.port import Store, StoreError
from sellout.webhooks import planning
from sellout.webhooks.delivering import Clock, Delivery, Means, Pace, Sends, Show
from sellout.webhooks.planning import Plan

log = structlog.get_logger()


class Surroundings(NamedTuple):
    """What the dispatcher needs of the shop that it works in, and who is told what it does.

    `settle` lets everything of an item happen that is due. `is_busy` says whether buyers wait for their answers.
    `delivered` is told of the outcome of each request, `oldest` of the age in seconds of the oldest undelivered event.
    """

    settle: Callable[[str], Awaitable[None]]
    is_busy: Callable[[], bool]
    show: Show
    clock: Clock
    delivered: Callable[[str], None]
    oldest: Callable[[float], None]


class Dispatcher:
    """Delivers what is in the outbox from `start` to `stop`."""

    def __init__(
        self,
        store: Store,
        around: Surroundings,
        plan: Plan,
        make_sender: Callable[[], Sends],
    ) -> None:
        self._store = store
        self._around = around
        self._plan = plan
        self._make_sender = make_sender
        self._holder = uuid.uuid4().hex
        self._leases: dict[str, float] = {}
        self._running: dict[tuple[str, str], asyncio.Task[bool]] = {}
        self._means: Means | None = None
        self._poked = asyncio.Event()
        self._stopping = False
        self._has_endpoints = False
        self._forgot_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="webhooks")

    def poke(self) -> None:
        """Something was committed: look soon."""
        if self._has_endpoints:
            self._poked.set()

    async def stop(self) -> None:
        """End what is under way within `planning.STOP_SECONDS`, and let others go on."""
        self._stopping = True
        self._poked.set()
        ends = time.monotonic() + planning.STOP_SECONDS
        if self._task is not None:
            await _end([self._task], ends)  # first, because it begins the others
        await _end(list(self._running.values()), ends)
        if self._leases:
            with contextlib.suppress(StoreError):
                await self._store.webhooks.release(self._holder)
        if self._means is not None:
            await self._means.sender.close()

    async def _run(self) -> None:
        failing = False
        while not self._stopping:
            began = time.monotonic()
            try:
                wait = await self._round()
                failing = False
            except Exception as error:  # noqa: BLE001 - deliveries go on when the cause has gone
                if not failing:
                    log.warning("webhooks_wait", reason=str(error) or type(error).__name__)
                failing, wait = True, planning.IDLE_SECONDS
            await self._pause(began, wait)

    async def _pause(self, began: float, wait: float) -> None:
        """Until somebody pokes, or `wait` is over; looks keep their distance."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._poked.wait()
        left = planning.ROUND_SECONDS_MIN - (time.monotonic() - began)
        if left > 0 and not self._stopping:
            await asyncio.sleep(left)
        self._poked.clear()

    async def _round(self) -> float:
        """Look for work and begin it; how long until the next look."""
        look = await self._store.webhooks.look(self._holder, planning.ITEMS_LOOKED_AT)
        self._has_endpoints = bool(look.endpoints)
        await self._forget()
        self._around.oldest(planning.oldest_age(look.undelivered.values(), look.now))
        if not look.endpoints:
            return planning.IDLE_SECONDS
        for endpoint in look.endpoints:
            await self._begin(endpoint, look)
        await self._let_happen(look.endpoints)
        return planning.seconds_to_next(look.undelivered.values(), look.now)

    async def _begin(self, endpoint: Endpoint, look: Look) -> None:
        """Begin the deliveries of an endpoint that are due, where its lease is or becomes ours."""
        running = {item_id for endpoint_id, item_id in self._running if endpoint_id == endpoint.id}
        items = planning.due(look.undelivered.get(endpoint.id, ()), running, look.now)
        if (items or running) and await self._has_lease(endpoint.id):
            for item_id in items:
                self._deliver(endpoint.id, item_id)

    async def _has_lease(self, endpoint_id: str) -> bool:
        """Whether the lease is ours for long enough, taking or renewing it where need be."""
        if self._plan.is_ending(self._lease_left(endpoint_id)):
            began, seconds = time.monotonic(), self._plan.lease_seconds
            if not await self._store.webhooks.claim(endpoint_id, self._holder, round(seconds * MICROSECONDS)):
                self._leases.pop(endpoint_id, None)
                return False
            self._leases[endpoint_id] = began + seconds
        return True

    def _lease_left(self, endpoint_id: str) -> float:
        return self._leases.get(endpoint_id, 0.0) - time.monotonic()

    def _deliver(self, endpoint_id: str, item_id: str) -> None:
        """Begin the delivery of an item's events."""
        delivery = Delivery(self._with_means(), endpoint_id, item_id, lambda: self._lease_left(endpoint_id))
        task = asyncio.create_task(delivery.run(), name=f"webhook {endpoint_id} {item_id}")
        self._running[endpoint_id, item_id] = task
        task.add_done_callback(lambda done: self._ended((endpoint_id, item_id), done))

    def _ended(self, which: tuple[str, str], task: asyncio.Task[bool]) -> None:
        """Look for more where something was done; what breaks waits for the next look."""
        del self._running[which]
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.warning("webhook_delivery_broken", endpoint=which[0], item=which[1], reason=str(error) or repr(error))
        elif task.result():
            self._poked.set()

    def _with_means(self) -> Means:
        """The sender is made when there is something to send: a shop without endpoints does not carry it."""
        if self._means is None:
            around = self._around
            self._means = Means(
                self._store.webhooks, self._make_sender(), around.show, self._plan, self._holder, around.clock,
                Pace(around.is_busy), around.delivered, lambda: self._stopping,
            )  # fmt: skip
        return self._means

    async def _let_happen(self, endpoints: list[Endpoint]) -> None:
        """Let what is due happen where somebody wants to be told of it: holds end and offers are made by decisions."""
        items = set[str]()
        if planning.wants(endpoints, EventType.HOLD_EXPIRED, EventType.WAITLIST_OFFERED):
            items.update(await self._store.webhooks.items_with_due_holds(planning.DUE_ITEMS_MAX))
        if planning.wants(endpoints, EventType.WAITLIST_OFFERED):
            items.update((await self._store.items()).unsettled)
        for item_id in sorted(items)[: planning.DUE_ITEMS_MAX]:
            await self._around.settle(item_id)

    async def _forget(self) -> None:
        """Remove old events, some at a time."""
        if time.monotonic() - self._forgot_at < planning.FORGET_SECONDS:
            return
        before = self._around.clock() - round(self._plan.keep_days * planning.DAY)
        oldest = await self._store.webhooks.oldest_event_at()
        is_old = oldest is not None and oldest < before
        if is_old and await self._store.webhooks.forget(before, planning.FORGET_EVENTS_MAX):
            return  # there may be more, for the next look
        self._forgot_at = time.monotonic()


async def _end(tasks: Sequence[asyncio.Task[Any]], ends: float) -> None:
    """Let tasks end by themselves until `ends`, and cancel those that do not."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=max(0.0, ends - time.monotonic()))
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
