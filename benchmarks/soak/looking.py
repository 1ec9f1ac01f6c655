"""Looks at a running server: what its processes use, how large its database is, how much it has sold.

May touch: /proc, the database's files, and a connection to PostgreSQL.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import apsw
import asyncpg

from benchmarks import processes
from sellout.store.sqlite_file import connect

COUNTS = "(SELECT count(*) FROM purchases) AS purchases, (SELECT count(*) FROM inventory) AS items"


@dataclass(frozen=True, slots=True)
class Use:
    """What all processes of a server use together."""

    memory: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Size:
    """Of a database, in bytes, and how many purchases and items are in it."""

    database: int
    wal: int
    purchases: int
    items: int


class Books(Protocol):
    """Where sizes are read."""

    async def look(self) -> Size:
        """The sizes now."""
        ...

    async def close(self) -> None:
        """Give back what the looks took."""
        ...


def use_of(root: int) -> Use:
    """What a process and its descendants use; one that ends meanwhile is left out."""
    memory = processes.resident_bytes(root) or 0
    files = threads = 0
    for pid in processes.tree(root):
        folder = processes.PROC / str(pid)
        with suppress(OSError):
            files += sum(1 for _ in (folder / "fd").iterdir())
            threads += sum(1 for _ in (folder / "task").iterdir())
    return Use(memory, files, threads)


class FileBooks:
    """A SQLite file; the purchases are counted on a connection that is closed after each look."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def look(self) -> Size:
        connection = connect(self._path, create=False)
        try:
            return Size(_bytes(self._path), _bytes(Path(f"{self._path}-wal")), *_counts(connection))
        finally:
            connection.close()

    async def close(self) -> None:
        """Nothing is open between looks."""


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _counts(connection: apsw.Connection) -> tuple[int, int]:
    ((purchases, items),) = connection.execute(f"SELECT {COUNTS}").fetchall()
    return int(str(purchases)), int(str(items))


class PostgresBooks:
    """A PostgreSQL database, whose server has no other one that is in use."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "PostgresBooks":
        return cls(await asyncpg.connect(url))

    async def look(self) -> Size:
        row = await self._connection.fetchrow(
            "SELECT pg_database_size(current_database()) AS database, "
            f"(SELECT sum(size) FROM pg_ls_waldir())::bigint AS wal, {COUNTS}"
        )
        assert row is not None
        return Size(row["database"], row["wal"], row["purchases"], row["items"])

    async def close(self) -> None:
        await self._connection.close()
