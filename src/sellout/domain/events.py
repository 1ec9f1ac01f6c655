"""What webhooks tell: events, and the endpoints that want to be told. Plain values, as the rest of the domain."""

from enum import StrEnum
from typing import NamedTuple

from sellout.domain.things import Entry, Hold, Instant, Item, Purchase


class EventType(StrEnum):
    """What has happened. Receivers see these words, so they never change."""

    PURCHASE_CREATED = "purchase.created"
    PURCHASE_REFUNDED = "purchase.refunded"
    HOLD_EXPIRED = "hold.expired"
    ITEM_SOLD_OUT = "item.sold_out"
    WAITLIST_OFFERED = "waitlist.offered"


class Offer(NamedTuple):
    """An entry of the waiting list, and the hold that it was offered."""

    entry: Entry
    hold: Hold


Subject = Purchase | Hold | Offer | Item


class Event(NamedTuple):
    """Something that has happened, in a transaction that was committed.

    `no` is its place: an item's events are in the order of these. `subject` is the thing that it is about; whatever
    may have become of that since is not part of the event.
    """

    no: int
    token: str
    type: EventType
    item_id: str
    subject: Subject
    occurred_at: Instant

    @property
    def id(self) -> str:
        """The same in every delivery, and in no other shop."""
        return f"evt_{self.no}_{self.token}"


def event_no_of(event_id: str) -> int | None:
    """The place of the event with this id, or None where no event can have it."""
    prefix, _, rest = event_id.partition("_")
    number = rest.partition("_")[0]
    return int(number) if prefix == "evt" and number.isascii() and number.isdigit() and len(number) < 19 else None


class Endpoint(NamedTuple):
    """Where events are sent. `failing_since` is when the oldest failure began that still goes on.

    After a rotation `previous_secret` signs as well, until `previous_until`. One process delivers at a time: the
    `lease_holder`, until `lease_until`.
    """

    id: str
    url: str
    event_types: tuple[EventType, ...]
    secret: str
    previous_secret: str | None
    previous_until: Instant | None
    begins_after: int
    created_at: Instant
    disabled_at: Instant | None
    disabled_because: str | None
    lease_holder: str | None
    lease_until: Instant
    failing_since: Instant | None

    def secrets_at(self, now: Instant) -> tuple[str, ...]:
        """The secrets that sign at `now`, the newest first."""
        if self.previous_secret is None or self.previous_until is None or self.previous_until <= now:
            return (self.secret,)
        return self.secret, self.previous_secret

    def may_be_leased(self, holder: str, now: Instant) -> bool:
        """Whether `holder` may deliver, or take the lease to do so."""
        return self.disabled_at is None and (self.lease_holder == holder or self.lease_until <= now)


class Undelivered(NamedTuple):
    """An item of which an endpoint has not been told all: how far it was, and what became of the last tries."""

    item_id: str
    delivered_no: int
    tries: int
    next_try_at: Instant
    oldest_at: Instant


class Look(NamedTuple):
    """What there is to do at `now`: the enabled endpoints, and the undelivered items of those that may be leased."""

    endpoints: list[Endpoint]
    undelivered: dict[str, list[Undelivered]]
    now: Instant


class Round(NamedTuple):
    """The next events of an item for an endpoint, and where this left off."""

    endpoint: Endpoint
    delivered_no: int
    tries: int
    events: list[Event]
