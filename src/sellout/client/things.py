"""What the server answers with, typed: items, purchases, holds, entries of the waiting list, baskets, audits.

Times are aware datetimes in UTC. Members that a newer server adds are passed over, and states are plain text, so that
an older client can read a newer server.
"""

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware datetime."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What is on sale. `available` = `capacity` - `sold` - `held`, all in units.

    `state` is `not_open`, `on_sale`, `all_held`, `sold_out`, `paused` or `closed`. A hold lasts `hold_seconds`,
    one whose payment has begun `payment_seconds` from then, an offer to the waiting list `offer_seconds`.
    """

    id: str
    name: str
    capacity: int
    sold: int
    held: int
    available: int
    state: str
    opens_at: Moment | None
    closes_at: Moment | None
    paused: bool
    limit_per_buyer: int | None
    max_per_order: int
    hold_seconds: int
    payment_seconds: int
    offer_seconds: int
    buyer_tokens: str = "optional"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase from the default item. `item` is the item's name, not its id."""

    purchase_id: str
    item: str
    quantity: int
    purchased_at: Moment


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """Units that a buyer has got. `item` is the item's id, `state` is `sold` or `refunded`.

    `hold_id` and `payment_ref` are there where a hold was confirmed.
    """

    purchase_id: str
    item: str
    quantity: int
    buyer: str | None
    purchased_at: Moment
    state: str
    hold_id: str | None = None
    payment_ref: str | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Units kept for a buyer until `expires_at`. `state` is `held`, `paying`, `confirmed`, `released` or `expired`.

    `purchase_id` is there once it is confirmed.
    """

    hold_id: str
    item: str
    quantity: int
    buyer: str | None
    state: str
    expires_at: Moment
    purchase_id: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the waiting list. `state` is `waiting`, `offered`, `confirmed`, `lapsed` or `left`.

    `position` counts from 1, the next; None when it no longer waits. `hold` is the offer: a hold like any other.
    """

    entry_id: str
    item: str
    buyer: str
    quantity: int
    position: int | None
    state: str
    joined_at: Moment
    hold: Hold | None


class BoughtBasket(msgspec.Struct, frozen=True, kw_only=True):
    """What a basket has bought, line by line."""

    basket_id: str
    purchases: tuple[Purchase, ...]


class HeldBasket(msgspec.Struct, frozen=True, kw_only=True):
    """What a basket holds, line by line. Each hold is paid, confirmed or released by itself."""

    basket_id: str
    holds: tuple[Hold, ...]


class Movements(msgspec.Struct, frozen=True, kw_only=True):
    """All movements of one kind in an item's ledger: how many, and what they add up to, in units."""

    count: int
    capacity: int
    sold: int
    held: int


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The counters and the ledger of an item at one moment. `consistent` says whether they agree.

    A client without an organiser key that may `read` gets the counters alone: the other two are None.
    """

    capacity: int
    sold: int
    held: int
    available: int
    movements: dict[str, Movements] | None = None
    consistent: bool | None = None


class LatePayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that came when its hold had expired and the units were gone: to be given back, once."""

    payment_ref: str
    hold_id: str
    item: str
    quantity: int
