"""What a run found, for a terminal and for programs. Writes to the console it is given, and nowhere else."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.box import ASCII, HEAVY
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from sellout.prove.figures import Figures, Latency
from sellout.prove.progress import OnProgress, Progress
from sellout.prove.rehearsal import Result
from sellout.prove.scenarios.scenario import Tally
from sellout.prove.words import NO_ANSWER, counted, listed, meaning_of, millis

BAR_CELLS = 32
STYLES = {"2": "green", "4": "default", "5": "red", "n": "red"}


def print_report(console: Console, result: Result) -> None:
    """The verdict first and unmistakable, then why, the answers, the latencies and the rate."""
    figures = result.figures
    console.print(_headline(result, figures, console))
    console.print(_rulings(result))
    console.print(_section("Answers", _answers(result, figures, console)))
    if tallies := result.scenario.tallies(result.evidence):
        console.print(_section("Fates", _tallies(tallies)))
    if figures.latency:
        console.print(_section("Latency", _latency(figures.latency, console)))
    console.print(_section("Rate", Text(rate_in_words(figures))))


def summary(result: Result, figures: Figures) -> str:
    """The run in a sentence."""
    if not result.exact:
        broken = len(result.verdict.broken)
        return f"{broken} of {len(result.verdict.rulings)} rules {'is' if broken == 1 else 'are'} broken."
    return result.scenario.sentence(result.evidence, figures)


def rate_in_words(figures: Figures) -> str:
    answers = sum(count for answer, count in figures.answers if answer != NO_ANSWER)
    left = f"{figures.opening:,} requests left within {millis(1000 * figures.departure_seconds)}"
    return f"{figures.answers_per_second:,.0f} answers a second: {answers:,} in {figures.seconds:.2f} s; {left}"


def as_json(result: Result) -> dict[str, Any]:
    """The same for programs; what it holds is plain JSON."""
    figures, evidence = result.figures, result.evidence
    latency = asdict(figures.latency) if figures.latency else None
    return {
        "verdict": "exact" if result.exact else "not_exact",
        "scenario": result.scenario.name,
        "run": _run(result),
        "rules": [asdict(ruling) | {"holds": ruling.holds} for ruling in result.verdict.rulings],
        "buyers": {"total": figures.buyers, **dict(figures.fates), "doubled": figures.doubled},
        "units": figures.units,
        "requests": figures.requests,
        "answers": dict(figures.answers),
        "latency": latency,
        "departure_seconds": figures.departure_seconds,
        "seconds": figures.seconds,
        "answers_per_second": figures.answers_per_second,
        "counters": {"before": asdict(evidence.before), "after": asdict(evidence.after)},
        "audit": asdict(evidence.audit_after),
        **_more(result),
    }


def _run(result: Result) -> dict[str, Any]:
    """The facts; a seed only where there were choices to make."""
    facts = asdict(result.facts) | {"started": result.facts.started.isoformat().replace("+00:00", "Z")}
    return {name: value for name, value in facts.items() if (name, value) != ("seed", None)}


def _more(result: Result) -> dict[str, Any]:
    """What only some scenarios have: fates, and several items."""
    more: dict[str, Any] = {}
    if tallies := result.scenario.tallies(result.evidence):
        more["fates"] = {tally.word: {"count": tally.count, "units": tally.units} for tally in tallies}
    if len(result.evidence.books) > 1:
        more["items"] = {
            books.item: {
                "before": asdict(books.before), "after": asdict(books.after), "audit": asdict(books.audit_after)
            }
            for books in result.evidence.books
        }  # fmt: skip
    return more


@contextlib.contextmanager
def progress_bar(console: Console) -> Iterator[OnProgress]:
    """A live bar for as long as the block lasts; nothing at all where the console is no terminal."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        stages: dict[str, TaskID] = {}

        def on_progress(progress: Progress) -> None:
            if progress.stage not in stages:
                stages[progress.stage] = bar.add_task(progress.stage)
            total = progress.total or None
            bar.update(stages[progress.stage], completed=progress.done, total=total)

        yield on_progress


def _headline(result: Result, figures: Figures, console: Console) -> Panel:
    style = "green" if result.exact else "red"
    word = Text("EXACT" if result.exact else "NOT EXACT", style=f"bold {style}", justify="center")
    lines = [Text(), word, Text(summary(result, figures), justify="center"), Text()]
    box = HEAVY if _fancy(console) else ASCII
    return Panel(Group(*lines), subtitle=Text(scenario_in_words(result)), border_style=style, box=box)


def scenario_in_words(result: Result) -> str:
    """The scenario, and what repeats its choices."""
    seed = result.facts.seed
    return result.scenario.name if seed is None else f"{result.scenario.name}, seed {seed}"


def _rulings(result: Result) -> Table:
    table = Table.grid(padding=(0, 2))
    for ruling in result.verdict.rulings:
        mark = Text("holds", style="green") if ruling.holds else Text("BROKEN", style="bold red")
        table.add_row(mark, Text(ruling.name, style="bold"), Text(ruling.statement))
        for finding in ruling.findings:
            table.add_row("", "", Text(f"- {finding}", style="red"))
        if (more := ruling.findings_total - len(ruling.findings)) > 0:
            table.add_row("", "", Text(f"- and {more:,} more", style="red"))
    return table


def _answers(result: Result, figures: Figures, console: Console) -> RenderableType:
    most = max((count for _, count in figures.answers), default=1)
    replayed = dict(figures.replayed)
    table = Table.grid(padding=(0, 2))
    for answer, count in figures.answers:
        style = STYLES.get(answer[0], "yellow")
        meaning = meaning_of(answer, result.scenario.meanings)
        again = f" ({replayed[answer]:,} replayed)" if answer in replayed else ""
        bar = Text(_bar(count / most, console), style=style)
        table.add_row(Text(answer, style="bold"), _count(count), bar, Text(meaning + again))
    doubled = f"{figures.doubled:,} of {figures.buyers:,} buyers {result.scenario.twice}"
    return Group(table, Text(f"Buyers: {listed(dict(figures.fates))}; {doubled}"))


def _tallies(tallies: Sequence[Tally]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for tally in tallies:
        table.add_row(_count(tally.count), Text(tally.word), Text(counted(tally.units, "unit"), justify="right"))
    return table


def _latency(latency: Latency, console: Console) -> RenderableType:
    most = max(bin_.count for bin_ in latency.bins) or 1
    table = Table.grid(padding=(0, 2))
    for bin_ in latency.bins:
        table.add_row(Text(bin_.label, justify="right"), _count(bin_.count), _bar(bin_.count / most, console))
    marks = {"p50": latency.p50_ms, "p90": latency.p90_ms, "p99": latency.p99_ms, "max": latency.max_ms}
    return Group(table, Text("   ".join(f"{name} {millis(value)}" for name, value in marks.items())))


def _section(title: str, body: RenderableType) -> Group:
    return Group(Text(), Text(title, style="bold"), Padding(body, (0, 0, 0, 2)))


def _count(count: int) -> Text:
    return Text(f"{count:,}", justify="right")


def _bar(share: float, console: Console) -> str:
    cells = round(share * BAR_CELLS) or (1 if share > 0 else 0)
    return ("█" if _fancy(console) else "#") * cells


def _fancy(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")
