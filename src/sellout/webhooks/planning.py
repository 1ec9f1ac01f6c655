"""Plans of deliveries: limits, what is due, when to try again, when to give up. Pure: chance and time are passed in."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sellout.domain import MICROSECONDS, Instant
from sellout.domain.events import Endpoint, Undelivered

ENDPOINTS_MAX = 20
"""Endpoints of one shop."""

ITEMS_AT_ONCE = 8
"""Items of one endpoint that are delivered side by side."""

ITEMS_LOOKED_AT = 200
"""Undelivered items of one endpoint that a look finds."""

EVENTS_AT_ONCE = 50
"""Events of one item that are in memory at once."""

RUN_SECONDS = 1.0
"""How long events of an item follow each other before it is kept how far they went: a crash sends so many again."""

POLL_SECONDS = 1.0
"""Between two looks where there are endpoints: others sell, too, and retries come due."""

IDLE_SECONDS = 5.0
"""Between two looks where there is no endpoint."""

ROUND_SECONDS_MIN = 0.1
"""Between two looks, however much is sold."""

DUE_ITEMS_MAX = 100
"""Items whose holds are let expire in one look."""

FORGET_SECONDS = 60.0
"""Between two looks for old events."""

FORGET_EVENTS_MAX = 1000
"""Old events that are removed in one transaction."""

BUSY_PAUSE_SECONDS = 0.02
"""Between two requests while buyers wait for their answers: they go first."""

STOP_SECONDS = 2.0
"""For requests that are under way when a worker stops; what is cut off is sent again."""

DAY = 86_400 * MICROSECONDS


class Plan(NamedTuple):
    """What an operator may choose."""

    timeout_seconds: float = 10.0
    retry_seconds: float = 5.0
    retry_seconds_max: float = 3600.0
    give_up_days: float = 3.0
    keep_days: float = 14.0
    private_addresses: bool = False

    @property
    def lease_seconds(self) -> float:
        """Long enough for a request, and to renew it before the next."""
        return 3 * self.timeout_seconds + 2

    def is_ending(self, left: float) -> bool:
        """Whether a lease is to be renewed that ends in so many seconds."""
        return left < 2 * self.timeout_seconds + 1

    def may_send(self, left: float) -> bool:
        """Whether a request would surely end before a lease does."""
        return left > self.timeout_seconds


def retry_wait(plan: Plan, tries: int, chance: float) -> Instant:
    """Microseconds to wait after `tries` failures in a row: `chance` (0 to 1) of a time that doubles, up to a limit.

    Full jitter: receivers that come back are not met by all that waited for them at once.
    """
    doubled = plan.retry_seconds * 2.0 ** min(tries - 1, 60)
    return round(min(plan.retry_seconds_max, doubled) * chance * MICROSECONDS)


def is_given_up(plan: Plan, failing: Instant) -> bool:
    """Whether an endpoint has failed for so long that it is disabled."""
    return failing >= plan.give_up_days * DAY


def due(undelivered: Sequence[Undelivered], running: Collection[str], now: Instant) -> list[str]:
    """The items to begin with: those whose time has come, as many as may run side by side."""
    ready = [found.item_id for found in undelivered if found.next_try_at <= now and found.item_id not in running]
    return ready[: max(0, ITEMS_AT_ONCE - len(running))]


def oldest_age(undelivered: Collection[Sequence[Undelivered]], now: Instant) -> float:
    """Seconds since the oldest event happened that is still to be delivered."""
    oldest = min((found.oldest_at for items in undelivered for found in items), default=now)
    return max(0, now - oldest) / MICROSECONDS


def seconds_to_next(undelivered: Collection[Sequence[Undelivered]], now: Instant) -> float:
    """How long until the next look: at the latest when others may have sold, earlier where a retry comes due."""
    times = [found.next_try_at for items in undelivered for found in items if found.next_try_at > now]
    return max(ROUND_SECONDS_MIN, min(POLL_SECONDS, (min(times, default=now + DAY) - now) / MICROSECONDS))


def wants(endpoints: Collection[Endpoint], *types: str) -> bool:
    """Whether an endpoint wants events of one of these types."""
    return any(kind in types for endpoint in endpoints for kind in endpoint.event_types)
