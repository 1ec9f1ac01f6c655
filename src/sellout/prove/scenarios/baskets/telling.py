"""Baskets, told: what became of each of them. Pure."""

from collections.abc import Iterable, Sequence

from sellout.history.requests import Action, Order, Request
from sellout.history.told import granted
from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.scenarios.shared.fates import in_all, of_each_buyer
from sellout.prove.words import counted

FATES = ("bought", "confirmed", "released", "let expire", "refused", "unanswered")
MEANINGS = {
    "200": "confirmed",
    "201": "bought or held, all lines",
    "204": "released",
    "409": "refused for now: a line is short",
    "410": "a line is sold out",
}


def fates(evidence: Evidence) -> tuple[tuple[str, int], ...]:
    """Every buyer once: what became of their basket."""
    return of_each_buyer(evidence.requests, _fate, FATES)


def _fate(requests: Sequence[Request]) -> str:
    actions = {request.order.action for request in requests if request.final.granted}
    words = {Action.BUY_BASKET: "bought", Action.CONFIRM: "confirmed", Action.RELEASE: "released"}
    known = next((word for action, word in words.items() if action in actions), None)
    if known is not None or Action.HOLD_BASKET in actions:
        return known or "let expire"
    return "refused" if any(request.final.refused for request in requests) else "unanswered"


def tallies(evidence: Evidence) -> tuple[Tally, ...]:
    """Baskets and their holds by what became of them."""
    taken = {action: {r.order for r, _ in granted(evidence.of((action,)))} for action in Action}
    return (
        _tally("baskets bought", taken[Action.BUY_BASKET]),
        _tally("baskets held", taken[Action.HOLD_BASKET]),
        _tally("holds confirmed", taken[Action.CONFIRM]),
        _tally("holds released", taken[Action.RELEASE]),
    )


def _tally(word: str, orders: Iterable[Order]) -> Tally:
    quantities = [order.quantity for order in orders]
    return Tally(word, len(quantities), sum(quantities))


def sentence(evidence: Evidence, figures: Figures) -> str:
    """An exact run in a sentence."""
    crowd, items = counted(figures.buyers, "buyer"), counted(len(evidence.books), "item")
    return f"{crowd} came at one instant for baskets of {items}, each got all lines or none: {in_all(evidence)}."
