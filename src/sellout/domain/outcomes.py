"""Outcomes: what a command got. A refusal is an outcome like any other."""

from enum import StrEnum
from typing import NamedTuple

from sellout.domain.things import Entry, Hold, Instant, Item, Purchase


class Reason(StrEnum):
    """Why a command was refused. Callers see these words, so they never change."""

    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PURCHASE = "unknown_purchase"
    UNKNOWN_HOLD = "unknown_hold"
    UNKNOWN_ENTRY = "unknown_entry"
    UNAUTHORIZED = "unauthorized"
    KEY_REUSED = "key_reused"
    INVALID_REQUEST = "invalid_request"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    PAUSED = "paused"
    SOLD_OUT = "sold_out"
    ALL_HELD = "all_held"
    NOT_ENOUGH_LEFT = "not_enough_left"
    LIMIT_REACHED = "limit_reached"
    ITEM_EXISTS = "item_exists"
    CAPACITY_BELOW_COMMITTED = "capacity_below_committed"
    HOLD_EXPIRED = "hold_expired"
    HOLD_RELEASED = "hold_released"
    ALREADY_CONFIRMED = "already_confirmed"
    PAYMENT_REF_IN_USE = "payment_ref_in_use"
    ALREADY_REFUNDED = "already_refunded"


class Refused(NamedTuple):
    """The command sold, held and returned nothing. The members after `reason` are set where they help the caller.

    `retry_after` is in seconds. `refund_due` says that a payment has come for units that are gone; with its
    `payment_ref` that is the one thing which a refusal records. `line` is the place of a basket's line that could
    not be had (from 0), and `item_id` its item.
    """

    reason: Reason
    available: int | None = None
    opens_at: Instant | None = None
    field: str | None = None
    message: str | None = None
    retry_after: int | None = None
    hold_expires_at: Instant | None = None
    refund_due: bool = False
    line: int | None = None
    item_id: str | None = None


class Bought(NamedTuple):
    """The buyer has the units; `replayed` where the same key had got them before."""

    purchase: Purchase
    replayed: bool = False


class Held(NamedTuple):
    """The hold as the command has left it; `replayed` where the same key had done so before."""

    hold: Hold
    replayed: bool = False


class Released(NamedTuple):
    """The hold's units are no longer held for this buyer."""

    hold: Hold


class Refunded(NamedTuple):
    """The purchase is taken back; `replayed` where the same key had done so before."""

    purchase: Purchase
    replayed: bool = False


class Joined(NamedTuple):
    """The entry is on the waiting list, or, where units were free, has its offer."""

    entry: Entry
    hold: Hold | None
    replayed: bool = False


class Left(NamedTuple):
    """The entry waits no longer."""

    entry: Entry


class BasketBought(NamedTuple):
    """All lines are sold."""

    basket_id: str
    purchases: tuple[Purchase, ...]
    replayed: bool = False


class BasketHeld(NamedTuple):
    """All lines are held."""

    basket_id: str
    holds: tuple[Hold, ...]
    replayed: bool = False


class Settled(NamedTuple):
    """Nothing of the item is due."""


class ItemSaved(NamedTuple):
    """The item as it stands after it was added or changed at `decided_at`."""

    item: Item
    decided_at: Instant


Outcome = (
    Bought
    | Held
    | Refused
    | Released
    | Refunded
    | Joined
    | Left
    | BasketBought
    | BasketHeld
    | Settled
    | ItemSaved
)  # fmt: skip
