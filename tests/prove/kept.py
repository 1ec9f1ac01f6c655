"""What the shop in memory keeps and shows: shelves, holds, entries, purchases, ledger; and all of it as evidence."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sellout.history.requests import Line, Order, Request
from sellout.history.timeline import Pace
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Audit, Books, Counters, Entry, Hold, LatePayment, Movements, Purchase

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
OPEN = ("held", "paying")
Said = tuple[int, dict[str, Any]]


@dataclass
class Shelf:
    capacity: int
    sold: int = 0
    held: int = 0

    @property
    def free(self) -> int:
        return self.capacity - self.sold - self.held


@dataclass
class KeptHold:
    hold_id: str
    buyer: str
    line: Line
    until: float
    state: str = "held"
    purchase_id: str | None = None


@dataclass
class KeptEntry:
    entry_id: str
    buyer: str
    line: Line
    joined: float
    state: str = "waiting"
    hold_id: str | None = None


@dataclass
class Keeping:
    """All that is kept. `now` is the shop's clock, in seconds."""

    stock: Mapping[str, int]
    pace: Pace = field(default_factory=Pace)
    now: float = 100.0
    orders: list[Order] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    purchases: dict[str, tuple[str, Purchase]] = field(default_factory=dict)
    holds: dict[str, KeptHold] = field(default_factory=dict)
    entries: dict[str, KeptEntry] = field(default_factory=dict)
    late: list[tuple[str, LatePayment]] = field(default_factory=list)
    keys: dict[tuple[str, str], Said] = field(default_factory=dict)
    moved: list[tuple[str, str, Movements]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shelves = {item: Shelf(capacity) for item, capacity in self.stock.items()}
        for item, capacity in self.stock.items():
            self.moved.append((item, "restock", Movements(1, capacity, 0, 0)))

    def move(self, item: str, kind: str, _subject: str, *, sold: int = 0, held: int = 0) -> None:
        self.shelves[item].sold += sold
        self.shelves[item].held += held
        self.moved.append((item, kind, Movements(1, 0, sold, held)))

    def in_line(self, item: str) -> list[KeptEntry]:
        return [entry for entry in self.entries.values() if entry.line.item == item and entry.state == "waiting"]

    def shown(self, hold: KeptHold) -> dict[str, Any]:
        return {
            "hold_id": hold.hold_id,
            "item": hold.line.item,
            "quantity": hold.line.quantity,
            "buyer": hold.buyer,
            "state": hold.state,
            "expires_at": at(hold.until).isoformat(),
        }

    def entry_shown(self, entry: KeptEntry) -> dict[str, Any]:
        kept = self.entry_kept(entry)
        hold = None if entry.hold_id is None else self.shown(self.holds[entry.hold_id])
        return {
            "entry_id": entry.entry_id,
            "quantity": entry.line.quantity,
            "state": kept.state,
            "position": kept.position,
            "hold_id": entry.hold_id,
            "hold": hold,
        }

    def entry_kept(self, entry: KeptEntry) -> Entry:
        ends = {"confirmed": "confirmed", "released": "left", "expired": "lapsed"}
        state, position = entry.state, None
        if entry.hold_id is not None:
            state = ends.get(self.holds[entry.hold_id].state, "offered")
        with suppress(ValueError):
            position = self.in_line(entry.line.item).index(entry) + 1
        item, quantity = entry.line
        joined = at(entry.joined)
        return Entry(entry.entry_id, item, quantity, entry.buyer, state, joined, position, entry.hold_id)

    def evidence(self, *, calm_from: float | None = None) -> Evidence:
        return Evidence(
            books=tuple(self._books()),
            own=True,
            orders=tuple(self.orders),
            requests=tuple(self.requests),
            holds=tuple(
                Hold(h.hold_id, h.line.item, h.line.quantity, h.buyer, h.state, at(h.until), h.purchase_id)
                for h in self.holds.values()
            ),
            entries=tuple(self.entry_kept(entry) for entry in self.entries.values()),
            pace=self.pace,
            calm_from=calm_from,
        )

    def _books(self) -> Iterator[Books]:
        for item, shelf in self.shelves.items():
            fresh = Counters(shelf.capacity, 0, 0, shelf.capacity)
            after = Counters(shelf.capacity, shelf.sold, shelf.held, shelf.free)
            sums: dict[str, Movements] = {}
            for whose, kind, moved in self.moved:
                if whose == item:
                    sums[kind] = sums[kind] + moved if kind in sums else moved
            yield Books(
                item=item,
                audit_before=audit_of(fresh, {"restock": sums["restock"]}),
                before=fresh,
                after=after,
                audit_after=audit_of(after, sums),
                purchases=tuple(purchase for whose, purchase in self.purchases.values() if whose == item),
                late_payments=tuple(payment for whose, payment in self.late if whose == item),
            )


def audit_of(counters: Counters, movements: Mapping[str, Movements]) -> Audit:
    return Audit(counters.capacity, counters.sold, counters.held, counters.available, movements, consistent=True)


def sold_as(item: str, purchase: Purchase) -> dict[str, Any]:
    shown = {
        "purchase_id": purchase.purchase_id,
        "item": item,
        "quantity": purchase.quantity,
        "buyer": purchase.buyer,
        "state": purchase.state,
        "hold_id": purchase.hold_id,
        "payment_ref": purchase.payment_ref,
    }
    return {name: value for name, value in shown.items() if value is not None}


def problem(status: int, code: str, **more: Any) -> Said:
    return status, {"code": code, **more}


def ended(hold: KeptHold) -> Said:
    return problem(409, "already_confirmed" if hold.state == "confirmed" else f"hold_{hold.state}")


def at(seconds: float) -> datetime:
    return MIDNIGHT + timedelta(seconds=seconds)
