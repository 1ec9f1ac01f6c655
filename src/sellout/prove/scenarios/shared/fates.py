"""What became of buyers and of what they held, as they were told. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sellout.history.requests import Order, Request
from sellout.history.told import ToldHold, ToldPurchase
from sellout.prove.evidence import Evidence
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.words import counted

Fate = Callable[[Sequence[Request]], str]


def of_each_buyer(requests: Iterable[Request], fate: Fate, fates: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Every buyer once, by all that they were told."""
    whose: dict[str, list[Request]] = {}
    for request in requests:
        whose.setdefault(request.order.buyer, []).append(request)
    found = Counter(fate(all_of_one) for all_of_one in whose.values())
    return tuple((word, found[word]) for word in fates)


def first_requests(evidence: Evidence) -> tuple[Request, ...]:
    """Everybody's first request, in every copy: they left at one instant."""
    order_of: dict[str, Order] = {}
    found: dict[tuple[str, int], Request] = {}
    for request in evidence.requests:
        order = order_of.setdefault(request.order.buyer, request.order)
        if request.order == order:
            found.setdefault((order.buyer, request.copy), request)
    return tuple(found.values())


def tally(word: str, things: Iterable[ToldHold | ToldPurchase]) -> Tally:
    """How many there are, and of how many units."""
    quantities = [thing.line.quantity for thing in things]
    return Tally(word, len(quantities), sum(quantities))


def in_all(evidence: Evidence) -> str:
    """What all counters say at the end, in a half-sentence."""
    after = evidence.after
    in_stock = counted(after.capacity, "unit")
    return f"of {in_stock} {after.sold:,} are sold and {after.available:,} free, all accounted for"
