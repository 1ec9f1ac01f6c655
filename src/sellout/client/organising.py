"""The calls of an organiser, as values: what each asks for. `Client` and `AsyncClient` have a method for each.

All of them need the organiser key, and raise `Unauthorized` without a valid one, `Forbidden` with one that may not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, UnsetType

from sellout.client.buying import encoded, path, reads
from sellout.client.exchange import Call
from sellout.client.things import Item, LatePayment, Purchase

T = TypeVar("T")


class _Purchases(msgspec.Struct, frozen=True):
    purchases: tuple[Purchase, ...]
    next_cursor: str | None


class _LatePayments(msgspec.Struct, frozen=True):
    late_payments: tuple[LatePayment, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the cursor of the next page; None after the last."""

    rows: tuple[T, ...]
    next_cursor: str | None


Pages = Callable[[str | None], Call[Page[T]]]
"""Makes the call for the page at a cursor; None is the first."""


def add_item(
    name: str,
    capacity: int,
    *,
    id: str | None = None,  # noqa: A002 - the interface's own word
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    limit_per_buyer: int | None = None,
    max_per_order: int | None = None,
    hold_seconds: int | None = None,
    payment_seconds: int | None = None,
    offer_seconds: int | None = None,
    buyer_tokens: str | None = None,
    paused: bool = False,
) -> Call[Item]:
    """Put an item on sale. `capacity` is in units, 0 to a billion; times are aware datetimes.

    Without an `id` (small letters, digits, hyphens) the server makes one from the name; what is None gets the server's
    default. Not retried: where its answer is lost, look whether the item is there.
    Raises ItemExists, InvalidRequest, and ValueError for a time without a zone.
    """
    _check_zones(opens_at, closes_at)
    members = {
        "name": name, "capacity": capacity, "id": id, "opens_at": opens_at, "closes_at": closes_at,
        "limit_per_buyer": limit_per_buyer, "max_per_order": max_per_order, "hold_seconds": hold_seconds,
        "payment_seconds": payment_seconds, "offer_seconds": offer_seconds, "buyer_tokens": buyer_tokens,
        "paused": paused,
    }  # fmt: skip
    return Call("POST", "/v1/items", reads(Item), encoded(members), organiser=True)


def change_item(
    item: str,
    *,
    name: str | UnsetType = UNSET,
    capacity: int | UnsetType = UNSET,
    opens_at: datetime | UnsetType | None = UNSET,
    closes_at: datetime | UnsetType | None = UNSET,
    limit_per_buyer: int | UnsetType | None = UNSET,
    max_per_order: int | UnsetType = UNSET,
    hold_seconds: int | UnsetType = UNSET,
    payment_seconds: int | UnsetType = UNSET,
    offer_seconds: int | UnsetType = UNSET,
    buyer_tokens: str | UnsetType = UNSET,
    paused: bool | UnsetType = UNSET,
) -> Call[Item]:
    """Change what is given of the item with the id `item`. None takes a time or the limit away. Not retried.

    Raises UnknownItem, CapacityBelowCommitted, InvalidRequest, and ValueError for a time without a zone.
    """
    _check_zones(opens_at, closes_at)
    members: dict[str, Any] = {
        "name": name, "capacity": capacity, "opens_at": opens_at, "closes_at": closes_at,
        "limit_per_buyer": limit_per_buyer, "max_per_order": max_per_order, "hold_seconds": hold_seconds,
        "payment_seconds": payment_seconds, "offer_seconds": offer_seconds, "buyer_tokens": buyer_tokens,
        "paused": paused,
    }  # fmt: skip
    body = msgspec.json.encode({name: value for name, value in members.items() if value is not UNSET})
    return Call("PATCH", path("items", item), reads(Item), body, organiser=True)


def refund(purchase_id: str, *, key: str | None = None) -> Call[Purchase]:
    """Take a purchase back: its units are available again at once, and only once.

    Raises UnknownPurchase, AlreadyRefunded, KeyReused.
    """
    address = path("purchases", purchase_id, "refund")
    return Call("POST", address, reads(Purchase), keyed=True, key=key, organiser=True)


def purchases(item: str, *, page_size: int | None = None) -> Pages[Purchase]:
    """All purchases of the item with the id `item`, in the order of their sale; pages are asked for as they are needed.

    `page_size` is how many come with one answer, up to the server's limit (100 by default). Raises UnknownItem.
    """
    decode = reads(_Purchases)

    def read(body: bytes) -> Page[Purchase]:
        found = decode(body)
        return Page(found.purchases, found.next_cursor)

    return _pages(path("items", item, "purchases"), read, page_size)


def late_payments(item: str, *, page_size: int | None = None) -> Pages[LatePayment]:
    """All payments that came too late for the item with the id `item`: give each back, once. As `purchases`."""
    decode = reads(_LatePayments)

    def read(body: bytes) -> Page[LatePayment]:
        found = decode(body)
        return Page(found.late_payments, found.next_cursor)

    return _pages(path("items", item, "late-payments"), read, page_size)


def _pages(address: str, read: Callable[[bytes], Page[T]], page_size: int | None) -> Pages[T]:
    def page(cursor: str | None) -> Call[Page[T]]:
        asked: Mapping[str, Any] = {"cursor": cursor, "limit": page_size}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return Call("GET", f"{address}?{query}" if query else address, read, organiser=True)

    return page


def _check_zones(*moments: datetime | UnsetType | None) -> None:
    """Raises ValueError where a time does not say of which zone it is."""
    for moment in moments:
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone: say datetime(..., tzinfo=UTC)")
