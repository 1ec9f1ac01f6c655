"""How many units of an item buyers had, at any moment of a run: at least, and at most. Pure.

Customers know of each thing only that it happened between the departure of a request and the arrival of its answer.
So there are two lines over time. What was `certain` to be had can prove an oversale at a moment, even one that was
mended later. What was `possible` can prove that a refusal was wrong: if even with every doubt against the buyer units
were free from the request's departure to its answer, they were free when it was decided.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Protocol

from sellout.history import waiting
from sellout.history.highest import Highest
from sellout.history.requests import Action, Line, Request
from sellout.history.told import ToldHold, ToldPurchase, Window, holds_told, purchases_told
from sellout.history.waiting import ToldEntry, entries_told, offers_of

CLOCK_MARGIN_SECONDS = 0.25  # the server ends holds by its own clock, which ours may run a little ahead of or behind
ASKS_FOR_UNITS = (
    Action.BUY,
    Action.HOLD,
    Action.JOIN,
    Action.CONFIRM,
    Action.BUY_BASKET,
    Action.HOLD_BASKET,
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an item keeps units for somebody, in seconds."""

    hold: int = 2
    payment: int = 2
    offer: int = 1


class Seen(waiting.Seen, Protocol):
    """What is known of a run, with the pace of each of its items; None where deadlines cannot be believed.

    `doubted` are the requests of which nobody can say what became.
    """

    @property
    def paces(self) -> Mapping[str, Pace | None]: ...

    @property
    def doubted(self) -> Sequence[Request]: ...


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
        self._levels = Highest([0, *accumulate(change for _, change in ordered)])

    def most(self, start: float, end: float) -> int:
        """The highest level from `start` to `end`, both included."""
        return self._levels.within(bisect_left(self._times, start), bisect_right(self._times, end) + 1)

    @property
    def peak(self) -> int:
        return self._levels.within(0, len(self._times) + 1)


@dataclass(frozen=True, slots=True)
class Levels:
    """Of one item. `engaged` are the units sold or held, or wanted by those who wait."""

    certainly_engaged: Level
    possibly_engaged: Level
    possibly_sold: Level


def levels_of(seen: Seen) -> dict[str, Levels]:
    """Both lines, for every item of the run."""
    claims: dict[str, list[Claim]] = {item: [] for item in seen.paces}
    for claim in claims_of(seen):
        claims.setdefault(claim.line.item, []).append(claim)
    return {item: _levels(found) for item, found in claims.items()}


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


def claims_of(seen: Seen) -> Iterator[Claim]:
    """Everything that anybody had or may have had."""
    offers = offers_of(seen)
    doubts = _doubts(seen.doubted, {hold.entry_id: hold_id for hold_id, hold in offers.items()})
    for purchase in purchases_told(seen.requests).values():
        yield _sale(purchase, doubts.get(purchase.purchase_id, inf))
    for hold in (holds_told(seen.requests) | offers).values():
        yield _kept(hold, seen.paces.get(hold.line.item), doubts.get(hold.hold_id, inf))
    yield from (_wanted(entry) for entry in entries_told(seen.requests).values())
    yield from _unknown(seen.doubted)


def _doubts(doubted: Sequence[Request], offers: Mapping[str | None, str]) -> dict[str, float]:
    """From when on nobody can say what has become of a thing, because of a request about it."""
    doubts: dict[str, float] = {}
    for request in doubted:
        if request.order.subject is not None and request.order.action is not Action.LOOK:
            subject = offers.get(request.order.subject, request.order.subject)
            doubts[subject] = min(doubts.get(subject, inf), request.attempts[0].started_at)
    return doubts


def deadline_of(hold: ToldHold, pace: Pace | None) -> Window:
    """When a hold ends that is neither confirmed nor released, as far as its buyer can tell."""
    if pace is None:
        return Window(-inf, inf)
    seconds = pace.offer if hold.offered else pace.hold
    earliest, latest = hold.taken.earliest + seconds, hold.taken.latest + seconds
    if hold.paid is not None:
        earliest, latest = (
            max(earliest, hold.paid.earliest + pace.payment),
            max(latest, hold.paid.latest + pace.payment),
        )
    return Window(earliest - CLOCK_MARGIN_SECONDS, latest + CLOCK_MARGIN_SECONDS)


def _sale(purchase: ToldPurchase, doubt: float) -> Claim:
    back = purchase.refunded or Window(inf, inf)
    sold = purchase.sold
    return Claim(purchase.line, (sold.earliest, back.latest), (sold.latest, min(back.earliest, doubt)), sold=True)


def _kept(hold: ToldHold, pace: Pace | None, doubt: float) -> Claim:
    """As long as it is held; from its confirmation on, its purchase is a claim of its own."""
    deadline = deadline_of(hold, pace if doubt == inf else None)
    released, confirmed = hold.released or hold.left or Window(inf, inf), hold.confirmed or Window(inf, inf)
    possible = min(deadline.latest, released.latest, confirmed.earliest)
    certain = min(deadline_of(hold, pace).earliest, released.earliest, confirmed.latest, doubt)
    return Claim(hold.line, (hold.taken.earliest, possible), (hold.taken.latest, certain))


def _wanted(entry: ToldEntry) -> Claim:
    """Units that come back are spoken for as long as somebody waits for them, until the offer claims them."""
    offered, left = entry.offered or Window(inf, inf), entry.left or Window(inf, inf)
    return Claim(entry.line, (entry.joined.earliest, min(offered.earliest, left.latest)), (inf, inf))


def _unknown(doubted: Iterable[Request]) -> Iterator[Claim]:
    """Where nobody can say what became of a request, all that it asked for may have been granted.

    Without a key every attempt that was not answered may have been granted for itself.
    """
    for request in doubted:
        if request.order.action in ASKS_FOR_UNITS:
            times = 1 if request.order.key is not None else sum(attempt.unknown for attempt in request.attempts)
            for line in request.order.lines * times:
                yield Claim(line, (request.attempts[0].started_at, inf), (inf, inf), sold=True)
