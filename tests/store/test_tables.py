"""What is copied from one database to another is everything that a shop is: no table and no column is forgotten."""

import sqlite3
from pathlib import Path
from typing import Any

from sellout.store.clock import host_clock
from sellout.store.sqlite_file import open_database
from sellout.store.tables import TABLES
from tests import postgres

NOT_COPIED = {"sellout_migrations", "batches", "secrets"}
"""What belongs to one database: its migrations, the batches that it may still be asked for, and what it signs with."""

COPIED = {table.name: set(table.columns) for table in TABLES}


def test_every_table_and_column_of_an_sqlite_file_is_copied(tmp_path: Path) -> None:
    open_database(tmp_path / "shop.db", host_clock, 1).close()
    connection = sqlite3.connect(tmp_path / "shop.db")
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in tables}
    finally:
        connection.close()
    assert {name: columns for name, columns in found.items() if name not in NOT_COPIED} == COPIED


def test_every_table_and_column_of_a_postgresql_database_is_copied(tmp_path: Path) -> None:
    import asyncio

    from sellout.store.postgres import open_postgres

    url = postgres.fresh_database()

    async def make_tables() -> None:
        await (await open_postgres(url)).close()

    asyncio.run(make_tables())

    async def columns(connection: Any) -> dict[str, set[str]]:
        rows = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND is_generated = 'NEVER'"
        )
        found: dict[str, set[str]] = {}
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        return found

    found = postgres.run(url, columns)
    assert {name: columns for name, columns in found.items() if name not in NOT_COPIED} == COPIED
