"""`sellout torture`: sales under faults, round after round, and what the whole history of each has shown."""

import asyncio
import os
import secrets
import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sellout.cli.console import AsJson, Failed, check_writable, print_json, write_page
from sellout.settings import load_settings

if TYPE_CHECKING:
    from sellout.torture.results import Results
    from sellout.torture.torture import Tell, Wanted

SEED_BITS = 32
INTERRUPTED = 130


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Examples: sellout torture --rounds 100 --html torture.html | sellout torture --faults kill,disk-full | "
        "sellout torture --database postgresql://postgres@127.0.0.1/postgres"
    )(torture)


def torture(
    rounds: Annotated[int, typer.Option(min=1, max=100_000, help="Sales to play, each on a fresh database.")] = 20,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat the plans of an earlier run.")] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A PostgreSQL server, on which each round makes and drops a database (default: SQLite)."
        ),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only these faults, such as kill,disk-full (default: every kind in turn)."),
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Rounds that are played side by side.")] = 2,
    stop_at_first: Annotated[
        bool, typer.Option("--stop-at-first", help="Stop at the first round that is not exact (default: go on).")
    ] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sell while the server is killed, stopped, cut off and run out of disk, and check the whole history of each sale.

    Each round has a seed, which plays the same plan again. What a round that is not exact has seen is kept in a file
    beside the report, or in the working folder.

    Exit code 0: every round exact. 1: a rule was broken. 2: could not run.
    """
    from sellout.prove import CouldNotRun
    from sellout.prove.words import counted
    from sellout.torture import telling
    from sellout.torture.database import engine_of
    from sellout.torture.report.page import render_page
    from sellout.torture.torture import Wanted, kinds_wanted

    check_writable(html)
    try:
        names = [name.strip() for name in faults.split(",")] if faults is not None else []
        kinds = kinds_wanted(names, engine_of(database))
    except CouldNotRun as error:
        raise Failed(str(error), 2) from None
    chosen = secrets.randbits(SEED_BITS) if seed is None else seed
    keep_in = html.parent if html is not None else Path()
    if not os.access(keep_in, os.W_OK):
        raise Failed(f"cannot write to {keep_in.absolute()}, where the histories of broken rounds are kept", 2)
    wanted = Wanted(rounds, chosen, database, kinds, min(at_once, rounds), stop_at_first, keep_in)
    console = Console(stderr=as_json, highlight=False)
    console.print(f"{counted(rounds, 'round')}, seed {chosen}", soft_wrap=True)
    with telling.live(console, rounds) as tell:
        results, interrupted = asyncio.run(_until_stopped(wanted, tell, _again(database, faults)))
    if as_json:
        print_json(telling.as_json(results))
    else:
        telling.print_summary(console, results)
    if html is not None:
        write_page(html, render_page(results))
    _end(results, interrupted=interrupted)


async def _until_stopped(wanted: "Wanted", tell: "Tell", again: str) -> "tuple[Results, bool]":
    """Play until all is played, or Ctrl-C or SIGTERM ends it, and whether they did."""
    from sellout.torture.torture import torture

    stop, interrupted = asyncio.Event(), asyncio.Event()

    def interrupt() -> None:
        interrupted.set()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    results = await torture(wanted, stop, tell, lambda seed: again.format(seed=seed))
    return results, interrupted.is_set()


def _again(database: str | None, faults: str | None) -> str:
    """The command that plays one round again, without the database's password."""
    words = ["sellout", "torture", "--rounds", "1", "--seed", "{seed}"]
    words += ["--faults", shlex.quote(faults).replace("{", "{{").replace("}", "}}")] if faults is not None else []
    shown = load_settings(database=database).database_shown if database is not None else None
    words += ["--database", shlex.quote(shown).replace("{", "{{").replace("}", "}}")] if shown is not None else []
    return " ".join(words)


def _end(results: "Results", *, interrupted: bool) -> None:
    if not results.exact:
        raise typer.Exit(1)
    if results.could_not is not None:
        raise Failed(results.could_not, 2)
    raise typer.Exit(INTERRUPTED if interrupted else 0)
