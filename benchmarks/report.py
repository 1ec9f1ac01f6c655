"""Says what was measured: a table for the terminal, and docs/benchmarks.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.full import MEBI, Full
from benchmarks.machine import Disk
from benchmarks.results import Goal, Row
from benchmarks.subjects_networked import ALL

COLUMNS = ("subject", "req/s", "spread", "of no-op", "p50 ms", "p99 ms", "CPU s/1000", "CPU ratio")

METHOD = """\
The load generator is `wrk -t1` on the same machine, with one script for all subjects but two: a POST
of the same size with a key and a buyer of its own in each request, in random order. The subjects take
turns: every round visits each of them on a fresh server and a fresh database, warms it up for a
second while counting every status, and then measures. The figures are medians over the rounds,
spread is from the slowest to the fastest round; CPU is that of the server's processes. A run counts
only if it is verified: no-ops and purchases must all succeed, the sold-out subjects must refuse
everything, and the server's own count of sales must match what the buyers were told (wrk leaves at
most one request a connection unanswered when it ends). "no-op" answers a fixed JSON from Granian
with Sellout's settings and is the ceiling; "no-op-body" also takes the request's body and is for
information. "seed" is the design that Sellout grew from, with its defaults; its rate counts
successful answers only. "hold-confirm" has a script of its own, which reads the ids of holds from
their answers and confirms them; both requests count, half of them sell, and the run counts only if
sales match the confirmations and holds have ended beside them. To look at answers slows wrk:
"no-op-hold" is the no-op under that script, and what it lacks of "no-op" is the script's cost, which
the ratios of "hold-confirm" to "no-op" contain.

The subjects on PostgreSQL (`--postgres`) share one server of their own with PostgreSQL's default settings,
so each commit waits for the disk; every visit gets a fresh database, and the CPU of the server's processes
is counted with that of the subject. With two nodes the load is split between two wrk processes, their
rates are added, and the percentiles are those of the slower one. "textbook-postgres" and
"one-statement-postgres" sell with a transaction a request, "redis-lua" with a script a request that is
synced to the disk before it is answered; all three are FastAPI on Uvicorn, sell without idempotency keys,
and keep no ledger."""


@dataclass(frozen=True)
class Report:
    """All that a run of the benchmark has to say."""

    date: str
    command: str
    hardware: dict[str, str]
    disk: Disk
    versions: dict[str, str]
    rounds: int
    seconds: int
    rows: Sequence[Row]
    goals: Sequence[Goal]
    full: Full | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def cells(row: Row) -> list[str]:
    """One row as text."""
    name = row.subject + (f" ({row.failed:.1%} errors)" if row.failed and row.subject == "seed" else "")
    return [
        name,
        f"{row.rate:,.0f}",
        f"{(row.fastest - row.slowest) / row.rate:.0%}" if row.rate else "",
        _figure(row.of_ceiling),
        f"{row.p50 * 1000:,.1f}",
        f"{row.p99 * 1000:,.1f}",
        _figure(row.cpu_per_thousand),
        _figure(row.cpu_of_ceiling),
    ]


def goal_cells(goal: Goal) -> list[str]:
    """One goal as text."""
    sign = "at most" if goal.at_most else "at least"
    aim = "" if goal.aim is None else f" (aim {goal.aim:g})"
    value = "" if goal.value is None else f"{goal.value:.2f}{goal.unit}"
    return [goal.says, value, f"{sign} {goal.target:g}{goal.unit}{aim}", goal.verdict]


def _figure(value: float | None) -> str:
    """Three significant digits, however small: the seed's share of the ceiling is no zero."""
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def at_each(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """The rows by number of connections."""
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.connections, []).append(row)
    return groups


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    for connections, rows in at_each(report.rows).items():
        table = Table(title=f"{connections} connections", box=SIMPLE, pad_edge=False, collapse_padding=True)
        for column in COLUMNS:
            table.add_column(column, justify="left" if column == "subject" else "right", no_wrap=column == "subject")
        for row in rows:
            table.add_row(*cells(row))
        console.print(table)
    table = Table("goal", "measured", "wanted", "verdict", title="Goals", box=SIMPLE, pad_edge=False)
    for goal in (goal for goal in report.goals if goal.value is not None):
        table.add_row(*goal_cells(goal))
    console.print(table)
    for line in [*_full_lines(report.full), *report.notes]:
        console.print(line)


def markdown(report: Report) -> str:
    """The whole report as docs/benchmarks.md."""
    parts = ["# Benchmarks", f"Measured on {report.date} with `{report.command}`."]
    parts += [METHOD, f"{report.rounds} rounds, {report.seconds} s a run."]
    parts += ["## Goals", _table(("goal", "measured", "wanted", "verdict"), map(goal_cells, report.goals))]
    for connections, rows in at_each(report.rows).items():
        parts += [f"## {connections} connections", _table(COLUMNS, map(cells, rows))]
    parts += ["## Subjects", _subjects(report.rows)]
    if report.full:
        parts += ["## A million purchases, memory, a thousand buyers", _list(_full_lines(report.full))]
    parts += ["## Machine", _list(_machine_lines(report)), "## Versions"]
    parts += [_list([f"{name}: {version}" for name, version in report.versions.items()])]
    if report.notes:
        parts += ["## Notes", _list(report.notes)]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], lines: "map[list[str]]") -> str:
    align = ["---"] + ["---:" if head is COLUMNS else "---"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [list(head), align, *lines])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _subjects(rows: Sequence[Row]) -> str:
    return _list([f"{name}: {ALL[name].says}" for name in dict.fromkeys(row.subject for row in rows)])


def _machine_lines(report: Report) -> list[str]:
    lines = [f"{name}: {value}" for name, value in report.hardware.items()]
    lines.append(f"databases on: {report.disk.kind}")
    lines.append(f"one durable 4 KiB write there (median): {report.disk.sync_seconds * 1000:.3f} ms")
    return lines


def _full_lines(full: Full | None) -> list[str]:
    if full is None:
        return []
    lines = [
        f"purchases a second into an empty file: {full.empty:,.0f}",
        f"purchases a second into one with {full.purchases:,} purchases: {full.filled:,.0f}",
        f"1000 buyers for 100 units: {full.crowd.sellout:.3f} s; 1000 no-ops: {full.crowd.no_op:.3f} s",
    ]
    memory = full.memory
    for says, value in (
        ("at 1000 connections", memory.connected),
        ("before a million purchases", memory.before),
        ("after them", memory.after),
    ):
        if value is not None:
            lines.append(f"resident memory {says}: {value / MEBI:.0f} MiB")
    return lines
