"""Holds, told: what became of each buyer and of each hold. Pure."""

from collections.abc import Sequence

from sellout.history.requests import Action, Request
from sellout.history.told import holds_told, purchases_told
from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.scenarios.shared.fates import in_all, of_each_buyer, tally
from sellout.prove.words import counted

FATES = ("bought", "refunded", "released", "let expire", "refused", "unanswered")
MEANINGS = {
    "200": "paying, or confirmed",
    "201": "held, or bought",
    "204": "released",
    "409": "refused for now, or too late",
}


def fates(evidence: Evidence) -> tuple[tuple[str, int], ...]:
    """Every buyer once: what they went home with."""
    return of_each_buyer(evidence.requests, _fate, FATES)


def _fate(requests: Sequence[Request]) -> str:
    granted = {request.order.action for request in requests if request.final.granted}
    if granted & {Action.CONFIRM, Action.BUY}:
        return "bought"
    if any(request.final.said.get("refund_due") for request in requests):
        return "refunded"
    if Action.RELEASE in granted:
        return "released"
    if Action.HOLD in granted:
        return "let expire"
    return "refused" if any(request.final.refused for request in requests) else "unanswered"


def tallies(evidence: Evidence) -> tuple[Tally, ...]:
    """Every hold by its end, and what was bought without one."""
    holds = holds_told(evidence.requests)
    ended = {hold.hold_id: hold.state for hold in evidence.holds}
    due = {r.order.subject for r in evidence.of((Action.CONFIRM,)) if r.final.said.get("refund_due")}
    direct = [p for p in purchases_told(evidence.requests).values() if p.hold_id is None]
    return (
        tally("held", holds.values()),
        tally("confirmed", (hold for hold in holds.values() if hold.confirmed)),
        tally("released", (hold for hold in holds.values() if hold.released)),
        tally("expired", (hold for hold in holds.values() if ended.get(hold.hold_id) == "expired")),
        tally("refund due", (hold for hold in holds.values() if hold.hold_id in due)),
        tally("bought at the last call", direct),
    )


def sentence(evidence: Evidence, figures: Figures) -> str:
    """An exact run in a sentence."""
    held = counted(len(holds_told(evidence.requests)), "hold")
    return f"{counted(figures.buyers, 'buyer')} came at one instant and took {held}: {in_all(evidence)}."
