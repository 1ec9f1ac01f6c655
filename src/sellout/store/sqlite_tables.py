"""An SQLite file as rows of tables: read at one moment, or filled."""

import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import apsw

from sellout.store.clock import host_clock
from sellout.store.port import StoreUnusable
from sellout.store.queries import load_queries
from sellout.store.sqlite_file import begin, connect, make_private, open_database, rollback, unavailable_on_error
from sellout.store.tables import CHUNK_ROWS, Row, Table

_KEEP = load_queries("sqlite", "keep")


class SQLiteSource:
    """Fulfils `sellout.store.tables.Source`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        cursor = self._connection.cursor()
        cursor.execute(f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {table.order}")
        while chunk := list(itertools.islice(cursor, CHUNK_ROWS)):
            yield chunk

    async def stop_selling(self) -> None:
        self._connection.execute("UPDATE inventory SET paused = 1")


class SQLiteTarget:
    """Fulfils `sellout.store.tables.Target`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        places = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({places})"
        self._connection.executemany(statement, rows)


@contextlib.asynccontextmanager
async def sqlite_source(path: Path, wait_seconds: float, *, locked: bool) -> AsyncIterator[SQLiteSource]:
    """The file at one moment. `locked` keeps everybody from writing to it until the block ends."""
    _check_exists(path)
    open_database(path, host_clock, wait_seconds).close()  # so that it has all tables
    with unavailable_on_error(), contextlib.closing(connect(path, create=False)) as connection:
        if locked:
            begin(connection, time.monotonic() + wait_seconds)
        else:
            connection.execute("BEGIN")
        try:
            yield SQLiteSource(connection)
            connection.execute("COMMIT")
        finally:
            rollback(connection)


@contextlib.asynccontextmanager
async def sqlite_target(path: Path, wait_seconds: float) -> AsyncIterator[SQLiteTarget]:
    """A file to fill, without its triggers. Raises StoreUnusable where it has items or keys."""
    with (
        unavailable_on_error(),
        contextlib.closing(open_database(path, host_clock, wait_seconds)) as connection,
    ):
        begin(connection, time.monotonic() + wait_seconds)
        try:
            if connection.execute("SELECT 1 FROM inventory").fetchall():
                raise StoreUnusable("the target has items already: name a database that has none")
            if connection.execute("SELECT 1 FROM organiser_keys").fetchall():
                raise StoreUnusable("the target has organiser keys already: name a database that has none")
            triggers = connection.execute(_KEEP["triggers"]).fetchall()
            for name, _ in triggers:
                connection.execute(f'DROP TRIGGER "{name}"')
            yield SQLiteTarget(connection)
            for _, sql in triggers:
                connection.execute(str(sql))
            connection.execute("COMMIT")
        finally:
            rollback(connection)


def backup(path: Path, file: Path) -> None:
    """Write the file as it is at this moment to another, while others go on writing to it. Raises StoreUnusable."""
    _check_exists(path)
    with unavailable_on_error(), contextlib.closing(connect(path, create=False)) as connection:
        if not make_private(file):
            raise StoreUnusable(f"{file} exists: a backup is never written over another file")
        try:
            connection.execute("VACUUM INTO ?", (str(file),))
        except apsw.Error:
            file.unlink()  # half a backup is none
            raise


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise StoreUnusable("there is no such file")
