"""Rounds and their summary, for a terminal and for programs. Writes to the console it is given, and nowhere else."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sellout.prove.words import counted
from sellout.torture.results import FaultSeen, Results, RoundResult
from sellout.torture.torture import Tell

FINDINGS_SHOWN = 3


@contextlib.contextmanager
def live(console: Console, rounds: int) -> Iterator[Tell]:
    """Tell of each round that is over in a line; with a bar below the lines where the console is a terminal."""
    columns = (TextColumn("Rounds"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("rounds", total=rounds)

        def tell(result: RoundResult) -> None:
            console.print(_line(result, rounds), soft_wrap=True)
            for text in _broken(result):
                console.print(text, soft_wrap=True)
            bar.advance(task)

        yield tell


def _line(result: RoundResult, rounds: int) -> Text:
    """One round in a line."""
    unknown = f"{result.unknown:,} unknown"
    if result.unresolved:
        unknown += f", {result.unresolved:,} for ever"
    line = Text(f"{result.number:>{len(str(rounds))}}  seed {result.seed:<10}  {result.engine}  ")
    line.append(", ".join(map(_fault, result.faults)) or "nothing broke")
    line.append(f"; {counted(len(result.requests), 'request')}, {unknown}; ")
    line.append(f"{result.sold:,}/{result.capacity:,} sold; {result.seconds:.1f} s  ")
    return line.append("ok", "green") if result.exact else line.append(_names(result), "bold red")


def _fault(fault: FaultSeen) -> str:
    return fault.words if fault.fired else f"{fault.words} (did not happen)"


def _names(result: RoundResult) -> str:
    return "BROKEN: " + ", ".join(ruling.name for ruling in result.verdict.broken)


def _broken(result: RoundResult) -> Iterator[Text]:
    """What a round has found, where its history is, and how to play it again."""
    for ruling in result.verdict.broken:
        yield Text(f"    {ruling.name} ({ruling.findings_total:,}): {ruling.statement}")
        for finding in ruling.findings[:FINDINGS_SHOWN]:
            yield Text(f"        {finding}")
    if not result.exact:
        yield Text(f"    its history: {result.kept}")
        yield Text(f"    again: {result.repeat}")


def print_summary(console: Console, results: Results) -> None:
    """What all rounds come to."""
    for text in _summary(results):
        console.print(text, soft_wrap=True)
    if results.rounds:
        console.print(Padding.indent(_faults(results), 2))


def _summary(results: Results) -> Iterator[Text]:
    played, broken = len(results.rounds), len(results.broken)
    if played < results.wanted:
        why = f": {results.could_not}" if results.could_not is not None else "."
        yield Text(f"Ended after {played:,} of {counted(results.wanted, 'round')}{why}", "bold")
    yield Text(
        f"{counted(played, 'round')}, {counted(results.requests, 'request')}, {results.unknown:,} of them unknown "
        f"for a while and {results.unresolved:,} for ever; {results.sold:,} of {results.capacity:,} units sold; "
        f"{results.seconds:.0f} s"
    )
    if not played:
        return
    if results.exact:
        yield Text("Nothing lost, nothing double, exactly sold.", "bold green")
    else:
        yield Text(f"{counted(broken, 'round')} not exact.", "bold red")
        yield from (Text(f"  {_names(each)}; again: {each.repeat}") for each in results.broken)


def _faults(results: Results) -> Table:
    """How often each kind of fault happened, and how often it was planned in vain."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("fault", "happened", "planned in vain"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for kind in sorted({*results.fired, *results.missed}):
        table.add_row(kind, f"{results.fired[kind]:,}", f"{results.missed[kind]:,}")
    return table


def as_json(results: Results) -> dict[str, Any]:
    """The same for programs; what it holds is plain JSON."""
    return {
        "verdict": "exact" if results.exact else "not_exact",
        "rounds_wanted": results.wanted,
        "rounds_played": len(results.rounds),
        "could_not": results.could_not,
        "seconds": results.seconds,
        "requests": results.requests,
        "unknown": results.unknown,
        "unresolved": results.unresolved,
        "sold": results.sold,
        "capacity": results.capacity,
        "faults": {
            kind: {"happened": results.fired[kind], "in_vain": results.missed[kind]}
            for kind in sorted({*results.fired, *results.missed})
        },
        "rounds": [_round(each) for each in results.rounds],
    }


def _round(result: RoundResult) -> dict[str, Any]:
    return {
        "number": result.number,
        "seed": result.seed,
        "engine": result.engine,
        "plan": result.plan,
        "repeat": result.repeat,
        "exact": result.exact,
        "broken": [asdict(ruling) for ruling in result.verdict.broken],
        "faults": [asdict(fault) for fault in result.faults],
        "server": [life._asdict() for life in result.lives],
        "requests": len(result.requests),
        "attempts": result.attempts,
        "unknown": result.unknown,
        "unresolved": result.unresolved,
        "sold": result.sold,
        "capacity": result.capacity,
        "seconds": result.seconds,
        "history": result.kept,
    }
