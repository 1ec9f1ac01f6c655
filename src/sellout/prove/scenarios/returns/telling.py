"""Returns, told: what became of owners, waiters and passers-by, and of what was given back. Pure."""

from collections import Counter
from collections.abc import Sequence

from sellout.history.requests import Action, Request
from sellout.history.told import purchases_told
from sellout.history.waiting import entries_told, offers_of
from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures
from sellout.prove.scenarios.returns.cast import ORGANISER
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.scenarios.shared.fates import in_all, of_each_buyer, tally
from sellout.prove.words import counted

FATES = ("bought", "confirmed", "let lapse", "left", "still waiting", "refused", "unanswered")
MEANINGS = {
    "200": "given back, confirmed, or looked at",
    "201": "bought, or on the list",
    "204": "left the list, or gave an offer back",
    "409": "given back already, or too few left",
}


def fates(evidence: Evidence) -> tuple[tuple[str, int], ...]:
    """Every buyer once; owners whose purchase was given back have bought all the same."""
    waiting = {entry.buyer for entry in evidence.entries if entry.state == "waiting"}
    lapsed = {entry.buyer for entry in evidence.entries if entry.state == "lapsed"}

    def fate(requests: Sequence[Request]) -> str:
        granted = {request.order.action for request in requests if request.final.granted}
        buyer = requests[0].order.buyer
        if Action.BUY in granted or Action.CONFIRM in granted:
            return "bought" if Action.BUY in granted else "confirmed"
        if buyer in lapsed:
            return "let lapse"
        if buyer in waiting:
            return "still waiting"
        if granted & {Action.LEAVE, Action.RELEASE}:
            return "left"
        return "refused" if any(request.final.refused for request in requests) else "unanswered"

    return of_each_buyer((r for r in evidence.requests if r.order.buyer != ORGANISER), fate, FATES)


def tallies(evidence: Evidence) -> tuple[Tally, ...]:
    """What was sold and given back, and every entry by its end."""
    purchases = list(purchases_told(evidence.requests).values())
    entries, offers = entries_told(evidence.requests), offers_of(evidence)
    counts, units = Counter[str](), Counter[str]()
    for entry in evidence.entries:
        counts[entry.state] += 1
        units[entry.state] += entry.quantity
    return (
        tally("bought outright", (purchase for purchase in purchases if purchase.hold_id is None)),
        tally("given back", (purchase for purchase in purchases if purchase.refunded)),
        Tally("joined the list", len(entries), sum(entry.line.quantity for entry in entries.values())),
        tally("offered", offers.values()),
        *(Tally(state, counts[state], units[state]) for state in ("confirmed", "lapsed", "left", "waiting")),
    )


def sentence(evidence: Evidence, _figures: Figures) -> str:
    """An exact run in a sentence."""
    purchases = purchases_told(evidence.requests).values()
    back = counted(sum(bool(purchase.refunded) for purchase in purchases), "purchase")
    waiters = counted(len(entries_told(evidence.requests)), "waiter")
    return f"{back} came back, and {waiters} had their turn: {in_all(evidence)}."


def opening(evidence: Evidence) -> tuple[Request, ...]:
    """The purchases with which everybody began at one instant."""
    return tuple(request for request in evidence.of((Action.BUY,)) if "-owner-" in request.order.buyer)
