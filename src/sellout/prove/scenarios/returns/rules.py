"""The properties that refunds and the waiting list must have beyond what all scenarios share. Pure.

Who was before whom is judged twice: by the customers' own clock, which says so for certain only where one's answer had
come before the other's request left; and by the times that the server names, which must agree with that.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf

from sellout.history.requests import Action
from sellout.history.rules.answers import EXPIRED, STOCK, Refusals
from sellout.history.rules.endings import given_back_again
from sellout.history.told import granted, purchases_told
from sellout.history.turns import Mark, Service, overtaken, passed_by, waits_in_vain
from sellout.history.waiting import ToldEntry, entries_told
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Entry, Purchase

FITTING: Refusals = {
    Action.BUY: STOCK,
    Action.PAY: EXPIRED,
    Action.CONFIRM: EXPIRED,
    Action.RELEASE: EXPIRED,
    Action.REFUND: frozenset({(409, "already_refunded")}),
}


def served_in_turn(evidence: Evidence) -> Iterator[str]:
    """Nobody who could have been served was passed by one who came later and wanted no fewer units.

    Whoever left without an offer is left out: when that was, the server does not say. Buyers who passed by count as
    having come at the moment when they bought.
    """
    for earlier, later in passed_by(_services(evidence)):
        served = "waits still" if earlier.served is None else f"was served only at {earlier.served:%H:%M:%S.%f}"
        wanted = f"{later.quantity} at {later.served:%H:%M:%S.%f}, having come later than {earlier.who}"
        yield f"{later.who} was served {wanted}, who wanted {earlier.quantity} and {served}"


def _services(evidence: Evidence) -> Iterator[Service[datetime]]:
    told = entries_told(evidence.requests)
    for entry in evidence.entries:
        offered = _offered_at(told.get(entry.entry_id), entry.hold_id, evidence)
        if offered is not None or entry.state == "waiting":
            yield Service(entry.buyer or "", entry.quantity, entry.joined_at, offered)
    for purchase in evidence.purchases:
        if purchase.hold_id is None and purchase.purchased_at is not None:
            at = purchase.purchased_at
            yield Service(purchase.buyer or "", purchase.quantity, at, at)


def _offered_at(told: ToldEntry | None, hold_id: str | None, evidence: Evidence) -> datetime | None:
    """By the deadline that the offer was first told with, or that its hold has after the run."""
    until = told.offered_until if told is not None else None
    if until is None and hold_id is not None:
        until = next((hold.expires_at for hold in evidence.holds if hold.hold_id == hold_id), None)
    return None if until is None else until - timedelta(seconds=evidence.pace.offer)


def joined_in_order(evidence: Evidence) -> Iterator[str]:
    """Whoever had joined before another one asked has the earlier time, and places are counted from 1 in that order."""
    told = entries_told(evidence.requests)
    entered = [entry for entry in evidence.entries if entry.entry_id in told]
    marks = [Mark(entry.buyer or "", told[entry.entry_id].joined, entry.joined_at) for entry in entered]
    for first, second in overtaken(marks):
        yield f"{second.who} joined after {first.who} and is entered before, at {second.place}"
    yield from _places(evidence.entries)


def _places(entries: Iterable[Entry]) -> Iterator[str]:
    waiting = sorted((e for e in entries if e.state == "waiting"), key=lambda e: (e.position or 0, e.joined_at))
    for number, entry in enumerate(waiting, 1):
        if entry.position != number:
            yield f"{entry.buyer} waits as number {number} and has the place {entry.position}"
    for first, second in pairwise(waiting):
        if first.joined_at > second.joined_at:
            yield f"{second.buyer} joined before {first.buyer} and waits behind"


def places_are_true(evidence: Evidence) -> Iterator[str]:
    """The place that one is told on joining counts those who wait before, as far as customers can tell.

    Certainly before are those who had joined, less all who may have been offered something or left by then; possibly,
    all who may have joined by then, less those who certainly were or had.
    """
    told = list(entries_told(evidence.requests).values())
    may_come, gone = sorted(e.joined.earliest for e in told), sorted(_gone(e) for e in told)
    came, until = sorted(told, key=lambda entry: entry.joined.latest), list[float]()
    for entry, place in sorted(_first_places(evidence, told), key=lambda joining: joining[0].joined):
        asked, answered = entry.joined
        while len(until) < len(came) and came[len(until)].joined.latest < asked:
            insort(until, came[len(until)].waited_until)
        least = len(until) - bisect_right(until, answered)
        most = bisect_left(may_come, answered) - 1 - bisect_left(gone, asked)
        if place is not None and not least < place <= most + 1:
            yield f"{entry.buyer} was told place {place} on joining, and {least} to {most} waited before"


def _first_places(evidence: Evidence, told: Iterable[ToldEntry]) -> Iterator[tuple[ToldEntry, int | None]]:
    by_id = {entry.entry_id: entry for entry in told}
    for request, answer in granted(evidence.of((Action.JOIN,))):
        entry = by_id.get(answer.text("entry_id") or "")
        if entry is not None and not request.final.replayed:
            yield entry, answer.whole("position")


def _gone(entry: ToldEntry) -> float:
    """When it certainly waited no longer: its buyer was told of an offer, or of having left."""
    return min(window.latest if window is not None else inf for window in (entry.offered, entry.left))


def entries_end_as_told(evidence: Evidence) -> Iterator[str]:
    """Every entry is there, as it was told; it waits, or has come to the end that its offer had."""
    kept = {entry.entry_id: entry for entry in evidence.entries}
    states = {hold.hold_id: hold.state for hold in evidence.holds}
    ends = {"confirmed": "confirmed", "released": "left", "expired": "lapsed"}
    for told in entries_told(evidence.requests).values():
        entry = kept.get(told.entry_id)
        if entry is None:
            yield f"{told.buyer} was told of entry {told.entry_id}, and the server has no such entry"
            continue
        if (entry.buyer, entry.quantity, entry.item) != (told.buyer, told.line.quantity, told.line.item):
            yield f"The entry of {told.buyer} for {told.line} is kept for {entry.buyer} with {entry.quantity}"
        hold_id = told.hold_id or entry.hold_id or ""
        expected = ends.get(states.get(hold_id, ""), "left" if told.left else "waiting")
        if entry.state != expected:
            yield f"The entry of {told.buyer} is {entry.state}, and by all that was told it is {expected}"


def nobody_waits_for_free_units(evidence: Evidence) -> Iterator[str]:
    """At the end, when nothing moves any more, no unit is free while somebody waits for no more than that."""
    free = {books.item: books.after.available for books in evidence.books}
    return waits_in_vain((entry for entry in evidence.entries if entry.state in ("waiting", "offered")), free)


def refunded_once(evidence: Evidence) -> Iterator[str]:
    """Each purchase that was given back counts once; whoever asks again is told so, and not before."""
    yield from given_back_again(evidence.requests)
    yield from _entered_once(evidence)


def _entered_once(evidence: Evidence) -> Iterator[str]:
    told = {purchase.purchase_id for purchase in purchases_told(evidence.requests).values() if purchase.refunded}
    back = [purchase for purchase in evidence.purchases if purchase.state == "refunded"]
    for books in evidence.books:
        entered, expected = books.audit_after.of("refund"), [p for p in books.purchases if p.state == "refunded"]
        if (entered.count, -entered.sold) != (len(expected), _units(expected)):
            yield (
                f"{len(expected)} purchases with {_units(expected)} units of {books.item} are kept as refunded, and "
                f"the ledger has {entered.count} movements refund with {-entered.sold}"
            )
    for purchase in back:
        if purchase.purchase_id not in told:
            yield f"Purchase {purchase.purchase_id} is kept as refunded, and nobody was told so"


def _units(purchases: Iterable[Purchase]) -> int:
    return sum(purchase.quantity for purchase in purchases)
