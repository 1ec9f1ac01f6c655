"""From runs to figures: medians over the rounds, ratios to the ceiling, and the goals. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Run

CEILING = "no-op"


@dataclass(frozen=True)
class Row:
    """The figures of one subject at one number of connections."""

    subject: str
    connections: int
    rounds: int
    rate: float
    slowest: float
    fastest: float
    p50: float
    p99: float
    cpu_per_thousand: float | None
    failed: float
    of_ceiling: float | None = None
    cpu_of_ceiling: float | None = None


@dataclass(frozen=True)
class Goal:
    """A named target; `value` is None where it was not measured."""

    says: str
    value: float | None
    target: float
    aim: float | None = None
    at_most: bool = False
    unit: str = ""

    @property
    def verdict(self) -> str:
        """In words: met, met with its aim, not met, or not measured."""
        if self.value is None:
            return "not measured"
        if not self._reaches(self.target):
            return "not met"
        return "met, and its aim" if self.aim is not None and self._reaches(self.aim) else "met"

    def _reaches(self, bound: float) -> bool:
        assert self.value is not None
        return self.value <= bound if self.at_most else self.value >= bound


def summarise(runs: Sequence[Run]) -> list[Row]:
    """One row for each subject and number of connections, in the order in which they were first run."""
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.subject, run.connections), []).append(run)
    rows = {place: _row(group) for place, group in groups.items()}
    return [_against(row, rows.get((CEILING, row.connections))) for row in rows.values()]


def _row(runs: Sequence[Run]) -> Row:
    rates = [run.rate for run in runs]
    cpu = [run.cpu_per_thousand for run in runs if run.cpu_per_thousand is not None]
    return Row(
        subject=runs[0].subject,
        connections=runs[0].connections,
        rounds=len(runs),
        rate=median(rates),
        slowest=min(rates),
        fastest=max(rates),
        p50=median(run.load.p50 for run in runs),
        p99=median(run.load.p99 for run in runs),
        cpu_per_thousand=median(cpu) if cpu else None,
        failed=sum(run.load.failed for run in runs) / sum(run.load.requests for run in runs),
    )


def _against(row: Row, ceiling: Row | None) -> Row:
    if ceiling is None:
        return row
    fields = {**vars(row), "of_ceiling": ratio(row.rate, ceiling.rate)}
    fields["cpu_of_ceiling"] = ratio(row.cpu_per_thousand, ceiling.cpu_per_thousand)
    return Row(**fields)


def ratio(value: float | None, base: float | None) -> float | None:
    """`value / base`, where both were measured."""
    return None if value is None or not base else value / base


def rate_of(rows: Iterable[Row], subject: str, connections: int) -> float | None:
    """The median rate of a subject, if it was measured."""
    return next((row.rate for row in rows if row.subject == subject and row.connections == connections), None)


def goals(rows: Sequence[Row], connections: int = 512) -> list[Goal]:
    """The goals that the rows can tell about."""
    ceiling = rate_of(rows, CEILING, connections)
    buying = rate_of(rows, "buy", connections)
    at = f"at {connections} connections"
    found = [
        Goal(f"buying, a key each, against the ceiling, {at}", ratio(buying, ceiling), 0.60, 0.80),
        Goal(
            f"buying, a key each, against the seed's design, {at}",
            ratio(buying, rate_of(rows, "seed", connections)),
            100,
        ),
    ]
    for name, says in (("sold-out", "a key each"), ("sold-out-no-key", "without a key")):
        value = ratio(rate_of(rows, name, connections), ceiling)
        found.append(Goal(f"sold out, {says}, against the ceiling, {at}", value, 0.80, 0.90))
    holding = ratio(rate_of(rows, "hold-confirm", connections), ceiling)
    found.append(Goal(f"holding and confirming, a key each, against the ceiling, {at}", holding, 0.40))
    return [*found, *_postgres_goals(rows, ceiling, connections)]


def _postgres_goals(rows: Sequence[Row], ceiling: float | None, connections: int) -> list[Goal]:
    one, two, textbook = (
        rate_of(rows, name, connections) for name in ("buy-postgres", "buy-postgres-2", "textbook-postgres")
    )
    at = f"at {connections} connections"
    return [
        Goal(f"buying on PostgreSQL, against the ceiling, {at}", ratio(one, ceiling), 0.50),
        Goal(f"buying on PostgreSQL, against the textbook's transaction a request, {at}", ratio(one, textbook), 10),
        Goal(f"two nodes on one item, against one, {at}", ratio(two, one), 1.0),
    ]
