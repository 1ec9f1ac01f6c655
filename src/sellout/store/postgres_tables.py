"""A PostgreSQL database as rows of tables: read at one moment, or filled."""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from sellout.store.port import StoreUnusable
from sellout.store.postgres_connection import Connection, connect, unavailable_on_error
from sellout.store.postgres_schema import upgrade
from sellout.store.tables import CHUNK_ROWS, TABLES, Row, Table


class PostgresSource:
    """Fulfils `sellout.store.tables.Source`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        query = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {table.order}"
        cursor = await self._connection.cursor(query)
        while chunk := await cursor.fetch(CHUNK_ROWS):
            yield [tuple(row) for row in chunk]

    async def stop_selling(self) -> None:
        await self._connection.execute("UPDATE inventory SET paused = TRUE")


class PostgresTarget:
    """Fulfils `sellout.store.tables.Target`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        flags = {place for place, column in enumerate(table.columns) if column in table.flags}
        records = [tuple(bool(value) if place in flags else value for place, value in enumerate(row)) for row in rows]
        await self._connection.copy_records_to_table(table.name, records=records, columns=table.columns)
        if table.number is not None:
            await self._connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{table.number}'), max({table.number})) "
                f"FROM {table.name}"
            )


@contextlib.asynccontextmanager
async def postgres_source(url: str, wait_seconds: float, *, locked: bool) -> AsyncIterator[PostgresSource]:
    """The database at one moment. `locked` keeps everybody from selling until the block ends."""
    async with _connected(url, wait_seconds) as connection:
        await upgrade(connection)
        async with connection.transaction(isolation="repeatable_read"):
            if locked:  # before the first look, which is what fixes the moment
                await connection.execute("LOCK TABLE inventory IN EXCLUSIVE MODE")
            yield PostgresSource(connection)


@contextlib.asynccontextmanager
async def postgres_target(url: str, wait_seconds: float) -> AsyncIterator[PostgresTarget]:
    """A database to fill, without its triggers. Raises StoreUnusable where it has items or keys."""
    async with _connected(url, wait_seconds) as connection:
        await upgrade(connection)
        async with connection.transaction():
            await connection.execute("LOCK TABLE inventory IN EXCLUSIVE MODE")
            if await connection.fetchval("SELECT count(*) FROM inventory"):
                raise StoreUnusable("the target has items already: name a database that has none")
            if await connection.fetchval("SELECT count(*) FROM organiser_keys"):
                raise StoreUnusable("the target has organiser keys already: name a database that has none")
            for table in TABLES:
                await connection.execute(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
            yield PostgresTarget(connection)
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in TABLES:
                await connection.execute(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")


@contextlib.asynccontextmanager
async def _connected(url: str, wait_seconds: float) -> AsyncIterator[Connection]:
    with unavailable_on_error():
        connection = await connect(url, time.monotonic() + wait_seconds)
        try:
            yield connection
        finally:
            await connection.close()
