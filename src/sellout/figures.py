"""Figures of an item's sale, as plain values: what became of commands, and how long it took them. Pure.

Both only ever grow, so what happened between two looks is their difference.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from sellout.domain import Reason

Buckets = Sequence[tuple[float, int]]
"""Upper bounds in seconds, ascending to infinity, each with how many took so long at the most."""

PURCHASES = frozenset({"bought", "basket_bought"})
"""The names of outcomes that sell units. A confirmed hold is `bought`, too; a repeat of a key is not."""

REFUSALS = frozenset(str(reason) for reason in Reason)
"""The names of outcomes that are refusals."""


class Figures(NamedTuple):
    """Counts since the start: outcomes by name, and their latencies."""

    outcomes: Mapping[str, int] = {}
    buckets: Buckets = ()


def difference(later: Figures, earlier: Figures) -> Figures:
    """What came between two looks. Where a count has fallen the counting began anew, and all of `later` is new."""
    before = dict(earlier.buckets)
    outcomes = {name: count - earlier.outcomes.get(name, 0) for name, count in later.outcomes.items()}
    counts = [count - before.get(bound, 0) for bound, count in later.buckets]
    anew = earlier.outcomes.keys() - later.outcomes.keys() or len(before) > len(counts)
    if anew or min(outcomes.values(), default=0) < 0 or any(count < 0 for count in _own(counts)):
        return later
    bounds = [bound for bound, _ in later.buckets]
    return Figures({name: count for name, count in outcomes.items() if count}, list(zip(bounds, counts, strict=True)))


def _own(cumulative: Sequence[int]) -> list[int]:
    """What each bucket has by itself."""
    return [count - below for below, count in pairwise([0, *cumulative])]


def quantile(buckets: Buckets, q: float) -> float | None:
    """The latency that the share `q` of all did not exceed; None where there are none.

    As Prometheus's `histogram_quantile` (https://prometheus.io/docs/prometheus/latest/querying/functions/): values are
    taken as spread evenly over their bucket, whose lower bound is 0 for the first. Of the last bucket, which has no
    upper bound, only its lower bound is known.
    """
    if not buckets or buckets[-1][1] == 0:
        return None
    rank = q * buckets[-1][1]
    lower, below = 0.0, 0
    for upper, count in buckets:
        if count > below and count >= rank:
            return lower if math.isinf(upper) else lower + (upper - lower) * max(rank - below, 0) / (count - below)
        lower, below = upper, count
    return lower


def purchases(outcomes: Mapping[str, int]) -> int:
    """How many of them sold units."""
    return sum(count for name, count in outcomes.items() if name in PURCHASES)


def refusals(outcomes: Mapping[str, int]) -> dict[str, int]:
    """Those that are refusals, by reason."""
    return {name: count for name, count in outcomes.items() if name in REFUSALS}
