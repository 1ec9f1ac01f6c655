"""The properties that holds must have beyond what all scenarios share. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sellout.history.requests import Action, Attempt, Request
from sellout.history.rules.answers import EXPIRED, STOCK, Refusals
from sellout.history.timeline import levels_of
from sellout.prove.evidence import Evidence

FITTING: Refusals = {
    Action.BUY: STOCK,
    Action.HOLD: STOCK,
    Action.PAY: EXPIRED,
    Action.CONFIRM: EXPIRED | {(409, "payment_ref_in_use"), (409, "hold_released")},
    Action.RELEASE: EXPIRED | {(409, "already_confirmed")},
}


def refund_due_only_when_gone(evidence: Evidence) -> Iterator[str]:
    """Money is due back only where the units were gone when the payment came, and then it is said.

    A payment that came too late once never confirms later. So of several requests with one payment it is unknown which
    was decided first, and the units must have been gone at some moment between the first's departure and the
    last's answer.
    """
    levels = levels_of(evidence)
    for payment_ref, requests in _late(evidence).items():
        attempts = [attempt for request in requests for attempt in request.attempts]
        line, item = requests[0].order.lines[0], requests[0].order.lines[0].item
        during = min(a.started_at for a in attempts), max(a.ended_at for a in attempts)
        capacity = next(books.after.capacity for books in evidence.books if books.item == item)
        free = capacity - levels[item].possibly_engaged.most(*during)
        if free >= line.quantity:
            yield f"Payment {payment_ref} for {line.quantity} came late, and {free} of {item} were free all the while"
        for told in attempts:
            if told.code == "hold_expired" and told.said.get("refund_due") is not True:
                yield f"Payment {payment_ref} was told {told}, and not that its refund is due"


def late_payments_are_recorded(evidence: Evidence) -> Iterator[str]:
    """The organiser is told of every payment that is due back, once, and of no other."""
    told = {
        request.order.payment_ref: request.order.quantity
        for request in evidence.of((Action.CONFIRM,))
        if any(attempt.said.get("refund_due") is True for attempt in request.attempts)
    }
    recorded = [payment for books in evidence.books for payment in books.late_payments]
    for ref, times in Counter(payment.payment_ref for payment in recorded).items():
        if times > 1:
            yield f"Payment {ref} is recorded {times} times as due back"
        if ref not in told:
            yield f"Payment {ref} is recorded as due back, and its buyer was not told so"
    quantities = {payment.payment_ref: payment.quantity for payment in recorded}
    for told_ref, quantity in told.items():
        if quantities.get(told_ref or "") != quantity:
            yield f"Payment {told_ref} for {quantity} is due back, and {quantities.get(told_ref or '')} are recorded"


def _late(evidence: Evidence) -> dict[str, list[Request]]:
    """The confirmations of each payment of which some answer said that its hold has expired."""
    found: dict[str, list[Request]] = defaultdict(list)
    for request in evidence.of((Action.CONFIRM,)):
        found[request.order.payment_ref or ""].append(request)
    return {ref: requests for ref, requests in found.items() if any(map(_too_late, requests))}


def _too_late(request: Request) -> bool:
    return any(attempt.code == "hold_expired" for attempt in request.attempts)


def one_payment_for_one_hold(evidence: Evidence) -> Iterator[str]:
    """A payment that has confirmed one hold is refused for every other, and only then."""
    confirmed: dict[str, tuple[float, str]] = {}
    for request in evidence.of((Action.CONFIRM,)):
        if request.final.granted and request.order.payment_ref is not None:
            confirmed[request.order.payment_ref] = (request.attempts[0].started_at, request.order.subject or "")
    for request in evidence.of((Action.CONFIRM,)):
        for attempt in request.attempts:
            if attempt.code == "payment_ref_in_use" and not _used(request, attempt, confirmed):
                yield f"{request.order.buyer} was told {attempt}, and payment {request.order.payment_ref} was unused"


def _used(request: Request, attempt: Attempt, confirmed: dict[str, tuple[float, str]]) -> bool:
    since, hold_id = confirmed.get(request.order.payment_ref or "", (attempt.ended_at, request.order.subject or ""))
    return since < attempt.ended_at and hold_id != request.order.subject
