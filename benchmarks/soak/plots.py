"""Figures over time as lines. Pure: what is drawn is decided here; pages say how it looks.

A line is a row of points in shares of the width and of the height, so that a page may stretch it.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.soak.samples import Sample, Soaked
from benchmarks.soak.words import mebi, millis, whole

HEADROOM = 1.15


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: (share of the time, share of the height from below)."""

    name: str
    points: Sequence[tuple[float, float]]
    last: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: what is at its top, and its lines."""

    title: str
    caption: str
    top: str
    lines: Sequence[Line]


Value = Callable[[Sample], float | None]
Form = Callable[[float], str]


def plots(soaked: Soaked) -> list[Plot]:
    """All that are drawn."""
    samples = soaked.samples
    return [
        _plot("Memory", "Resident, all processes of the server", samples, mebi, {"": lambda s: s.memory}),
        _plot("Open files and threads", "Of the same processes; connections are files", samples, whole,
              {"files": lambda s: s.files, "threads": lambda s: s.threads}),
        _plot("Write-ahead log", "Grows to a checkpoint and begins anew", samples, mebi, {"": lambda s: s.wal}),
        _plot("Database", "Grows with what is sold", samples, mebi, {"": lambda s: s.database}),
        _plot("Purchases a second", "Of all who buy", rates(samples), whole, {"": lambda s: s.purchases}),
        _plot("Time to an answer", "Of those who buy at the bounded rate", samples, millis,
              {"p50": lambda s: s.p50_ms, "p99": lambda s: s.p99_ms}),
    ]  # fmt: skip


def rates(samples: Sequence[Sample]) -> list[Sample]:
    """Samples whose purchases are those of a second since the sample before."""
    return [
        replace(after, purchases=round((after.purchases - before.purchases) / (after.at - before.at)))
        for before, after in itertools.pairwise(samples)
    ]


def _plot(title: str, caption: str, samples: Sequence[Sample], form: Form, values: dict[str, Value]) -> Plot:
    found = {name: _points(samples, value) for name, value in values.items()}
    most = max((y for points in found.values() for _, y in points), default=0.0)
    end, top = max((sample.at for sample in samples), default=1.0), HEADROOM * most or 1.0
    lines = [
        Line(name, [(at / end, y / top) for at, y in points], form(points[-1][1]) if points else "")
        for name, points in found.items()
    ]  # fmt: skip
    return Plot(title, caption, form(most), lines)


def _points(samples: Sequence[Sample], value: Value) -> list[tuple[float, float]]:
    return [(sample.at, y) for sample in samples if (y := value(sample)) is not None]
