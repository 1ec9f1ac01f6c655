"""The figures of a run: who got what, which answers came, how fast. Pure: no IO, no clock."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from sellout.prove.evidence import Evidence, Request
from sellout.prove.rules import acknowledged

NO_ANSWER = "no answer"
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
    buyers: int
    bought: int
    refused: int
    unanswered: int
    units: int
    requests: int
    doubled: int
    replayed: int
    answers: tuple[tuple[str, int], ...]
    latency: Latency | None
    departure_seconds: float  # between the first and the last request's first departure
    seconds: float
    answers_per_second: float
    sales: tuple[tuple[float, int], ...]  # (seconds since the release, units sold so far)


def figures_of(evidence: Evidence) -> Figures:
    attempts = [attempt for request in evidence.requests for attempt in request.attempts]
    answered = [attempt for attempt in attempts if attempt.status is not None]
    released = min((attempt.started_at for attempt in attempts), default=0.0)
    seconds = max((attempt.ended_at for attempt in attempts), default=released) - released
    fates = Counter(_fates(evidence))
    return Figures(
        buyers=len(evidence.buyers),
        bought=fates["bought"],
        refused=fates["refused"],
        unanswered=fates["unanswered"],
        units=sum(acknowledged(evidence).values()),
        requests=len(evidence.requests),
        doubled=sum(buyer.doubled for buyer in evidence.buyers),
        replayed=sum(attempt.replayed for attempt in attempts),
        answers=_answers(str(attempt.status or NO_ANSWER) for attempt in attempts),
        latency=_latency([1000 * attempt.seconds for attempt in answered]),
        departure_seconds=max((r.attempts[0].started_at for r in evidence.requests), default=released) - released,
        seconds=seconds,
        answers_per_second=len(answered) / seconds if seconds > 0 else 0.0,
        sales=_sales(evidence.requests, released),
    )


def meaning_of(answer: str) -> str:
    """What a status says to a buyer, in a word or two."""
    known = {
        "201": "bought",
        "409": "refused for now: too few left, held by others, or a limit",
        "410": "sold out",
        "429": "too many requests, asked again",
        "503": "busy, asked again",
        NO_ANSWER: "connection lost, asked again",
    }
    if answer in known:
        return known[answer]
    return HTTPStatus(int(answer)).phrase.lower() if int(answer) in set(HTTPStatus) else "unknown status"


def _fates(evidence: Evidence) -> Iterable[str]:
    told = {name for name, _ in acknowledged(evidence)}
    refused = {request.buyer.name for request in evidence.requests if request.final.refused}
    for buyer in evidence.buyers:
        yield "bought" if buyer.name in told else "refused" if buyer.name in refused else "unanswered"


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


def _sales(requests: Iterable[Request], released: float) -> tuple[tuple[float, int], ...]:
    """Each purchase at the first answer that told of it, with the units sold so far."""
    first: dict[str, tuple[float, int]] = {}
    for request in requests:
        for attempt in request.attempts:
            if attempt.acknowledged and attempt.purchase_id is not None:
                at = (attempt.ended_at - released, request.buyer.quantity)
                first[attempt.purchase_id] = min(first.get(attempt.purchase_id, at), at)
    so_far, steps = 0, list[tuple[float, int]]()
    for seconds, quantity in sorted(first.values()):
        so_far += quantity
        steps.append((seconds, so_far))
    return tuple(steps)
