"""A correct shop in memory with books such as a database has: the till, batch by batch, and what it keeps of each.

It shares no code with the product. `batch` decides some orders in one transaction; the rows that this has made are seen
by readers once it is committed, and gone where it is not.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sellout.history.history import Delivery
from sellout.history.kept import (
    Kept,
    KeptEntry,
    KeptHold,
    KeptItem,
    KeptKey,
    KeptLatePayment,
    KeptPurchase,
    Movement,
)
from sellout.history.requests import Action, Line, Order
from tests.prove.kept import OPEN, Said, problem
from tests.prove.kept import KeptEntry as Waiting
from tests.prove.kept import KeptHold as Holding
from tests.prove.till import Till

WRITTEN_IN_ORDER = ("restock", "hold", "expire", "buy", "confirm", "release", "refund")
EVENTS = {"buy": "purchase.created", "refund": "purchase.refunded", "expire": "hold.expired"}
KEYS_APART = (Action.PAY, Action.REFUND, Action.JOIN, Action.BUY_BASKET, Action.HOLD_BASKET)


class Answer(NamedTuple):
    status: int
    said: dict[str, Any]
    replayed: bool


def instant(seconds: float) -> int:
    return round(seconds * 1_000_000)


@dataclass
class Shop(Till):
    """`limits` are units per buyer. The rest is what the rows have beyond what the till knows."""

    limits: Mapping[str, int] = field(default_factory=dict)
    made: dict[str, Order] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=dict)
    baskets: dict[str, str] = field(default_factory=dict)
    used: list[KeptKey] = field(default_factory=list)
    written: list[Movement] = field(default_factory=list)
    writing: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    events: list[Delivery] = field(default_factory=list)
    asking: Order | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for number, (item, capacity) in enumerate(self.stock.items(), 1):
            self.written.append(Movement(number, item, "restock", capacity, 0, 0, instant(self.now) - 1))

    def batch(self, orders: Iterable[Order], now: float) -> list[Answer]:
        """Decide these, in their order, at one instant."""
        self.now = max(self.now, now)
        was_sold_out = {item for item, shelf in self.shelves.items() if shelf.sold == shelf.capacity}
        self.settle()
        answers = [self._decide(order) for order in orders]
        self._write(was_sold_out)
        return answers

    def copy(self) -> "Shop":
        """What a transaction that is rolled back leaves."""
        return deepcopy(self)

    def _decide(self, order: Order) -> Answer:
        self.asking = order
        status, said, replayed = self.answer(order)
        if status < 300 and not replayed and order.key is not None and order.action in KEYS_APART:
            self.used.append(self._key(order, said))
        return Answer(status, said, replayed)

    def _key(self, order: Order, said: Mapping[str, Any]) -> KeptKey:
        basket = order.action in (Action.BUY_BASKET, Action.HOLD_BASKET)
        buyer, subject = order.buyer, order.subject or said.get("entry_id") or said.get("basket_id") or ""
        if order.action is Action.REFUND:
            buyer = self.purchases[subject][1].buyer or ""
        return KeptKey("" if basket else order.lines[0].item, buyer, order.key or "", order.action, subject)

    def _write(self, was_sold_out: set[str]) -> None:
        """The movements of a batch, in the order in which a database writes its tables, and the events with them."""
        self.writing.sort(key=lambda move: WRITTEN_IN_ORDER.index(move[1]))
        offers = {entry.hold_id: entry.entry_id for entry in self.entries.values()}
        for item, kind, subject, sold, held in self.writing:
            ids = {"purchase_id": subject} if kind in ("buy", "refund") else {"hold_id": subject}
            no = len(self.written) + 1
            self.written.append(Movement(no, item, kind, 0, sold, held, instant(self.now), **ids))
            if kind in EVENTS:
                self._tell(EVENTS[kind], item, subject)
            elif kind == "hold" and subject in offers:
                self._tell("waitlist.offered", item, offers[subject])
        self.writing.clear()
        for item, shelf in self.shelves.items():
            if shelf.sold == shelf.capacity and item not in was_sold_out:
                self._tell("item.sold_out", item, item)

    def _tell(self, kind: str, item: str, subject: str) -> None:
        self.events.append(Delivery(f"evt_{len(self.events) + 1}", kind, item, subject))

    # The till's small steps, with what the rows say of them.

    def move(self, item: str, kind: str, subject: str, *, sold: int = 0, held: int = 0) -> None:
        super().move(item, kind, subject, sold=sold, held=held)
        self.writing.append((item, kind, subject, sold, held))
        self.times.setdefault(subject, []).append(self.now)
        if self.asking is not None:
            self.made.setdefault(subject, self.asking)

    def settle(self) -> None:
        self.asking = None
        super().settle()

    def refusal(self, order: Order) -> Said | None:
        refused = super().refusal(order)
        if refused is not None and refused[1]["code"] != "not_enough_left":
            return refused
        over = any(self.is_over_limit(order.buyer, line) for line in order.lines)
        return problem(409, "limit_reached") if over else refused

    def is_over_limit(self, buyer: str, line: Line) -> bool:
        bought = [p.quantity for item, p in self.purchases.values()
                  if (item, p.buyer, p.state) == (line.item, buyer, "sold")]  # fmt: skip
        held = [h.line.quantity for h in self.holds.values()
                if (h.line.item, h.buyer) == (line.item, buyer) and h.state in OPEN]  # fmt: skip
        return sum(bought) + sum(held) + line.quantity > self.limits.get(line.item, 10**9)

    def can_be_had_again(self, hold: Holding) -> bool:
        return super().can_be_had_again(hold) and not self.is_over_limit(hold.buyer, hold.line)

    def on_join(self, order: Order) -> Said:
        if self.is_over_limit(order.buyer, order.lines[0]):
            return problem(409, "limit_reached")
        return super().on_join(order)

    def offer(self, item: str) -> None:
        for entry in self.in_line(item):
            if entry.line.quantity <= self.shelves[item].free and self.is_over_limit(entry.buyer, entry.line):
                entry.state = "lapsed"
            elif entry.line.quantity <= self.shelves[item].free:
                entry.state = "offered"
                entry.hold_id = self.take(entry.buyer, entry.line, self.pace.offer).hold_id

    # What is kept.

    def kept(self) -> Kept:
        offers = {entry.hold_id: entry.entry_id for entry in self.entries.values() if entry.hold_id}
        return Kept(
            items=tuple(KeptItem(item, s.capacity, s.sold, s.held) for item, s in self.shelves.items()),
            purchases=tuple(self._purchase(purchase_id) for purchase_id in self.purchases),
            holds=tuple(self._hold(hold, offers.get(hold.hold_id)) for hold in self.holds.values()),
            entries=tuple(self._entry(no, entry) for no, entry in enumerate(self.entries.values(), 1)),
            keys=tuple(self.used),
            late_payments=tuple(KeptLatePayment(p.payment_ref, p.hold_id, item, p.quantity) for item, p in self.late),
            movements=tuple(self.written),
        )

    def _purchase(self, purchase_id: str) -> KeptPurchase:
        item, row = self.purchases[purchase_id]
        order, times = self.made[purchase_id], self.times[purchase_id]
        basket = f"basket-{order.key}" if order.action is Action.BUY_BASKET else None
        refunded = instant(times[1]) if row.state == "refunded" else None
        return KeptPurchase(
            purchase_id, item, row.buyer or "", row.quantity, order.key, instant(times[0]), refunded,
            row.hold_id, row.payment_ref, basket,
        )  # fmt: skip

    def _hold(self, hold: Holding, entry_id: str | None) -> KeptHold:
        order, times = self.made.get(hold.hold_id), self.times[hold.hold_id]
        took = order if order is not None and entry_id is None else None
        basket = f"basket-{took.key}" if took is not None and took.action is Action.HOLD_BASKET else None
        ended = None if hold.state in OPEN else instant(times[-1])
        return KeptHold(
            hold.hold_id, hold.line.item, hold.buyer, hold.line.quantity, took.key if took else None,
            instant(times[0]), instant(hold.until), hold.state, ended, basket, entry_id,
        )  # fmt: skip

    def _entry(self, no: int, entry: Waiting) -> KeptEntry:
        hold_id = entry.hold_id or f"offer-to-{entry.entry_id}"
        joined, (item, quantity) = instant(entry.joined), entry.line
        return KeptEntry(entry.entry_id, no, item, entry.buyer, quantity, entry.state, joined, hold_id)


def looked_at(shop: Shop, item: str, now: float, *, recorded: bool) -> tuple[int, int, int, int]:
    """Capacity, sold, held and available as a reading shows them: what is past its deadline is not held."""
    shelf = shop.shelves[item]
    due = [hold.line.quantity for hold in shop.holds.values()
           if hold.line.item == item and hold.state in OPEN and hold.until <= now]  # fmt: skip
    held = shelf.held if recorded else shelf.held - sum(due)
    return shelf.capacity, shelf.sold, held, shelf.capacity - shelf.sold - held
