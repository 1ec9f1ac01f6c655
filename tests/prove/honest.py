"""The evidence of an honest run, to plant faults in."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sellout.history.requests import Attempt, Line, Order, Request
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Audit, Books, Counters, Movements, Purchase

RESTOCKED = "restock"
SOLD = "sale"


def buyer(name: str, key: str, quantity: int = 1, *, item: str = "item", doubled: bool = False) -> Order:
    """An order to buy."""
    return Order(name, key, lines=(Line(item, quantity),), doubled=doubled)


def crowd(*wanted: int, doubled: Sequence[int] = ()) -> list[Order]:
    return [
        buyer(f"buyer-{number}", f"key-{number}", quantity, doubled=number in doubled)
        for number, quantity in enumerate(wanted)
    ]


def answer(status: int | None, at: float = 0.0, *, seconds: float = 0.1, **said: object) -> Attempt:
    """Any answer; its words are the answer's JSON."""
    return Attempt(at, at + seconds, status, said)


def rewrite(evidence: Evidence, **changes: Any) -> Evidence:
    """The same run with other members, of its only books or of itself."""
    own = {field.name for field in fields(Evidence)}
    (books,) = evidence.books
    books = replace(books, **{name: value for name, value in changes.items() if name not in own})
    return replace(evidence, books=(books,), **{name: value for name, value in changes.items() if name in own})


def bought(purchase_id: str, quantity: int = 1, at: float = 0.0, *, replayed: bool = False) -> Attempt:
    return replace(answer(201, at, purchase_id=purchase_id, quantity=quantity), replayed=replayed)


def sold_out(at: float = 0.0) -> Attempt:
    return answer(410, at, code="sold_out")


def not_enough_left(available: int, at: float = 0.0) -> Attempt:
    return answer(409, at, code="not_enough_left", available=available)


def busy(at: float = 0.0) -> Attempt:
    return replace(answer(503, at, code="busy"), retry_after=1.0)


def silence(at: float = 0.0) -> Attempt:
    return replace(answer(None, at), failure="connection reset")


def counters(capacity: int, sold: int, held: int = 0) -> Counters:
    return Counters(capacity, sold, held, capacity - sold - held)


def audit(capacity: int, sold: int, sales: int | None = None) -> Audit:
    movements = {RESTOCKED: Movements(count=1, capacity=capacity, sold=0, held=0)}
    if sold:
        movements[SOLD] = Movements(count=sales or sold, capacity=0, sold=sold, held=0)
    return Audit(capacity, sold, 0, capacity - sold, movements, consistent=True)


def honest_run(stock: int, orders: Sequence[Order]) -> Evidence:
    """What a shop would say that serves one buyer after the other and makes no mistake."""
    left, requests, purchases = stock, list[Request](), list[Purchase]()
    for order in orders:
        if left == 0:
            said = sold_out()
        elif left < order.quantity:
            said = not_enough_left(left)
        else:
            left -= order.quantity
            purchases.append(Purchase(f"p-{order.buyer}", order.quantity, order.buyer))
            said = bought(f"p-{order.buyer}", order.quantity)
        for copy in range(order.copies):
            again = replace(said, replayed=said.acknowledged and copy > 0)
            requests.append(Request(order, copy, (again,)))
    books = Books(
        item="item",
        audit_before=audit(stock, 0),
        before=counters(stock, 0),
        after=counters(stock, stock - left),
        audit_after=audit(stock, stock - left, len(purchases)),
        purchases=tuple(purchases),
    )
    return Evidence(books=(books,), own=True, orders=tuple(orders), requests=tuple(requests))


def answer_instead(evidence: Evidence, number: int, *attempts: Attempt, copy: int = 0) -> Evidence:
    """The same run, but for what this buyer was answered."""
    return replace(
        evidence,
        requests=tuple(
            replace(request, attempts=attempts)
            if (request.order, request.copy) == (evidence.orders[number], copy)
            else request
            for request in evidence.requests
        ),
    )


def count_instead(evidence: Evidence, *, capacity: int, sold: int) -> Evidence:
    """The same run, but the counters and the ledger agree on something else."""
    return rewrite(evidence, after=counters(capacity, sold), audit_after=audit(capacity, sold))
