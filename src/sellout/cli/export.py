"""`sellout export`: purchases or the ledger of an item as a file, in constant memory."""

import contextlib
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from sellout.cli.console import DatabaseUrl, Failed, with_reader
from sellout.http.export import MOVEMENTS, PURCHASES, Format, Sheet, export
from sellout.settings import load_settings
from sellout.store.port import Store, first_item
from sellout.store.reader import Reader


class What(StrEnum):
    """What can be exported."""

    PURCHASES = "purchases"
    MOVEMENTS = "movements"


SHEETS = {What.PURCHASES: PURCHASES, What.MOVEMENTS: MOVEMENTS}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "export",
        epilog="Examples: sellout export purchases item-a --format csv --output purchases.csv | "
        "sellout export movements item-a | gzip > ledger.jsonl.gz",
    )(export_item)


def export_item(
    what: Annotated[What, typer.Argument(help="All purchases, or the ledger of movements.", show_default=False)],
    item_id: Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")],
    form: Annotated[
        Format | None,
        typer.Option("--format", help="JSON Lines or CSV (default: CSV into a .csv file, else JSON Lines)."),
    ] = None,
    output: Annotated[str, typer.Option(metavar="FILE", help="A new file; - is standard output.")] = "-",
    database: DatabaseUrl = None,
) -> None:
    """Write all purchases or the whole ledger of an item, in their order. A file appears once it is whole."""

    async def write(store: Reader | Store) -> None:
        if first_item(await store.item(item_id)) is None:
            raise Failed(f"there is no item {item_id}")
        with _target(output) as file:
            await _write(file, store, item_id, SHEETS[what], form or _format_of(output))

    with_reader(load_settings(database=database), write)


def _format_of(output: str) -> Format:
    """By the name of the file."""
    return Format.CSV if output.lower().endswith(".csv") else Format.JSONL


async def _write(file: BinaryIO, store: Reader | Store, item_id: str, sheet: Sheet, form: Format) -> None:
    async for piece in export(store, item_id, sheet, form):
        file.write(piece)


@contextlib.contextmanager
def _target(output: str) -> Iterator[BinaryIO]:
    """Standard output, or a new file that gets its name once the block has ended well. Raises Failed."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    if path.exists():
        raise Failed(f"{path} exists: an export is never written over another file")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
