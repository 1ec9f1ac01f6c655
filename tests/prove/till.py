"""A shop in memory that makes no mistake, with a clock of its own: what it says and holds is the evidence of a run.

One order after the other, each decided in the middle between its departure and its answer. Tests plant faults by
overriding one of its small steps, or by changing the evidence afterwards.
"""

from dataclasses import dataclass, replace
from typing import Any

from sellout.history.requests import Attempt, Line, Order, Request
from sellout.prove.evidence import Evidence
from sellout.prove.readings import LatePayment, Purchase
from tests.prove.kept import OPEN, Keeping, KeptEntry, KeptHold, Said, at, ended, problem, sold_as

TRAVEL = 0.05  # from a request's departure to its decision, and from there to its answer
PAUSE = 0.01  # between one answer and the next departure


@dataclass
class Till(Keeping):
    """`ask` is what customers do, `evidence` what a run would have seen."""

    # What customers do.

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def rest(self) -> None:
        """Let time pass until no hold is open any more, and nothing that follows from its end."""
        while any(hold.state in OPEN for hold in self.holds.values()):
            self.wait(self.pace.hold + self.pace.payment + self.pace.offer)
            self.settle()

    def ask(self, order: Order) -> Attempt:
        """Every copy of the order, one shortly after the other; the first answer."""
        self.orders.append(order)
        answers = [self._ask(order, copy) for copy in range(order.copies)]
        return answers[0]

    def _ask(self, order: Order, copy: int) -> Attempt:
        started, self.now = self.now + PAUSE, self.now + PAUSE + TRAVEL
        self.settle()
        status, said, replayed = self.answer(order)
        self.now += TRAVEL
        retry_after = 1.0 if said.get("code") == "all_held" else None
        attempt = Attempt(started, self.now, status, said, replayed=replayed, retry_after=retry_after)
        self.requests.append(Request(order, copy, (attempt,)))
        return attempt

    # What the shop decides.

    def answer(self, order: Order) -> tuple[int, dict[str, Any], bool]:
        scope = (order.buyer, order.key or "")
        if scope in self.keys:
            return *self.keys[scope], True
        status, said = getattr(self, f"on_{order.action}")(order)
        if order.key is not None and status < 300:
            self.keys[scope] = status, said
        return status, said, False

    def on_buy(self, order: Order) -> Said:
        return self.refusal(order) or (201, self.sell(order.buyer, order.lines[0]))

    def on_hold(self, order: Order) -> Said:
        return self.refusal(order) or (201, self.shown(self.take(order.buyer, order.lines[0], self.pace.hold)))

    def on_buy_basket(self, order: Order) -> Said:
        if refused := self.refusal(order):
            return refused
        sold = [self.sell(order.buyer, line) for line in order.lines]
        return 201, {"basket_id": f"basket-{order.key}", "purchases": sold}

    def on_hold_basket(self, order: Order) -> Said:
        if refused := self.refusal(order):
            return refused
        held = [self.shown(self.take(order.buyer, line, self.pace.hold)) for line in order.lines]
        return 201, {"basket_id": f"basket-{order.key}", "holds": held}

    def on_pay(self, order: Order) -> Said:
        hold = self.holds[order.subject or ""]
        if hold.state not in OPEN:
            return ended(hold)
        hold.state, hold.until = "paying", max(hold.until, self.now + self.pace.payment)
        return 200, self.shown(hold)

    def on_confirm(self, order: Order) -> Said:
        hold, ref = self.holds[order.subject or ""], order.payment_ref
        if hold.state in ("confirmed", "released"):
            return ended(hold)
        if self.is_used(ref):
            return problem(409, "payment_ref_in_use")
        if hold.state == "expired" and (self.is_late(ref) or not self.can_be_had_again(hold)):
            return self.too_late(hold, ref)
        if hold.state in OPEN:
            self.move(hold.line.item, "confirm", hold.hold_id, held=-hold.line.quantity)
        sold = self.sell(order.buyer, hold.line, hold_id=hold.hold_id, payment_ref=ref)
        hold.state, hold.purchase_id = "confirmed", sold["purchase_id"]
        return 200, sold

    def can_be_had_again(self, hold: KeptHold) -> bool:
        return hold.line.quantity <= self.shelves[hold.line.item].free

    def is_used(self, ref: str | None) -> bool:
        return ref is not None and any(kept.payment_ref == ref for _, kept in self.purchases.values())

    def is_late(self, ref: str | None) -> bool:
        return any(payment.payment_ref == ref for _, payment in self.late)

    def too_late(self, hold: KeptHold, ref: str | None) -> Said:
        if ref is not None and not self.is_late(ref):
            self.late.append((hold.line.item, LatePayment(ref, hold.hold_id, hold.line.quantity)))
        return problem(409, "hold_expired", refund_due=True)

    def on_release(self, order: Order) -> Said:
        hold = self.holds[order.subject or ""]
        if hold.state in OPEN:
            self.end(hold, "release", "released")
        return (204, {}) if hold.state == "released" else ended(hold)

    def on_refund(self, order: Order) -> Said:
        item, purchase = self.purchases[order.subject or ""]
        if purchase.state == "refunded":
            return problem(409, "already_refunded")
        self.move(item, "refund", purchase.purchase_id, sold=-purchase.quantity)
        self.purchases[purchase.purchase_id] = item, replace(purchase, state="refunded")
        self.offer(item)
        return 200, sold_as(item, self.purchases[purchase.purchase_id][1])

    def on_join(self, order: Order) -> Said:
        line, entry_id = order.lines[0], f"e-{len(self.entries)}"
        self.entries[entry_id] = KeptEntry(entry_id, order.buyer, line, self.now)
        self.offer(line.item)
        return 201, self.entry_shown(self.entries[entry_id])

    def on_look(self, order: Order) -> Said:
        return 200, self.entry_shown(self.entries[order.subject or ""])

    def on_leave(self, order: Order) -> Said:
        entry = self.entries[order.subject or ""]
        if entry.hold_id is None:
            entry.state = "left"
        elif (hold := self.holds[entry.hold_id]).state in OPEN:
            self.end(hold, "release", "released")
        elif hold.state == "confirmed":
            return problem(409, "already_confirmed")
        return 204, {}

    # Its small steps.

    def refusal(self, order: Order) -> Said | None:
        for number, line in enumerate(order.lines):
            shelf = self.shelves[line.item]
            if line.quantity <= shelf.free:
                continue
            more: dict[str, Any] = {"available": shelf.free, "detail": f"Line {number + 1}, {line.item}"}
            if len(order.lines) > 1:
                more["errors"] = [{"field": f"lines.{number}", "message": "cannot be had"}]
            if shelf.sold == shelf.capacity:
                return problem(410, "sold_out", **more)
            return problem(409, "not_enough_left" if shelf.free else "all_held", **more)
        return None

    def sell(self, buyer: str, line: Line, **more: Any) -> dict[str, Any]:
        purchase = Purchase(f"p-{len(self.purchases)}", line.quantity, buyer, purchased_at=at(self.now), **more)
        self.purchases[purchase.purchase_id] = line.item, purchase
        self.move(line.item, "buy", purchase.purchase_id, sold=line.quantity)
        return sold_as(line.item, purchase)

    def take(self, buyer: str, line: Line, seconds: float) -> KeptHold:
        hold = KeptHold(f"h-{len(self.holds)}", buyer, line, self.now + seconds)
        self.holds[hold.hold_id] = hold
        self.move(line.item, "hold", hold.hold_id, held=line.quantity)
        return hold

    def end(self, hold: KeptHold, kind: str, state: str) -> None:
        hold.state = state
        self.move(hold.line.item, kind, hold.hold_id, held=-hold.line.quantity)
        self.offer(hold.line.item)

    def settle(self) -> None:
        for hold in list(self.holds.values()):
            if hold.state in OPEN and hold.until <= self.now:
                self.end(hold, "expire", "expired")

    def offer(self, item: str) -> None:
        for entry in self.in_line(item):
            if entry.line.quantity <= self.shelves[item].free:
                entry.state = "offered"
                entry.hold_id = self.take(entry.buyer, entry.line, self.pace.offer).hold_id

    def evidence(self, *, calm_from: float | None = None) -> Evidence:
        self.settle()
        return super().evidence(calm_from=calm_from)
