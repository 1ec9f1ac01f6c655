"""How many units of an item buyers had, at any moment of a run: at least, and at most. Pure.

Customers know of each thing only that it happened between the departure of a request and the arrival of its answer.
So there are two lines over time. What was `certain` to be had can prove an oversale at a moment, even one that was
mended later. What was `possible` can prove that a refusal was wrong: if even with every doubt against the buyer units
were free from the request's departure to its answer, they were free when it was decided.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from sellout.prove.evidence import Action, Evidence, Line, Pace, Request
from sellout.prove.told import ToldHold, ToldPurchase, Window, holds_told, purchases_told
from sellout.prove.waiting import ToldEntry, entries_told, offers_of

CLOCK_MARGIN_SECONDS = 0.25  # the server ends holds by its own clock, which ours may run a little ahead of or behind
ASKS_FOR_UNITS = (Action.BUY, Action.HOLD, Action.JOIN, Action.BUY_BASKET, Action.HOLD_BASKET)


@dataclass(frozen=True, slots=True)
class Claim:
    """Units that a buyer had: for certain in the one span of time, possibly in the other."""

    line: Line
    possible: tuple[float, float]
    certain: tuple[float, float]
    sold: bool = False


class Level:
    """A number that changes in steps, over time."""

    def __init__(self, changes: Iterable[tuple[float, int]], *, rise_first: bool) -> None:
        ordered = sorted(changes, key=lambda change: (change[0], -change[1] if rise_first else change[1]))
        self._times = [at for at, _ in ordered]
        self._levels = [0]
        for _, change in ordered:
            self._levels.append(self._levels[-1] + change)

    def most(self, start: float, end: float) -> int:
        """The highest level from `start` to `end`, both included."""
        return max(self._levels[bisect_left(self._times, start) : bisect_right(self._times, end) + 1])

    @property
    def peak(self) -> int:
        return max(self._levels)


@dataclass(frozen=True, slots=True)
class Levels:
    """Of one item. `engaged` are the units sold or held, or wanted by those who wait."""

    certainly_engaged: Level
    possibly_engaged: Level
    possibly_sold: Level


def levels_of(evidence: Evidence) -> dict[str, Levels]:
    """Both lines, for every item of the run."""
    claims = list(claims_of(evidence))
    return {item: _levels([claim for claim in claims if claim.line.item == item]) for item in evidence.items}


def _levels(claims: list[Claim]) -> Levels:
    certain = [(claim.certain, claim.line.quantity) for claim in claims if claim.certain[0] < claim.certain[1]]
    possible = [(claim.possible, claim.line.quantity) for claim in claims]
    sold = [(claim.possible, claim.line.quantity) for claim in claims if claim.sold]
    return Levels(
        Level(_steps(certain), rise_first=False),
        Level(_steps(possible), rise_first=True),
        Level(_steps(sold), rise_first=True),
    )


def _steps(spans: Iterable[tuple[tuple[float, float], int]]) -> Iterator[tuple[float, int]]:
    for (start, end), quantity in spans:
        yield start, quantity
        if end < inf:
            yield end, -quantity


def claims_of(evidence: Evidence) -> Iterator[Claim]:
    """Everything that anybody had or may have had."""
    purchases = purchases_told(evidence.requests)
    holds = holds_told(evidence.requests) | offers_of(evidence)
    yield from (_sale(purchase) for purchase in purchases.values())
    yield from (_kept(hold, evidence.pace) for hold in holds.values())
    yield from (_wanted(entry) for entry in entries_told(evidence.requests).values())
    yield from _unknown(evidence.requests)


def deadline_of(hold: ToldHold, pace: Pace) -> Window:
    """When a hold ends that is neither confirmed nor released, as far as its buyer can tell."""
    seconds = pace.offer if hold.offered else pace.hold
    earliest, latest = hold.taken.earliest + seconds, hold.taken.latest + seconds
    if hold.paid is not None:
        earliest, latest = (
            max(earliest, hold.paid.earliest + pace.payment),
            max(latest, hold.paid.latest + pace.payment),
        )
    return Window(earliest - CLOCK_MARGIN_SECONDS, latest + CLOCK_MARGIN_SECONDS)


def _sale(purchase: ToldPurchase) -> Claim:
    back = purchase.refunded or Window(inf, inf)
    sold = purchase.sold
    return Claim(purchase.line, (sold.earliest, back.latest), (sold.latest, back.earliest), sold=True)


def _kept(hold: ToldHold, pace: Pace) -> Claim:
    """As long as it is held; from its confirmation on, its purchase is a claim of its own."""
    deadline = deadline_of(hold, pace)
    released, confirmed = hold.released or hold.left or Window(inf, inf), hold.confirmed or Window(inf, inf)
    possible = min(deadline.latest, released.latest, confirmed.earliest)
    certain = min(deadline.earliest, released.earliest, confirmed.latest)
    return Claim(hold.line, (hold.taken.earliest, possible), (hold.taken.latest, certain))


def _wanted(entry: ToldEntry) -> Claim:
    """Units that come back are spoken for as long as somebody waits for them, until the offer claims them."""
    offered, left = entry.offered or Window(inf, inf), entry.left or Window(inf, inf)
    return Claim(entry.line, (entry.joined.earliest, min(offered.earliest, left.latest)), (inf, inf))


def _unknown(requests: Iterable[Request]) -> Iterator[Claim]:
    """Without a definite answer anything may have been granted."""
    for request in requests:
        if request.order.action in ASKS_FOR_UNITS and not request.final.definite:
            for line in request.order.lines:
                yield Claim(line, (request.attempts[0].started_at, inf), (inf, inf), sold=True)
