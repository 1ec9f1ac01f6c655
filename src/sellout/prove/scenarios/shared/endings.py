"""Rules on how holds end: as their buyers were told, in their time, and once and for all. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sellout.history.requests import Action, Request
from sellout.history.timeline import CLOCK_MARGIN_SECONDS, deadline_of
from sellout.history.told import ToldHold, ToldPurchase, holds_told, purchases_told
from sellout.history.waiting import entries_told, offers_of
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Hold

OPEN = frozenset({"held", "paying"})
ENDED_BY = {
    "hold_released": (Action.RELEASE, Action.LEAVE),
    "already_confirmed": (Action.CONFIRM,),
}


def holds_end_as_told(evidence: Evidence) -> Iterator[str]:
    """After the run every hold has ended, and as its buyer was told; no unit is held for anybody."""
    for books in evidence.books:
        if books.after.held:
            yield f"{books.after.held} of {books.item} are still held"
    kept = {hold.hold_id: hold for hold in evidence.holds}
    bought = {p.hold_id: p for p in purchases_told(evidence.requests).values() if p.hold_id is not None}
    unsure = {request.order.subject for request in evidence.requests if not request.final.definite}
    for told in all_holds(evidence).values():
        if told.hold_id not in kept:
            yield f"{told.buyer} was told of hold {told.hold_id}, and the server has no such hold"
            continue
        yield from _ended_otherwise(told, kept[told.hold_id], bought.get(told.hold_id))
        if told.hold_id not in bought and told.released is None and told.hold_id not in unsure:
            yield from _let_go_otherwise(told, kept[told.hold_id], evidence)


def _ended_otherwise(told: ToldHold, kept: Hold, bought: ToldPurchase | None) -> Iterator[str]:
    whose = f"Hold {told.hold_id} of {told.buyer}"
    if (kept.item, kept.quantity, kept.buyer) != (*told.line, told.buyer):
        yield f"{whose} for {told.line} is kept for {kept.buyer} with {kept.quantity} of {kept.item}"
    if kept.state in OPEN:
        yield f"{whose} is still {kept.state}"
    elif bought is not None and (kept.state, kept.purchase_id) != ("confirmed", bought.purchase_id):
        yield f"{whose} made purchase {bought.purchase_id} and is kept as {kept.state} with {kept.purchase_id}"
    elif told.released is not None and kept.state != "released":
        yield f"{whose} was released and is kept as {kept.state}"


def _let_go_otherwise(told: ToldHold, kept: Hold, evidence: Evidence) -> Iterator[str]:
    """Neither confirmed nor released: it must have expired, or have been given up by leaving the list in time."""
    whose, in_time = f"Hold {told.hold_id} of {told.buyer}", deadline_of(told, evidence.pace).earliest
    if told.left is None and kept.state not in (*OPEN, "expired"):
        yield f"{whose} was neither confirmed nor released and is kept as {kept.state}"
    elif told.left is not None and kept.state not in (*OPEN, "expired", "released"):
        yield f"{whose} was given up and is kept as {kept.state}"
    elif told.left is not None and kept.state == "expired" and told.left.latest < in_time:
        yield f"{whose} was given up in time and is kept as expired"


def deadlines_are_kept(evidence: Evidence) -> Iterator[str]:
    """No hold is told to have expired before its time, and none is paid or released after it."""
    holds = all_holds(evidence)
    for request in evidence.of((Action.PAY, Action.CONFIRM, Action.RELEASE)):
        told = holds.get(request.order.subject or "")
        if told is None:
            continue
        deadline, whose = deadline_of(told, evidence.pace), f"{told.buyer} with hold {told.hold_id}"
        for attempt in request.attempts:
            if attempt.code == "hold_expired" and attempt.ended_at < deadline.earliest:
                early = deadline.earliest - attempt.ended_at + CLOCK_MARGIN_SECONDS
                yield f"{whose} was told that it has expired, {early:.2f} s before its time"
    yield from _outlived(holds.values(), evidence)


def _outlived(holds: Iterable[ToldHold], evidence: Evidence) -> Iterator[str]:
    seen = {entry.hold_id: entry.last_offered for entry in entries_told(evidence.requests).values()}
    for told in holds:
        unpaid = deadline_of(_unpaid(told), evidence.pace).latest
        if told.paid is not None and told.paid.earliest > unpaid:
            yield f"{told.buyer} began to pay hold {told.hold_id} when it had expired"
        if told.released is not None and told.released.earliest > deadline_of(told, evidence.pace).latest:
            yield f"{told.buyer} released hold {told.hold_id} when it had expired"
        if seen.get(told.hold_id, 0.0) > deadline_of(told, evidence.pace).latest:
            yield f"{told.buyer} was shown offer {told.hold_id} when it had expired"


def _unpaid(told: ToldHold) -> ToldHold:
    return ToldHold(told.hold_id, told.buyer, told.line, told.taken, told.entry_id)


def ended_once(evidence: Evidence) -> Iterator[str]:
    """What was given back is not sold, and what was sold is not given back; and nobody is told of an end in vain."""
    for told in all_holds(evidence).values():
        given_back = told.released or told.left
        if told.confirmed is not None and given_back is not None:
            if given_back.latest < told.confirmed.earliest and told.released is not None:
                yield f"{told.buyer} confirmed hold {told.hold_id} after giving it back"
            if told.confirmed.latest < given_back.earliest:
                yield f"{told.buyer} gave hold {told.hold_id} back after confirming it"
    about: dict[str, list[Request]] = defaultdict(list)
    for request in evidence.requests:
        about[request.order.subject or ""].append(request)
    for request in evidence.of((Action.PAY, Action.CONFIRM, Action.RELEASE)):
        for attempt in request.attempts:
            actions = ENDED_BY.get(attempt.code or "")
            others = about[request.order.subject or ""] if actions else []
            asked = [r.attempts[0].started_at for r in others if actions and r.order.action in actions]
            if actions and min(asked, default=attempt.ended_at) >= attempt.ended_at:
                yield f"{request.order.buyer} was told {attempt}, and nobody had asked for that"


def all_holds(evidence: Evidence) -> dict[str, ToldHold]:
    """Those that buyers took, and those that the waiting list was offered."""
    return holds_told(evidence.requests) | offers_of(evidence)
