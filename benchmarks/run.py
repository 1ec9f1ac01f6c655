"""The command behind `make bench`: measures the subjects in turns, and prints and writes the figures."""

import argparse
import resource
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import full, machine, measure, results
from benchmarks.database import NotDurableError
from benchmarks.load import MISSING, LoadError, wrk_path
from benchmarks.report import Report, markdown, show
from benchmarks.server import ServerError
from benchmarks.subjects import SUBJECTS, Subject
from benchmarks.subjects_networked import ALL
from benchmarks.verify import NotVerifiedError

DOCUMENT = Path("docs/benchmarks.md")
CONNECTIONS = [64, 512]
FILES_NEEDED = 8192

EXAMPLES = """\
examples:
  make bench                                             everything on SQLite, in about eight minutes
  make bench ARGS=--full                                 and a million purchases, in about twelve
  make bench ARGS=--postgres                             and on PostgreSQL and Redis, in about thirteen
  python -m benchmarks.run --subjects no-op buy --rounds 1 --seconds 2 --connections 512
                                                         a quick look; it does not touch the document
  python -m benchmarks.run --dir /var/tmp --no-write     databases on another disk
exit code: 0 measured (whether or not the goals are met), 1 a run was not verified or failed, 2 could not run
"""


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Measure Sellout, the seed's design and a no-op ceiling with the same load, in turns.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--rounds", type=_positive, default=3, help="visits to each subject; figures are medians (3)")
    add("--seconds", type=_positive, default=5, help="length of each run (5)")
    add(
        "--connections",
        type=_positive,
        nargs="+",
        action="extend",
        metavar="N",
        help="open at a time (64 512)",
    )
    add(
        "--subjects",
        nargs="+",
        action="extend",
        choices=list(ALL),
        metavar="NAME",
        help=", ".join(ALL),
    )
    add(
        "--postgres",
        action="store_true",
        help="also: Sellout on PostgreSQL, one node and two, and other designs on PostgreSQL and Redis",
    )
    add("--full", action="store_true", help="also: a million purchases, memory, 1000 buyers at one instant")
    add(
        "--dir",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="where the databases go (temporary folder)",
    )
    add("--output", type=Path, help=f"the document to write ({DOCUMENT}; a run of some subjects writes none)")
    add("--no-write", action="store_true", help="write no document")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code."""
    chosen = options(arguments)
    if wrk_path() is None:
        print(MISSING, file=sys.stderr)
        return 2
    if not chosen.dir.is_dir():
        print(f"--dir: there is no folder {chosen.dir}", file=sys.stderr)
        return 2
    chosen.dir = chosen.dir.resolve()  # the servers run in a folder of their own
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders are cleared away
    console = Console()
    try:
        report = benchmark(chosen, given(arguments), console)
    except (NotVerifiedError, NotDurableError, ServerError, LoadError, OSError) as error:
        print("\n".join([f"benchmark failed: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    show(report, console)
    write(report, destination(chosen), console)
    return 0


def given(arguments: Sequence[str] | None) -> str:
    """The command as it would be typed again."""
    words = shlex.join(sys.argv[1:] if arguments is None else arguments)
    return f"make bench ARGS={shlex.quote(words)}" if words else "make bench"


def raise_file_limit() -> None:
    """Let wrk and the servers, which inherit our limits, open their connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_NEEDED if hard == resource.RLIM_INFINITY else min(FILES_NEEDED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def benchmark(chosen: argparse.Namespace, command: str, console: Console) -> Report:
    """Measure everything that was asked for."""
    disk, hardware = machine.disk(chosen.dir), machine.hardware()
    notes = [f"the load average before the run was {machine.load_average()}"]
    console.print(f"databases on {disk.kind}, a durable 4 KiB write takes {disk.sync_seconds * 1000:.3f} ms")
    if disk.in_memory:
        notes.append("the databases were in memory, so durable writes cost nothing: no fair comparison")
        console.print(f"[yellow]{notes[-1]}: choose another --dir[/]")
    subjects, missing = available(chosen)
    for reason in missing:
        notes.append(reason)
        console.print(f"[yellow]{reason}[/]")
    started = datetime.now(UTC)
    rows = results.summarise(rounds(chosen, subjects, console))
    extra = full.measure(chosen.dir, chosen.rounds, chosen.seconds, console.print) if chosen.full else None
    return Report(
        date=f"{started:%Y-%m-%d %H:%M} UTC",
        command=command,
        hardware=hardware,
        disk=disk,
        versions=machine.versions(),
        rounds=chosen.rounds,
        seconds=chosen.seconds,
        rows=rows,
        goals=[*results.goals(rows), *full.goals(extra)],
        full=extra,
        notes=notes,
    )


def names_of(chosen: argparse.Namespace) -> list[str]:
    """The subjects that were asked for."""
    return list(dict.fromkeys(chosen.subjects or (ALL if chosen.postgres else SUBJECTS)))


def available(chosen: argparse.Namespace) -> tuple[list[Subject], list[str]]:
    """The subjects that can be measured here, and in words why others cannot."""
    subjects = [ALL[name] for name in names_of(chosen)]
    why = {subject.name: subject.missing() for subject in subjects}
    reasons = [f"{name} was not measured: {reason}" for name, reason in why.items() if reason]
    return [subject for subject in subjects if why[subject.name] is None], reasons


def rounds(chosen: argparse.Namespace, subjects: Sequence[Subject], console: Console) -> list[measure.Run]:
    """Visit every subject in turn, again and again: what disturbs the machine then disturbs all alike."""
    connections = list(dict.fromkeys(chosen.connections or CONNECTIONS))
    runs: list[measure.Run] = []
    for number in range(1, chosen.rounds + 1):

        def tell(run: measure.Run, number: int = number) -> None:
            where = f"round {number} of {chosen.rounds}  {run.subject:22}{run.connections:5} connections"
            console.print(f"{where}{run.rate:12,.0f}/s", highlight=False)

        for subject in subjects:
            runs += measure.visit(subject, chosen.dir, connections, chosen.seconds, tell)
    return runs


def destination(chosen: argparse.Namespace) -> Path | None:
    """Where the document goes: a partial run leaves the document alone unless told where to write."""
    if chosen.no_write:
        return None
    partial = not set(names_of(chosen)) >= set(SUBJECTS) or not set(CONNECTIONS) <= set(
        chosen.connections or CONNECTIONS
    )
    output: Path | None = chosen.output
    return output or (None if partial else DOCUMENT)


def write(report: Report, path: Path | None, console: Console) -> None:
    """Write the document, and say so."""
    if path is None:
        console.print("no document written")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(report), encoding="utf-8")
    console.print(f"written to {path}")


if __name__ == "__main__":
    sys.exit(main())
