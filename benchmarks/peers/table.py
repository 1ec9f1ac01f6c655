"""From runs to rows, and a row in words. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.peers.judge import Verdict
from benchmarks.peers.play import Run

KINDS = ("oversold", "undersold", "lost", "doubled", "untold")
EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that was seen."""

    least: float
    most: float

    def words(self, form: Callable[[float], str]) -> str:
        least, most = form(self.least), form(self.most)
        return least if least == most else f"{least} to {most}"


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of a design with one victim, or with none."""

    design: str
    victim: str | None
    runs: tuple[Run, ...]

    @property
    def exact(self) -> bool:
        return all(run.verdict.exact for run in self.runs)

    @property
    def exact_runs(self) -> int:
        return sum(run.verdict.exact for run in self.runs)

    @property
    def worst(self) -> Verdict:
        """The run with most errors, which is the one that is drawn."""
        return max((run.verdict for run in self.runs), key=errors_of)

    def span(self, value: Callable[[Run], float]) -> Span:
        values = [value(run) for run in self.runs]
        return Span(min(values), max(values))

    def units(self, kind: str) -> str:
        """How many units of one kind of error, or of what was recorded or acknowledged."""
        return self.span(lambda run: getattr(run.verdict, kind)).words(whole)

    def seconds(self, name: str) -> str:
        return self.span(lambda run: getattr(run, name) or 0.0).words(clock) + " s"


def errors_of(verdict: Verdict) -> int:
    return sum(getattr(verdict, kind) for kind in KINDS)


def rows(runs: Sequence[Run]) -> list[Row]:
    """One for each design and victim, in the order in which they were first played."""
    found: dict[tuple[str, str | None], list[Run]] = {}
    for run in runs:
        found.setdefault((run.design, run.victim), []).append(run)
    return [Row(design, victim, tuple(group)) for (design, victim), group in found.items()]


def verdict_in_words(row: Row, *, named: bool) -> str:
    """What went wrong, each kind with its least and most; `exact` where nothing did."""
    if row.exact:
        return EXACT
    said = [f"{word(kind, named=named)} {row.units(kind)}" for kind in KINDS if any_of(row, kind)]
    adrift = f"its stock is {row.units('adrift')} off its own records"
    return ", ".join(said) or adrift


def any_of(row: Row, kind: str) -> bool:
    return any(getattr(run.verdict, kind) for run in row.runs)


def word(kind: str, *, named: bool) -> str:
    """Without names on record nobody can say whose a unit is that no answer told of."""
    return "doubled or untold" if kind == "doubled" and not named else kind


def whole(value: float) -> str:
    return f"{value:,.0f}"


def clock(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"
