"""The evidence of an honest run, to plant faults in."""

from collections.abc import Sequence
from dataclasses import replace

from sellout.prove.evidence import Attempt, Audit, Buyer, Counters, Evidence, Movements, Purchase, Request

RESTOCKED = "restock"
SOLD = "sale"


def crowd(*wanted: int, doubled: Sequence[int] = ()) -> list[Buyer]:
    return [
        Buyer(f"buyer-{number}", f"key-{number}", quantity, number in doubled) for number, quantity in enumerate(wanted)
    ]


def bought(purchase_id: str, quantity: int = 1, at: float = 0.0, *, replayed: bool = False) -> Attempt:
    return Attempt(at, at + 0.1, 201, purchase_id=purchase_id, quantity=quantity, replayed=replayed)


def sold_out(at: float = 0.0) -> Attempt:
    return Attempt(at, at + 0.1, 410, code="sold_out")


def not_enough_left(available: int, at: float = 0.0) -> Attempt:
    return Attempt(at, at + 0.1, 409, code="not_enough_left", available=available)


def busy(at: float = 0.0) -> Attempt:
    return Attempt(at, at + 0.1, 503, code="busy", retry_after=1.0)


def silence(at: float = 0.0) -> Attempt:
    return Attempt(at, at + 0.1, None, failure="connection reset")


def counters(capacity: int, sold: int, held: int = 0) -> Counters:
    return Counters(capacity, sold, held, capacity - sold - held)


def audit(capacity: int, sold: int, sales: int | None = None) -> Audit:
    movements = {RESTOCKED: Movements(count=1, capacity=capacity, sold=0, held=0)}
    if sold:
        movements[SOLD] = Movements(count=sales or sold, capacity=0, sold=sold, held=0)
    return Audit(capacity, sold, 0, capacity - sold, movements, consistent=True)


def honest_run(stock: int, buyers: Sequence[Buyer]) -> Evidence:
    """What a shop would say that serves one buyer after the other and makes no mistake."""
    left, requests, purchases = stock, list[Request](), list[Purchase]()
    for buyer in buyers:
        if left == 0:
            answer = sold_out()
        elif left < buyer.quantity:
            answer = not_enough_left(left)
        else:
            left -= buyer.quantity
            purchases.append(Purchase(f"p-{buyer.name}", buyer.quantity, buyer.name))
            answer = bought(f"p-{buyer.name}", buyer.quantity)
        for copy in range(buyer.copies):
            again = replace(answer, replayed=answer.acknowledged and copy > 0)
            requests.append(Request(buyer, copy, (again,)))
    return Evidence(
        item="item",
        own=True,
        buyers=tuple(buyers),
        requests=tuple(requests),
        audit_before=audit(stock, 0),
        before=counters(stock, 0),
        after=counters(stock, stock - left),
        audit_after=audit(stock, stock - left, len(purchases)),
        purchases=tuple(purchases),
    )


def answer_instead(evidence: Evidence, number: int, *attempts: Attempt, copy: int = 0) -> Evidence:
    """The same run, but for what this buyer was answered."""
    return replace(
        evidence,
        requests=tuple(
            replace(request, attempts=attempts)
            if (request.buyer, request.copy) == (evidence.buyers[number], copy)
            else request
            for request in evidence.requests
        ),
    )


def count_instead(evidence: Evidence, *, capacity: int, sold: int) -> Evidence:
    """The same run, but the counters and the ledger agree on something else."""
    return replace(evidence, after=counters(capacity, sold), audit_after=audit(capacity, sold))
