"""What the server says of itself before and after a run, as values: counters, ledger, purchases, holds, entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counters:
    capacity: int
    sold: int
    held: int
    available: int

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(
            self.capacity + other.capacity,
            self.sold + other.sold,
            self.held + other.held,
            self.available + other.available,
        )


@dataclass(frozen=True, slots=True)
class Movements:
    """All movements of one kind in the ledger, summed."""

    count: int
    capacity: int
    sold: int
    held: int

    def __add__(self, other: "Movements") -> "Movements":
        return Movements(
            self.count + other.count, self.capacity + other.capacity, self.sold + other.sold, self.held + other.held
        )


NO_MOVEMENTS = Movements(count=0, capacity=0, sold=0, held=0)


@dataclass(frozen=True, slots=True)
class Audit:
    """`movements` and `consistent` are None where there is no organiser key that may see them."""

    capacity: int
    sold: int
    held: int
    available: int
    movements: Mapping[str, Movements] | None = None
    consistent: bool | None = None

    @property
    def counters(self) -> Counters:
        return Counters(self.capacity, self.sold, self.held, self.available)

    @property
    def ledger(self) -> Mapping[str, Movements]:
        """The movements of a run that has a key."""
        assert self.movements is not None  # noqa: S101 - whoever asks has looked whether there is a key
        return self.movements

    def of(self, kind: str) -> Movements:
        return self.ledger.get(kind, NO_MOVEMENTS)

    def __add__(self, other: "Audit") -> "Audit":
        counters = self.counters + other.counters
        if self.movements is None or other.movements is None:
            return Audit(counters.capacity, counters.sold, counters.held, counters.available)
        kinds = {kind: self.of(kind) + other.of(kind) for kind in {**self.movements, **other.movements}}
        consistent = bool(self.consistent and other.consistent)
        return Audit(counters.capacity, counters.sold, counters.held, counters.available, kinds, consistent)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase as the server holds it after the run."""

    purchase_id: str
    quantity: int
    buyer: str | None
    state: str = "sold"
    hold_id: str | None = None
    payment_ref: str | None = None
    purchased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as the server tells it after the run."""

    hold_id: str
    item: str
    quantity: int
    buyer: str | None
    state: str
    expires_at: datetime
    purchase_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the waiting list as the server tells it after the run."""

    entry_id: str
    item: str
    quantity: int
    buyer: str | None
    state: str
    joined_at: datetime
    position: int | None = None
    hold_id: str | None = None


@dataclass(frozen=True, slots=True)
class LatePayment:
    """A payment that came when its units were gone, as the organiser is told of it after the run."""

    payment_ref: str
    hold_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Books:
    """What the server says of one item, before the run and after it. The audits enclose the counters."""

    item: str
    audit_before: Audit
    before: Counters
    after: Counters
    audit_after: Audit
    purchases: tuple[Purchase, ...]
    late_payments: tuple[LatePayment, ...] = ()
