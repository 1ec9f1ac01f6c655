"""The rush, told: what became of each buyer, and the run in a sentence. Pure."""

from collections import Counter

from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures
from sellout.prove.scenarios.rush.rules import acknowledged
from sellout.prove.words import counted


def fates(evidence: Evidence) -> tuple[tuple[str, int], ...]:
    """Everybody bought, or was refused, or has no answer."""
    told = {name for name, _ in acknowledged(evidence)}
    refused = {request.order.buyer for request in evidence.requests if request.final.refused}
    found = Counter(
        "bought" if order.buyer in told else "refused" if order.buyer in refused else "unanswered"
        for order in evidence.orders
    )
    return tuple((fate, found[fate]) for fate in ("bought", "refused", "unanswered"))


def sentence(evidence: Evidence, figures: Figures) -> str:
    """An exact run in a sentence."""
    crowd, sold = counted(figures.buyers, "buyer"), counted(figures.units, "unit")
    if figures.units == 0:
        return f"{crowd} came at one instant and nobody bought: {_nothing(evidence)}"
    if dict(figures.fates)["refused"] == 0:
        return f"{crowd} came at one instant, and all got what they asked for: {sold} sold."
    if figures.units == evidence.before.available:
        return f"{crowd} came at one instant for {sold}: all were sold, not one more, not one fewer."
    return f"{crowd} came at one instant: {sold} sold, and every refusal was true."


def _nothing(evidence: Evidence) -> str:
    left = evidence.before.available
    return "nothing was left to sell." if left == 0 else f"each wanted more than the {left:,} left."
