"""The properties that a rush must have, each as a pure function from evidence to its counter-examples.

The rules divide the work, so that one fault breaks as few of them as possible: what buyers were told is
compared with the purchases kept, those with what was asked, and the counters with both and the ledger.
No IO; imports only the evidence.

On an item that others use at the same time, units can come back during the run by a refund, a restock or
an ended hold. The ledger bounds how many, and the rules allow for no more than that.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sellout.history.requests import RETRIED, Attempt, Order, Request
from sellout.prove.evidence import Evidence
from sellout.prove.readings import NO_MOVEMENTS, Audit, Counters, Movements

OWN_REFUSALS = {(410, "sold_out"), (409, "not_enough_left"), (409, "all_held")}
SHARED_REFUSALS = OWN_REFUSALS | {
    (409, "limit_reached"),
    (403, "not_open"),
    (403, "closed"),
    (403, "paused"),
}


def never_oversold(evidence: Evidence) -> Iterator[str]:
    for where, now in (("The item", evidence.after), ("The audit", evidence.audit_after)):
        if now.sold + now.held > now.capacity:
            yield f"{where} says {now.sold} sold and {now.held} held of a capacity of {now.capacity}"
    told = sum(acknowledged(evidence).values())
    most = evidence.before.available + units_returned(evidence) + units_let_go(evidence)
    if told > most:
        yield f"Buyers were told of {told} units bought, and {most} were there to be had"


def never_undersold(evidence: Evidence) -> Iterator[str]:
    # That all units are sold where enough were asked for needs no line of its own: whoever asked and did not
    # buy was refused, which is looked at here, or had no definite answer, which another rule looks at.
    newest = _newest_sales(evidence) if evidence.own else {}
    for request in evidence.requests:
        if request.attempts and (why := _wrongly_refused(request, evidence) or _too_early(request, newest)):
            yield f"{request.order.buyer} {why}"


def _newest_sales(evidence: Evidence) -> dict[int, float]:
    """For each quantity, when the last request left that was answered with a new sale of as many."""
    newest: dict[int, float] = {}
    for request in evidence.requests:
        if request.attempts and request.final.acknowledged and not request.final.replayed:
            quantity = request.order.quantity
            newest[quantity] = max(newest.get(quantity, request.final.started_at), request.final.started_at)
    return newest


def _too_early(request: Request, newest: Mapping[int, float]) -> str | None:
    """In an item of the run's own no unit comes back, so after a refusal nobody can buy as many."""
    if (request.final.status, request.final.code) not in OWN_REFUSALS:
        return None
    enough = 1 if request.final.status == 410 else request.order.quantity
    later = (left for quantity, left in newest.items() if quantity >= enough)
    if max(later, default=request.final.ended_at) > request.final.ended_at:
        return f"was told {request.final}, and somebody who asked afterwards still bought"
    return None


def _wrongly_refused(request: Request, evidence: Evidence) -> str | None:
    left, wanted, last = evidence.after.available, request.order.quantity, request.final
    certainly_free = left - units_returned(evidence)
    if last.status == 410:
        return f"was told 410 sold out, and at the end {_units(left)} left" if certainly_free > 0 else None
    if last.code == "all_held" and evidence.own:
        return "was told 409 all_held, and nobody holds a unit of this item"
    if last.code != "not_enough_left":
        return None
    if wanted == 1:
        return "asked for one and was told 409 not_enough_left"
    if last.available is not None and last.available >= wanted:
        return f"asked for {wanted} and was told 409 not_enough_left with {last.available} available"
    if certainly_free - units_let_go(evidence) >= wanted:
        return f"asked for {wanted} and was told 409 not_enough_left, and at the end {_units(left)} left"
    return None


def acknowledged_is_kept(evidence: Evidence) -> Iterator[str]:
    kept = {purchase.purchase_id: purchase for purchase in evidence.purchases}
    for (name, purchase_id), quantity in acknowledged(evidence).items():
        purchase = kept.get(purchase_id)
        if purchase is None:
            yield f"{name} was told of purchase {purchase_id}, and the server has no such purchase"
        elif purchase.buyer != name:
            yield f"Purchase {purchase_id} was acknowledged to {name} and is kept for {purchase.buyer}"
        elif purchase.quantity != quantity:
            yield f"{name} was told of {quantity} in purchase {purchase_id}, and {purchase.quantity} are kept"
        elif evidence.own and purchase.state != "sold":
            yield f"{name} was told of purchase {purchase_id}, which is kept as {purchase.state}"


def nothing_unasked(evidence: Evidence) -> Iterator[str]:
    asked = {order.buyer: order for order in evidence.orders}
    told = {purchase_id for _, purchase_id in acknowledged(evidence)}
    for purchase in evidence.purchases:
        order = asked.get(purchase.buyer or "")
        if order is None:
            holder = purchase.buyer or "nobody"
            yield f"Purchase {purchase.purchase_id} is kept for {holder}, who asked for nothing"
        elif purchase.quantity != order.quantity and purchase.purchase_id not in told:
            yield f"{order.buyer} asked for {order.quantity}, and {purchase.quantity} are kept"


def once_per_key(evidence: Evidence) -> Iterator[str]:
    purchases: dict[str, set[str]] = defaultdict(set)
    for name, purchase_id in acknowledged(evidence):
        purchases[name].add(purchase_id)
    for purchase in evidence.purchases:
        purchases[purchase.buyer or ""].add(purchase.purchase_id)
    units_came_back = units_returned(evidence) + units_let_go(evidence) > 0
    for order, requests in _by_buyer(evidence):
        if len(ids := purchases[order.buyer]) > 1:
            yield f"{order.buyer} sent one key and has {len(ids)} purchases: {', '.join(sorted(ids))}"
        refusal = next((r.final for r in requests if r.final.refused), None)
        if refusal and any(r.final.acknowledged for r in requests) and not units_came_back:
            yield f"{order.buyer} sent one key twice and was told both {refusal} and 201"


def every_request_answered(evidence: Evidence) -> Iterator[str]:
    holders = {purchase.buyer for purchase in evidence.purchases}
    for order, requests in _by_buyer(evidence):
        for _ in range(order.copies - len(requests)):
            yield f"{order.buyer} has no record of an answer"
        for request in requests:
            yield from _untrue_answers(request, own=evidence.own)
        refusal = next((r.final for r in requests if r.final.refused), None)
        if refusal and order.buyer in holders and not any(r.final.acknowledged for r in requests):
            yield f"{order.buyer} was told {refusal}, and the server keeps a purchase for them"


def _untrue_answers(request: Request, *, own: bool) -> Iterator[str]:
    name, last = request.order.buyer, request.final
    for attempt in request.attempts:
        if attempt.status is not None and attempt.status >= 500 and attempt.status not in RETRIED:
            yield f"{name} was answered {attempt}"
    if not last.definite:
        yield f"{name} had no definite answer after {len(request.attempts)} attempts, at last {last}"
    elif last.acknowledged:
        if last.quantity not in (None, request.order.quantity):
            yield f"{name} asked for {request.order.quantity} and was told of {last.quantity}"
    elif not _is_refusal(last, own=own) and (last.status or 0) < 500:
        yield f"{name} was answered {last}, which is neither a purchase nor a refusal that fits"


def _is_refusal(attempt: Attempt, *, own: bool) -> bool:
    return (attempt.status, attempt.code) in (OWN_REFUSALS if own else SHARED_REFUSALS)


def counters_match_ledger(evidence: Evidence) -> Iterator[str]:
    before, after, audit = evidence.before, evidence.after, evidence.audit_after
    for when, now in (("Before the run", before), ("After the run", after), ("In the audit", audit)):
        if now.available != now.capacity - now.sold - now.held:
            yield f"{when} {now.available} available is not {now.capacity} - {now.sold} - {now.held}"
    if audit.movements is not None:
        yield from _counters_against_ledger(audit)
    yield from _counters_against_buyers(evidence)


def _counters_against_ledger(audit: Audit) -> Iterator[str]:
    for part in ("capacity", "sold", "held"):
        moved = sum(getattr(movements, part) for movements in audit.ledger.values())
        if moved != (counted := getattr(audit, part)):
            yield f"The ledger's movements of {part} add up to {moved}, and the counter says {counted}"
    if not audit.consistent:
        yield "The server's own audit says that it is not consistent"


def _counters_against_buyers(evidence: Evidence) -> Iterator[str]:
    after, audit = evidence.after, evidence.audit_after
    told = sum(acknowledged(evidence).values())
    if not evidence.own and audit.movements is None:
        return
    if not evidence.own:
        entered = sum(max(0, change.sold) for change in _changes(evidence))
        if entered < told:
            yield f"Buyers were told of {told} units bought, and the ledger entered {entered} meanwhile"
        return
    if after != Counters(audit.capacity, audit.sold, audit.held, audit.available):
        here, there = f"{after.sold} of {after.capacity}", f"{audit.sold} of {audit.capacity}"
        yield f"The item says {here} sold and {after.held} held, the audit {there} and {audit.held}"
    # A purchase that no answer told of is sold all the same; whether it may exist is for the other rules.
    known = {purchase_id for _, purchase_id in acknowledged(evidence)}
    untold = sum(p.quantity for p in evidence.purchases if p.purchase_id not in known and p.state == "sold")
    if (rise := after.sold - evidence.before.sold) != told + untold:
        also = f" and {untold} more are kept" if untold else ""
        yield f"The counter of sold units rose by {rise}; buyers were told of {told}{also}"


def acknowledged(evidence: Evidence) -> dict[tuple[str, str], int]:
    """The units of each (buyer, purchase) that some answer told of; two answers about one sale count once."""
    return {
        (request.order.buyer, attempt.purchase_id): request.order.quantity
        for request in evidence.requests
        for attempt in request.attempts
        if attempt.acknowledged and attempt.purchase_id is not None
    }


def units_returned(evidence: Evidence) -> float:
    """How many sold units can have become free during the run, by refund or restock; any number, without the ledger."""
    if evidence.audit_after.movements is None:
        return math.inf
    return 0 if evidence.own else sum(max(0, change.capacity - change.sold) for change in _changes(evidence))


def units_let_go(evidence: Evidence) -> float:
    """How many held units can have become free during the run; the end of a hold needs no movement. Likewise."""
    if evidence.audit_after.movements is None:
        return math.inf
    if evidence.own:
        return 0
    return evidence.before.held + sum(max(0, change.held) for change in _changes(evidence))


def _changes(evidence: Evidence) -> Iterator[Movements]:
    before, after = evidence.audit_before.ledger, evidence.audit_after.ledger
    for kind, now in after.items():
        was = before.get(kind, NO_MOVEMENTS)
        yield Movements(
            count=now.count - was.count,
            capacity=now.capacity - was.capacity,
            sold=now.sold - was.sold,
            held=now.held - was.held,
        )


def _by_buyer(evidence: Evidence) -> Iterator[tuple[Order, list[Request]]]:
    requests: dict[str, list[Request]] = defaultdict(list)
    for request in evidence.requests:
        if request.attempts:
            requests[request.order.buyer].append(request)
    return ((order, requests[order.buyer]) for order in evidence.orders)


def _units(count: int) -> str:
    return "1 unit was" if count == 1 else f"{count} units were"
