"""What became of buyers and of what they held, as they were told. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sellout.prove.evidence import Evidence, Request
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.told import ToldHold, ToldPurchase

Fate = Callable[[Sequence[Request]], str]


def of_each_buyer(requests: Iterable[Request], fate: Fate, fates: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Every buyer once, by all that they were told."""
    whose: dict[str, list[Request]] = {}
    for request in requests:
        whose.setdefault(request.order.buyer, []).append(request)
    found = Counter(fate(all_of_one) for all_of_one in whose.values())
    return tuple((word, found[word]) for word in fates)


def tally(word: str, things: Iterable[ToldHold | ToldPurchase]) -> Tally:
    """How many there are, and of how many units."""
    quantities = [thing.line.quantity for thing in things]
    return Tally(word, len(quantities), sum(quantities))


def in_all(evidence: Evidence) -> str:
    """What all counters say at the end, in a half-sentence."""
    after = evidence.after
    return f"of {after.capacity:,} units {after.sold:,} are sold and {after.available:,} free, all accounted for"
