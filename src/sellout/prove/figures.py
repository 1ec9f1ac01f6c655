"""The figures of a run: what was sold, which answers came, how fast. Pure: no IO, no clock."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sellout.history.requests import Request
from sellout.history.told import purchases_told
from sellout.prove.evidence import Evidence
from sellout.prove.words import NO_ANSWER

BINS_MAX = 16  # from the fastest to the 99th percentile; what is slower shares one more


@dataclass(frozen=True, slots=True)
class Bin:
    """How many answers took at least `start_ms` and less than `end_ms`; the last has no end."""

    start_ms: float
    end_ms: float | None
    count: int

    @property
    def label(self) -> str:
        if self.end_ms is None:
            return f"{self.start_ms:g} ms and more"
        return f"{self.start_ms:g} to {self.end_ms:g} ms"


@dataclass(frozen=True, slots=True)
class Latency:
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    fates: tuple[tuple[str, int], ...]
    units: int  # sold and not given back, as buyers were told
    requests: int
    opening: int  # of these requests left at one instant
    doubled: int
    replayed: tuple[tuple[str, int], ...]
    answers: tuple[tuple[str, int], ...]
    latency: Latency | None
    departure_seconds: float  # between the first and the last departure of those that left at one instant
    seconds: float
    answers_per_second: float
    sales: tuple[tuple[float, int], ...]  # (seconds since the first departure, units sold so far)

    @property
    def buyers(self) -> int:
        return sum(count for _, count in self.fates)

    @property
    def replays(self) -> int:
        return sum(count for _, count in self.replayed)


def figures_of(evidence: Evidence, fates: tuple[tuple[str, int], ...], opening: Sequence[Request]) -> Figures:
    attempts = [attempt for request in evidence.requests for attempt in request.attempts]
    answered = [attempt for attempt in attempts if attempt.status is not None]
    began = min((attempt.started_at for attempt in attempts), default=0.0)
    seconds = max((attempt.ended_at for attempt in attempts), default=began) - began
    departures = [request.attempts[0].started_at for request in opening if request.attempts]
    sales = _sales(evidence.requests, began)
    return Figures(
        fates=fates,
        units=sales[-1][1] if sales else 0,
        requests=len(evidence.requests),
        opening=len(opening),
        doubled=len({order.buyer for order in evidence.orders if order.doubled}),
        replayed=_answers(str(attempt.status) for attempt in attempts if attempt.replayed),
        answers=_answers(str(attempt.status or NO_ANSWER) for attempt in attempts),
        latency=_latency([1000 * attempt.seconds for attempt in answered]),
        departure_seconds=max(departures, default=0.0) - min(departures, default=0.0),
        seconds=seconds,
        answers_per_second=len(answered) / seconds if seconds > 0 else 0.0,
        sales=sales,
    )


def _answers(statuses: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(statuses).items()))


def _latency(millis: list[float]) -> Latency | None:
    if not millis:
        return None
    ordered = sorted(millis)
    p50, p90, p99 = (_percentile(ordered, share) for share in (0.50, 0.90, 0.99))
    return Latency(p50, p90, p99, ordered[-1], _bins(ordered, p99))


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: a latency that somebody really had."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _bins(ordered: Sequence[float], p99_ms: float) -> tuple[Bin, ...]:
    width = _round_up((p99_ms - ordered[0]) / BINS_MAX)
    first, beyond = math.floor(ordered[0] / width), math.floor(p99_ms / width) + 1
    counts = Counter(min(beyond, math.floor(value / width)) for value in ordered)
    bins = [Bin(_tidy(n * width), _tidy((n + 1) * width), counts[n]) for n in range(first, beyond)]
    return tuple([*bins, Bin(_tidy(beyond * width), None, counts[beyond])] if counts[beyond] else bins)


def _tidy(millis: float) -> float:
    """Without the dust of binary fractions, so that 0.3 reads as 0.3."""
    return round(millis, 3)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ..., down to hundredths."""
    power = 10.0 ** math.floor(math.log10(max(value, 0.01)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def _sales(requests: Sequence[Request], began: float) -> tuple[tuple[float, int], ...]:
    """Each purchase at the first answer that told of it, and each refund, with the units sold so far."""
    changes = list[tuple[float, int]]()
    for purchase in purchases_told(requests).values():
        changes.append((purchase.sold.latest - began, purchase.line.quantity))
        if purchase.refunded is not None:
            changes.append((purchase.refunded.latest - began, -purchase.line.quantity))
    so_far, steps = 0, list[tuple[float, int]]()
    for seconds, quantity in sorted(changes):
        so_far += quantity
        steps.append((seconds, so_far))
    return tuple(steps)
