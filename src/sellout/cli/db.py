"""`sellout db`: the schema, moving a shop to another database, and backups."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from sellout import moving
from sellout.auditing import audit_all
from sellout.cli.console import AsJson, DatabaseUrl, Failed, print_json, print_table, store_errors, with_reader
from sellout.settings import Settings, load_settings

_T = TypeVar("_T")

app = typer.Typer(
    help="The database itself: its schema, moving a shop to another one, backups.",
    epilog="Example: sellout db copy sqlite:///inventory.db postgresql://shop@db1,db2/shop",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(epilog="Examples: sellout db upgrade | sellout db upgrade --sql > upgrade.sql")
def upgrade(
    database: DatabaseUrl = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of running it.")] = False,
) -> None:
    """Bring the schema up to date. `sellout serve` does so too, where its role may."""
    settings = load_settings(database=database)
    scripts = _run(settings, moving.missing_scripts(settings))
    if sql:
        for script in scripts:
            typer.echo(f"-- Migration {script.migration.number}: {script.migration.name}\n\n{script.sql.strip()}\n")
        return
    _run(settings, moving.upgrade(settings))
    done = ", ".join(f"{script.migration.number} ({script.migration.name})" for script in scripts)
    typer.echo(f"{settings.database_shown}: " + (f"applied {done}" if scripts else "up to date"))


@app.command(
    epilog="Examples: sellout db copy sqlite:///inventory.db postgresql://shop@db1,db2/shop | "
    "sellout db copy --keep-selling postgresql://shop@db1/shop sqlite:///copy.db"
)
def copy(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The database that the shop is in.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A database without items.")],
    keep_selling: Annotated[
        bool, typer.Option("--keep-selling", help="Copy a moment of the shop; the source goes on selling.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy a shop, with all its purchases, holds, keys and its ledger, and audit both sides.

    Nothing is sold during the copy, and afterwards the source's items are paused: start the servers on the target.
    """
    here, there = load_settings(database=source), load_settings(database=target)
    if here.database == there.database:
        raise Failed("SOURCE and TARGET are the same database", 2)
    counts = _copy(here, there, keep_selling=keep_selling)
    sides = {"source": _checked(here, paused=not keep_selling), "target": _checked(there, paused=False)}
    if as_json:
        consistent = {side.database: side.consistent for side in sides.values()}
        print_json({"rows": counts, "consistent": consistent, **{name: side._asdict() for name, side in sides.items()}})
    else:
        print_table(("table", "rows"), list(counts.items()))
        for side in sides.values():
            typer.echo(str(side))
    verdicts = [side.consistent for side in sides.values()]
    raise typer.Exit(1 if False in verdicts else 2 if None in verdicts else 0)


def _copy(source: Settings, target: Settings, *, keep_selling: bool) -> dict[str, int]:
    with store_errors(target):
        return _run(source, moving.copy(source, target, stop_selling=not keep_selling))


class Side(NamedTuple):
    """In what state a copy has left a database. `consistent` is None where that could not be checked: see `why`."""

    database: str
    state: str
    consistent: bool | None
    why: str | None

    def __str__(self) -> str:
        verdict = {True: "consistent", False: "NOT CONSISTENT", None: f"could not be checked: {self.why}"}[
            self.consistent
        ]
        return f"{self.database}: {self.state}, {verdict}"


def _checked(settings: Settings, *, paused: bool) -> Side:
    """The audit of a side after everything was copied; that it cannot be checked changes nothing of what was done."""
    state = "all items are paused" if paused else "it may sell"
    try:
        found = with_reader(settings, audit_all)
    except Failed as error:
        return Side(settings.database_shown, state, None, str(error))
    return Side(settings.database_shown, state, found.consistent, None)


@app.command(epilog="Example: sellout db backup inventory-friday.db")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new SQLite file.")],
    database: DatabaseUrl = None,
) -> None:
    """Write the shop as it is at this moment to a new SQLite file, while it goes on selling.

    The file can be served as it is, or copied back with `sellout db copy`.
    """
    settings = load_settings(database=database)
    if not file.parent.is_dir():
        raise Failed(f"cannot write {file}: the folder {file.parent} does not exist", 2)
    _run(settings, moving.backup(settings, file))
    typer.echo(f"{settings.database_shown}: backed up to {file}")


def _run(settings: Settings, work: Coroutine[Any, Any, _T]) -> _T:
    with store_errors(settings):
        return asyncio.run(work)
