"""The words of a sale: items, purchases, commands, outcomes and movements; plain values, no IO, no framework.

Everything here is immutable. Most are named tuples, because a rush makes hundreds of thousands of them and a
named tuple is both the cheapest immutable value in Python and already the row that a store writes.

Instants are integers: microseconds since 1970-01-01 in UTC.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

Instant = int
"""Microseconds since 1970-01-01T00:00:00Z."""

MICROSECONDS = 1_000_000
"""In a second."""

CAPACITY_MAX = 1_000_000_000
"""The largest capacity of one item; sums of it stay far inside 64 bits in every engine."""

ANONYMOUS = ""
"""The buyer of a request that named none. One buyer like any other, but without a limit."""


class State(StrEnum):
    """What a buyer can expect of an item now. Said by `Item.state`."""

    NOT_OPEN = "not_open"
    ON_SALE = "on_sale"
    ALL_HELD = "all_held"
    SOLD_OUT = "sold_out"
    PAUSED = "paused"
    CLOSED = "closed"


class Item(NamedTuple):
    """What is on sale. `capacity` counts its units in all; `sold` and `held` say where they are."""

    id: str
    name: str
    capacity: int
    sold: int
    held: int
    opens_at: Instant | None
    closes_at: Instant | None
    paused: bool
    limit_per_buyer: int | None
    max_per_order: int
    hold_seconds: int

    @property
    def available(self) -> int:
        """Units that the next buyer can have."""
        return self.capacity - self.sold - self.held

    def state(self, now: Instant) -> State:
        """Where the sale stands at `now`. Its window goes before a pause, and both before the stock."""
        if self.closes_at is not None and now >= self.closes_at:
            return State.CLOSED
        if self.opens_at is not None and now < self.opens_at:
            return State.NOT_OPEN
        if self.paused:
            return State.PAUSED
        return self._stock_state()

    def _stock_state(self) -> State:
        if self.available > 0:
            return State.ON_SALE
        return State.ALL_HELD if self.held else State.SOLD_OUT


class Purchase(NamedTuple):
    """Units that a buyer has got. Its row carries the idempotency key, so both commit together."""

    id: str
    item_id: str
    item_name: str
    buyer: str
    quantity: int
    key: str | None
    purchased_at: Instant
    refunded_at: Instant | None = None


class Kind(StrEnum):
    """Why units moved: the kinds of the ledger's movements."""

    RESTOCK = "restock"
    BUY = "buy"
    REFUND = "refund"


# Commands: what a buyer or an organiser asks.


class Buy(NamedTuple):
    """Sell `quantity` units to `buyer`. `purchase_id` is the id the purchase gets if it is granted."""

    purchase_id: str
    item_id: str
    buyer: str
    quantity: int
    key: str | None


class Refund(NamedTuple):
    """Take a purchase back; its units are available again."""

    purchase_id: str


class AddItem(NamedTuple):
    """Put a new item on sale. Its `sold` and `held` are zero."""

    item: Item


class Change(NamedTuple):
    """The members of an item that a `ChangeItem` sets: name and new value."""

    field: str
    value: str | int | bool | None


class ChangeItem(NamedTuple):
    """Change members of an item: its name, capacity, window, pause and limits."""

    item_id: str
    changes: tuple[Change, ...]


Command = Buy | Refund | AddItem | ChangeItem


# Outcomes: what a command got.


class Reason(StrEnum):
    """Why a command was refused. Callers see these words, so they never change."""

    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PURCHASE = "unknown_purchase"
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
    ALREADY_REFUNDED = "already_refunded"


class Refused(NamedTuple):
    """The command changed nothing. The members after `reason` are set where they help the caller."""

    reason: Reason
    available: int | None = None
    opens_at: Instant | None = None
    field: str | None = None
    message: str | None = None


class Bought(NamedTuple):
    """The buyer has the units; `replayed` where the same key had got them before."""

    purchase: Purchase
    replayed: bool = False


class Refunded(NamedTuple):
    """The purchase is taken back."""

    purchase: Purchase


class ItemSaved(NamedTuple):
    """The item as it stands after it was added or changed at `decided_at`."""

    item: Item
    decided_at: Instant


Outcome = Bought | Refused | Refunded | ItemSaved


class Audit(NamedTuple):
    """The ledger of an item against its counters, read at one moment."""

    item: Item
    sums: dict[Kind, "MovementSum"]
    purchased: int
    unmatched: int

    @property
    def consistent(self) -> bool:
        """Whether the movements add up to the counters, and purchases and movements tell the same sale."""
        return (
            self._total("capacity") == self.item.capacity
            and self._total("sold") == self.item.sold == self.purchased
            and self._total("held") == self.item.held
            and self.unmatched == 0
        )

    def _total(self, counter: str) -> int:
        return sum(getattr(total, counter) for total in self.sums.values())


class MovementSum(NamedTuple):
    """All movements of one kind, added up."""

    movements: int
    capacity: int
    sold: int
    held: int


class Snapshot(NamedTuple):
    """Items as they stood at `now`, by the store's clock."""

    items: Sequence[Item]
    now: Instant


class PurchasePage(NamedTuple):
    """Some purchases of an item in the order of their sale; `next_after` asks for those that follow."""

    purchases: Sequence[Purchase]
    next_after: int | None
