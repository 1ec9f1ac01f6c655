"""What webhooks keep in the database: endpoints, leases, and how far each endpoint has been told. For any engine.

`read` answers steps from one snapshot, `write` in one transaction; both may raise StoreUnavailable.
"""

import json
from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from sellout.domain import Instant
from sellout.domain.events import Endpoint, Event, EventType, Look, Round, Undelivered
from sellout.store import outbox
from sellout.store.steps import NOW, Steps, ask, to_json

_T = TypeVar("_T")


class RunSteps(Protocol):
    """How an engine answers steps."""

    def __call__(self, steps: Steps[_T], /) -> Awaitable[_T]: ...


class Told(NamedTuple):
    """How far an endpoint was told of an item. `wait` is how long to wait before the next try, after a failure."""

    delivered_no: int
    tries: int
    wait: Instant
    answer: str


class Webhooks:
    """One database's webhooks. Every method is one transaction."""

    def __init__(self, read: RunSteps, write: RunSteps, read_long: RunSteps | None = None) -> None:
        """`read_long` is for the look at all items, which may be very many."""
        self._read_long = read_long or read
        self._read = read
        self._write = write

    async def endpoints(self) -> list[Endpoint]:
        """All endpoints, in the order of their adding."""
        return await self._read(_endpoints())

    async def add(self, endpoint_id: str, url: str, types: Sequence[EventType], secret: str, most: int) -> bool:
        """Tell `url` of what happens from now on; False where there are `most` endpoints already."""
        return await self._write(_add(endpoint_id, url, types, secret, most))

    async def rotate(self, endpoint_id: str, secret: str, keep: Instant) -> bool:
        """Sign with a new secret, for `keep` microseconds with the old one, too; whether there is such an endpoint."""
        return await self._write(_rotate(endpoint_id, secret, keep))

    async def disable(self, endpoint_id: str, because: str) -> bool:
        """Send nothing more to an endpoint; whether it was enabled."""
        return await self._write(_disable(endpoint_id, because))

    async def enable(self, endpoint_id: str) -> bool:
        """Go on where an endpoint was left; whether there is such an endpoint."""
        return await self._write(_enable(endpoint_id))

    async def remove(self, endpoint_id: str) -> bool:
        """Forget an endpoint; whether there was one."""
        return await self._write(_remove(endpoint_id))

    async def look(self, holder: str, limit: int) -> Look:
        """The enabled endpoints, and at most `limit` undelivered items of each that `holder` may lease."""
        return await self._read_long(_look(holder, limit))

    async def claim(self, endpoint_id: str, holder: str, last: Instant) -> bool:
        """Take or renew the lease of an endpoint for `last` microseconds; False where somebody else has it."""
        return await self._write(_claim(endpoint_id, holder, last))

    async def release(self, holder: str) -> None:
        """Give all leases back."""
        await self._write(_release(holder))

    async def next_round(self, endpoint_id: str, item_id: str, limit: int) -> Round | None:
        """At most `limit` events of an item that the endpoint is to be told next; None where it is gone or disabled."""
        return await self._read(_next_round(endpoint_id, item_id, limit))

    async def record(self, endpoint_id: str, item_id: str, holder: str, told: Told) -> Instant | None:
        """Keep how far an endpoint was told; for how long its deliveries of this item have failed, 0 for not at all.

        None where `holder` has lost the lease: then nothing is kept.
        """
        return await self._write(_record(endpoint_id, item_id, holder, told))

    async def event(self, event_no: int) -> Event | None:
        """An event, as long as it is kept."""
        return await self._read(outbox.event(event_no))

    async def latest_events(self, limit: int) -> list[Event]:
        """The newest events, the newest first."""
        return await self._read(outbox.latest_events(limit))

    async def delivered(self, endpoint_id: str) -> dict[str, int]:
        """The place up to which an endpoint has been told of each item that it has been told anything of."""
        return await self._read(_delivered(endpoint_id))

    async def items_with_due_holds(self, limit: int) -> list[str]:
        """Items with holds whose end was not written yet."""
        return await self._read(_items_with_due_holds(limit))

    async def oldest_event_at(self) -> Instant | None:
        """When the oldest event happened that is still kept."""
        return await self._read(_oldest_event_at())

    async def forget(self, before: Instant, limit: int) -> int:
        """Remove at most `limit` events older than `before` that no enabled endpoint waits for; how many these were."""
        return await self._write(_forget(before, limit))


def _endpoint_of(row: Sequence[Any]) -> Endpoint:
    types = tuple(map(EventType, json.loads(row[2])))
    return Endpoint(row[0], row[1], types, *row[3:])


def _endpoints() -> Steps[list[Endpoint]]:
    return [_endpoint_of(row) for row in (yield ask("webhook_endpoints"))]


def _now() -> Steps[Instant]:
    return int((yield ask(NOW))[0][0])


def _add(endpoint_id: str, url: str, types: Sequence[EventType], secret: str, most: int) -> Steps[bool]:
    yield ask("lock_sales")
    if len((yield ask("webhook_endpoints"))) >= most:
        return False
    now, after = (yield from _now()), (yield ask("last_event"))[0][0]
    yield ask(
        "add_webhook_endpoint", id=endpoint_id, url=url, types=to_json(types), secret=secret, after=after, now=now
    )
    return True


def _rotate(endpoint_id: str, secret: str, keep: Instant) -> Steps[bool]:
    now = yield from _now()
    return bool((yield ask("rotate_webhook_secret", id=endpoint_id, secret=secret, until=now + keep)))


def _disable(endpoint_id: str, because: str) -> Steps[bool]:
    now = yield from _now()
    return bool((yield ask("disable_webhook_endpoint", id=endpoint_id, because=because, now=now)))


def _enable(endpoint_id: str) -> Steps[bool]:
    yield ask("lock_sales")
    yield ask("forget_failures", id=endpoint_id)
    return bool((yield ask("enable_webhook_endpoint", id=endpoint_id)))


def _remove(endpoint_id: str) -> Steps[bool]:
    yield ask("remove_webhook_cursors", id=endpoint_id)
    return bool((yield ask("remove_webhook_endpoint", id=endpoint_id)))


def _look(holder: str, limit: int) -> Steps[Look]:
    now = yield from _now()
    enabled = [endpoint for endpoint in (yield from _endpoints()) if endpoint.disabled_at is None]
    undelivered = {}
    for endpoint in enabled:
        if endpoint.may_be_leased(holder, now):
            found = yield ask(
                "undelivered_items", endpoint_id=endpoint.id, types=to_json(endpoint.event_types),
                after=endpoint.begins_after, limit=limit,
            )  # fmt: skip
            undelivered[endpoint.id] = [Undelivered(*row) for row in found]
    return Look(enabled, undelivered, now)


def _claim(endpoint_id: str, holder: str, last: Instant) -> Steps[bool]:
    now = yield from _now()
    return bool((yield ask("claim_webhook_endpoint", id=endpoint_id, holder=holder, now=now, until=now + last)))


def _release(holder: str) -> Steps[None]:
    yield ask("release_webhook_endpoints", holder=holder)


def _next_round(endpoint_id: str, item_id: str, limit: int) -> Steps[Round | None]:
    for endpoint in (yield from _endpoints()):
        if endpoint.id == endpoint_id and endpoint.disabled_at is None:
            found = yield ask("webhook_cursor", endpoint_id=endpoint_id, item_id=item_id)
            after, tries = found[0][:2] if found else (endpoint.begins_after, 0)
            events = yield from outbox.next_events(item_id, endpoint.event_types, after, limit)
            return Round(endpoint, after, tries, events)
    return None


def _record(endpoint_id: str, item_id: str, holder: str, told: Told) -> Steps[Instant | None]:
    now = yield from _now()
    before = yield ask("webhook_cursor", endpoint_id=endpoint_id, item_id=item_id)
    began = before[0][2] if before and told.tries > 1 else None
    failing_since = (began or now) if told.tries else 0
    kept = yield ask(
        "record_delivery", endpoint_id=endpoint_id, item_id=item_id, holder=holder, delivered_no=told.delivered_no,
        tries=told.tries, next_try_at=now + told.wait if told.tries else 0, failing_since=failing_since,
        answer=told.answer,
    )  # fmt: skip
    return (now - failing_since if failing_since else 0) if kept else None


def _delivered(endpoint_id: str) -> Steps[dict[str, int]]:
    return {row[0]: row[1] for row in (yield ask("webhook_cursors", endpoint_id=endpoint_id))}


def _items_with_due_holds(limit: int) -> Steps[list[str]]:
    now = yield from _now()
    return [item_id for (item_id,) in (yield ask("items_with_due_holds", now=now, limit=limit))]


def _oldest_event_at() -> Steps[Instant | None]:
    return next((at for (at,) in (yield ask("first_event_at"))), None)


def _forget(before: Instant, limit: int) -> Steps[int]:
    return len((yield ask("forget_events", before=before, limit=limit)))
