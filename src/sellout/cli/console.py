"""What commands share: options, errors for users, work on the store, and tables."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sellout.bootstrap import open_reader, open_store
from sellout.settings import Settings
from sellout.store.port import NoShop, Store, StoreError
from sellout.store.reader import Reader

_T = TypeVar("_T")

DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="sqlite:///FILE or postgresql://... (default: SELLOUT_DATABASE)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


PIPE_COLUMNS = 1000


class Failed(Exception):
    """The command could not do what was asked; the message is one line for stderr."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def check_writable(file: Path | None) -> None:
    """Say before a long run, not after it, that its page cannot be written. Raises Failed."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise Failed(f"cannot write {file}: the folder {file.parent} does not exist", 2)
    there = file.exists()
    with _writing(file):
        file.open("ab").close()
        if not there:
            file.unlink()


def write_page(file: Path, text: str) -> None:
    """Write a page into the file. Raises Failed."""
    with _writing(file):
        file.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failed(f"cannot write {file}: {error.strerror or error}", 2) from None


@contextlib.contextmanager
def store_errors(settings: Settings, code: int = 1) -> Iterator[None]:
    """What the store says of its database, with the database's name. `code` is for all but a shop that is not there."""
    try:
        yield
    except NoShop as error:
        raise Failed(f"{settings.database_shown}: {error}") from None
    except StoreError as error:
        raise Failed(f"{settings.database_shown}: {error}", code) from None


def with_store(settings: Settings, work: Callable[[Store], Awaitable[_T]], *, create: bool = False) -> _T:
    """Open the store, do the work, close it. Only with `create` a database is made. Raises Failed."""

    async def run() -> _T:
        store = await open_store(settings, create=create, patient=True)
        try:
            return await work(store)
        finally:
            await store.close()

    with store_errors(settings):
        return asyncio.run(run())


def with_reader(settings: Settings, work: Callable[[Reader], Awaitable[_T]], *, code: int = 1) -> _T:
    """Read the database, which stays as it is. Raises Failed, with `code` where it could not be read."""

    async def run() -> _T:
        reader = await open_reader(settings)
        try:
            return await work(reader)
        finally:
            await reader.close()

    with store_errors(settings, code):
        return asyncio.run(run())


def deadline_of(settings: Settings) -> float:
    """Until when a command at the terminal waits for the database's lock."""
    return time.monotonic() + settings.lock_wait_seconds


def print_json(value: Any) -> None:
    """A result for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A result for people; numbers stand to the right."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_COLUMNS  # whoever reads a pipe wants whole values
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        is_number = bool(rows) and isinstance(rows[0][place], int)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    console.print(table if rows else "none")
