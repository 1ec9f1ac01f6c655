"""Rules on how things end: holds once and in their time, purchases by one refund, late payments on record. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from math import inf

from sellout.history.history import History
from sellout.history.kept import KeptHold, Movement
from sellout.history.requests import Action, Request
from sellout.history.rules.keeping import asked_in
from sellout.history.told import granted

MICROSECONDS = 1_000_000
OPEN = frozenset({"held", "paying"})
ENDS = ("confirm", "release", "expire")


def holds_end_once(history: History) -> Iterator[str]:
    """A hold ends once, as somebody asked for or by its deadline, and as its buyer was told.

    docs/holds.md: what is confirmed has made one purchase of the same units; what was released has made none, and
    neither has what expired, unless a late confirmation got its units again, which makes it confirmed. So no unit is
    both given back and sold.
    """
    asked = asked_in(history.requests).about
    makes = {row.hold_id: row for row in history.kept.purchases if row.hold_id is not None}
    entries = {row.hold_id: row.entry_id for row in history.kept.entries}
    for hold in history.kept.holds:
        made = makes.get(hold.hold_id)
        if (hold.state == "confirmed") != (made is not None):
            yield f"Hold {hold.hold_id} is {hold.state} and has made {'a' if made else 'no'} purchase"
        if made is not None and (made.item, made.buyer, made.quantity) != (hold.item, hold.buyer, hold.quantity):
            yield f"Hold {hold.hold_id} has made purchase {made.purchase_id}, which is of other units"
        left = (Action.LEAVE, entries.get(hold.hold_id, "")) in asked
        if hold.state == "released" and not left and (Action.RELEASE, hold.hold_id) not in asked:
            yield f"Hold {hold.hold_id} is released, and nobody asked for that"
        if hold.state == "paying" and (Action.PAY, hold.hold_id) not in asked:
            yield f"Hold {hold.hold_id} is being paid, and nobody asked for that"
    yield from _ended_otherwise(history)
    yield from _ended_twice(history)


def _ended_otherwise(history: History) -> Iterator[str]:
    states = {row.hold_id: row.state for row in history.kept.holds}
    ends = {Action.CONFIRM: "confirmed", Action.RELEASE: "released"}
    for request, _ in granted(history.requests):
        expected, subject = ends.get(request.order.action), request.order.subject or ""
        if expected is not None and (state := states.get(subject)) != expected:
            yield f"{request.order.buyer} was told that hold {subject} is {expected}, and it is {state or 'not there'}"


def _ended_twice(history: History) -> Iterator[str]:
    ends = Counter(move.hold_id for move in history.kept.movements if move.kind in ENDS)
    for hold_id, times in ends.items():
        if times > 1:
            yield f"The units of hold {hold_id} were moved back {times} times"


def deadlines_are_kept(history: History) -> Iterator[str]:
    """By the shop's own clock no hold expires before its deadline, and none is confirmed or released after it.

    A hold lasts as long as its item says, and longer only where its payment began. These are the shop's instants, which
    never go back (each decision is at the instant of the one before, at the least), so that they hold also where its
    clock has jumped.
    """
    holds = {row.hold_id: row for row in history.kept.holds}
    for movement in history.kept.movements:
        hold = holds.get(movement.hold_id or "")
        if hold is not None and movement.kind in ENDS:
            yield from _out_of_time(movement, hold)
    asked = asked_in(history.requests).about
    paces = {item.item: item.pace for item in history.items}
    for hold in history.kept.holds:
        if (pace := paces.get(hold.item)) is not None:
            seconds = pace.hold if hold.entry_id is None else pace.offer
            paid = (Action.PAY, hold.hold_id) in asked
            lasts, least = hold.expires_at - hold.held_at, seconds * MICROSECONDS
            if lasts < least or (lasts > least and not paid):
                yield f"Hold {hold.hold_id} lasts {lasts / MICROSECONDS:g} s, and {seconds} s was promised"


def _out_of_time(movement: Movement, hold: KeptHold) -> Iterator[str]:
    seconds = (movement.moved_at - hold.expires_at) / MICROSECONDS
    if movement.kind == "expire" and seconds < 0:
        yield f"Hold {hold.hold_id} expired {-seconds:g} s before its deadline"
    elif movement.kind != "expire" and seconds >= 0:
        yield f"The {movement.kind} of hold {hold.hold_id} came {seconds:g} s after its deadline"


def refunded_once(history: History) -> Iterator[str]:
    """A purchase is given back at most once, because somebody asked for it, and never for more than it had.

    That the ledger has one movement of its units for each, and no other, is for `counters_match_ledger`.
    """
    asked = asked_in(history.requests).about
    for row in history.kept.purchases:
        if row.refunded_at is not None and (Action.REFUND, row.purchase_id) not in asked:
            yield f"Purchase {row.purchase_id} is refunded, and nobody asked for that"
    back: dict[str, int] = defaultdict(int)
    for movement in history.kept.movements:
        if movement.kind in ("buy", "refund"):
            back[movement.purchase_id or ""] += movement.sold
    for purchase_id, units in back.items():
        if units < 0:
            yield f"Purchase {purchase_id} gave back {-units} units more than it had"
    yield from given_back_again(history.requests)


def given_back_again(requests: tuple[Request, ...]) -> Iterator[str]:
    """Purchases that were told to be given back anew several times, or already when nobody had done so."""
    given: dict[str, int] = defaultdict(int)
    first: dict[str, float] = {}
    refunds = [request for request in requests if request.order.action is Action.REFUND]
    for request in refunds:
        subject, left = request.order.subject or "", request.attempts[0].started_at
        if not request.final.refused:
            first[subject] = min(left, first.get(subject, left))
        given[subject] += sum(attempt.granted and not attempt.replayed for attempt in request.attempts)
    for purchase_id, times in given.items():
        if times > 1:
            yield f"Purchase {purchase_id} was given back {times} times"
    for request in refunds:
        asked = first.get(request.order.subject or "", inf)
        if request.final.code == "already_refunded" and asked > request.final.ended_at:
            yield f"Purchase {request.order.subject} was told to be given back already, and nobody had done so"


def late_payments_are_recorded(history: History) -> Iterator[str]:
    """A payment that is told to be due back is recorded as such, and confirms nothing; no other is recorded."""
    recorded = {row.payment_ref: row for row in history.kept.late_payments}
    asked: dict[str, set[str]] = defaultdict(set)
    for request in history.requests:
        ref = request.order.payment_ref
        if request.order.action is Action.CONFIRM and ref is not None:
            asked[ref].add(request.order.subject or "")
            due = any(attempt.said.get("refund_due") is True for attempt in request.attempts)
            if due and ref not in recorded:
                yield f"Payment {ref} of {request.order.buyer} was told to be due back, and is not recorded"
    for ref, row in recorded.items():
        if row.hold_id not in asked[ref]:
            yield f"Payment {ref} is recorded as due back for hold {row.hold_id}, and nobody came with it"
    for bought in history.kept.purchases:
        if bought.payment_ref in recorded:
            yield f"Payment {bought.payment_ref} is due back, and has confirmed purchase {bought.purchase_id}"
