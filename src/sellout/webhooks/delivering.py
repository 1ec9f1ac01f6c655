"""The events of one item for one endpoint: one after the other, the next only after a 2xx."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from sellout.domain import Instant
from sellout.domain.events import Endpoint, Event
from sellout.store.webhooks import Told, Webhooks
from sellout.webhooks.answers import DELIVERED, GONE, Answer
from sellout.webhooks.planning import (
    BUSY_PAUSE_SECONDS,
    EVENTS_AT_ONCE,
    RUN_SECONDS,
    Plan,
    is_given_up,
    retry_wait,
)
from sellout.webhooks.signing import signed_headers

log = structlog.get_logger()


class Sends(Protocol):
    """Sends signed messages: a `sender.Sender`."""

    async def send(self, url: str, headers: dict[str, str], body: str) -> Answer: ...

    async def close(self) -> None: ...


Show = Callable[[Event], str]
"""The body of an event's message."""

Clock = Callable[[], Instant]


async def send_event(sender: Sends, show: Show, endpoint: Endpoint, event: Event, now: Instant) -> Answer:
    """One try."""
    body = show(event)
    return await sender.send(endpoint.url, signed_headers(event.id, body, endpoint.secrets_at(now), now), body)


class Pace:
    """Lets requests through: as they come, or, while buyers wait, at a distance from each other."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        if not self._is_busy():
            return
        now = time.monotonic()
        self._next = max(now, self._next) + BUSY_PAUSE_SECONDS
        await asyncio.sleep(self._next - now)


class Means(NamedTuple):
    """What a delivery works with; `holder` has the leases, `observe` is told of each outcome."""

    store: Webhooks
    sender: Sends
    show: Show
    plan: Plan
    holder: str
    clock: Clock
    pace: Pace
    observe: Callable[[str], None]
    is_stopping: Callable[[], bool]


class Delivery:
    """A run of events of one item. `lease_left` says for how many seconds the endpoint's lease is still ours."""

    def __init__(self, means: Means, endpoint_id: str, item_id: str, lease_left: Callable[[], float]) -> None:
        self._means = means
        self._endpoint_id = endpoint_id
        self._item_id = item_id
        self._lease_left = lease_left

    async def run(self) -> bool:
        """Deliver what there is, for a while, and keep how far that went; whether anything was tried."""
        means = self._means
        round_ = await means.store.next_round(self._endpoint_id, self._item_id, EVENTS_AT_ONCE)
        if round_ is None:
            return False
        ends, told, answer = time.monotonic() + RUN_SECONDS, None, None
        for event in round_.events:
            await means.pace.turn()
            if means.is_stopping() or time.monotonic() > ends or not means.plan.may_send(self._lease_left()):
                break
            answer = await send_event(means.sender, means.show, round_.endpoint, event, means.clock())
            means.observe(answer.outcome)
            if answer.outcome != DELIVERED:
                tries = 1 if told else round_.tries + 1
                told = Told(told.delivered_no if told else round_.delivered_no, tries, self._wait(tries), answer.said)
                break
            told = Told(event.no, 0, 0, answer.said)
        if told is None or answer is None:
            return False
        await self._keep(told, answer)
        return True

    def _wait(self, tries: int) -> Instant:
        return retry_wait(self._means.plan, tries, random.random())  # noqa: S311 - spreads retries, guards nothing

    async def _keep(self, told: Told, answer: Answer) -> None:
        """Keep how far it went, and disable an endpoint that is gone or has failed for too long."""
        means = self._means
        failing = await means.store.record(self._endpoint_id, self._item_id, means.holder, told)
        because = None
        if answer.outcome == GONE:
            because = answer.said
        elif failing is not None and is_given_up(means.plan, failing):
            because = f"it has failed for {means.plan.give_up_days:g} days; the last answer: {answer.said}"
        if because is not None and await means.store.disable(self._endpoint_id, because):
            log.warning("webhook_endpoint_disabled", endpoint=self._endpoint_id, because=because)
