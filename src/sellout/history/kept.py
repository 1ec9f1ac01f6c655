"""What a database holds when a run is over, row by row, as plain SQL reads it. Values only.

Names are those of the shop's words (docs/ledger.md, docs/holds.md), not of its columns. Instants are integers:
microseconds since 1970-01-01 in UTC by the shop's clock. A buyer without a name is "".
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptItem:
    """The counters of an item, as they are written in its row."""

    item: str
    capacity: int
    sold: int
    held: int


@dataclass(frozen=True, slots=True)
class KeptPurchase:
    """A row of `purchases`. `hold_id` is set where a hold was confirmed, `basket_id` where it is a basket's line."""

    purchase_id: str
    item: str
    buyer: str
    quantity: int
    key: str | None
    purchased_at: int
    refunded_at: int | None = None
    hold_id: str | None = None
    payment_ref: str | None = None
    basket_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeptHold:
    """A row of `holds`; `entry_id` is set where it is an offer to an entry of the waiting list."""

    hold_id: str
    item: str
    buyer: str
    quantity: int
    key: str | None
    held_at: int
    expires_at: int
    state: str
    ended_at: int | None = None
    basket_id: str | None = None
    entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """A row of `waitlist`. `no` is its place in the order of joining; the hold is made only when it is offered."""

    entry_id: str
    no: int
    item: str
    buyer: str
    quantity: int
    state: str
    joined_at: int
    hold_id: str


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A row of `used_keys`: a key that no purchase and no hold carries. A basket's item is ""."""

    item: str
    buyer: str
    key: str
    action: str
    subject: str


@dataclass(frozen=True, slots=True)
class KeptLatePayment:
    """A row of `late_payments`: money that is due back."""

    payment_ref: str
    hold_id: str
    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of the ledger (`movements`): by how many units each counter of an item changed, why and when.

    `no` is its place in the ledger, which all items share. The movements of one transaction have one `moved_at`.
    """

    no: int
    item: str
    kind: str
    capacity: int
    sold: int
    held: int
    moved_at: int
    purchase_id: str | None = None
    hold_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """All rows. `movements` are in the order of their numbers; the others are in any order."""

    items: tuple[KeptItem, ...]
    purchases: tuple[KeptPurchase, ...]
    holds: tuple[KeptHold, ...]
    entries: tuple[KeptEntry, ...]
    keys: tuple[KeptKey, ...]
    late_payments: tuple[KeptLatePayment, ...]
    movements: tuple[Movement, ...]
