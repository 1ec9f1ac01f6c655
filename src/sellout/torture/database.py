"""The database of one round: fresh, reached by the server, read when all is over, and gone afterwards.

May touch: a folder; or a PostgreSQL server, on which it makes a database and drops it.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from sellout.history.kept import Kept
from sellout.prove import CouldNotRun
from sellout.torture.books import read_postgres, read_sqlite
from sellout.torture.faults import Engine
from sellout.torture.proxy.side import Address, Target

NAME_BYTES = 6
FAILURES = (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Database:
    """`url` is how a program reaches it; `file` is set on SQLite."""

    engine: Engine
    url: str
    file: Path | None = None

    async def read(self) -> Kept:
        """All rows. Raises CouldNotRun."""
        return read_sqlite(self.file) if self.file is not None else await read_postgres(self.url)


def engine_of(url: str | None) -> Engine:
    """The engine of an address; without one it is a file. Raises CouldNotRun."""
    scheme = urlsplit(url).scheme if url else "sqlite"
    if url and scheme in ("postgresql", "postgres"):
        return Engine.POSTGRES
    if url:
        raise CouldNotRun(
            "--database is for PostgreSQL, as in postgresql://HOST/NAME; a round on SQLite has its own file"
        )
    return Engine.SQLITE


@contextlib.asynccontextmanager
async def fresh_database(server_url: str | None, place: Path) -> AsyncIterator[Database]:
    """A database of this round's own for as long as the block lasts. Raises CouldNotRun where none can be made."""
    if server_url is None:
        file = place / "torture.db"
        yield Database(Engine.SQLITE, f"sqlite:///{file}", file)
        return
    name = f"sellout_torture_{secrets.token_hex(NAME_BYTES)}"
    await _command(server_url, f"CREATE DATABASE {name}")
    try:
        yield Database(Engine.POSTGRES, _with(server_url, path=f"/{name}"))
    finally:
        await _command(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _command(url: str, command: str) -> None:
    try:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(command)
        finally:
            await connection.close()
    except asyncpg.InsufficientPrivilegeError:
        raise CouldNotRun(
            "the role of --database may not make databases: each round needs a fresh one (CREATEDB)"
        ) from None
    except FAILURES as error:
        raise CouldNotRun(f"{command.split(' sellout_', 1)[0]} failed on the server of --database: {error}") from None


async def socket_of(url: str) -> Target:
    """Where a PostgreSQL server of this machine is reached. Raises CouldNotRun."""
    try:
        connection = await asyncpg.connect(url)
        try:
            host = await connection.fetchval("SELECT host(inet_server_addr())")
            port = await connection.fetchval("SELECT current_setting('port')")
            folders = await connection.fetchval("SELECT current_setting('unix_socket_directories')")
        finally:
            await connection.close()
    except FAILURES as error:
        raise CouldNotRun(f"cannot reach the server of --database: {error}") from None
    if host is not None:
        return Address(str(host), int(port))
    return Path(str(folders).split(",")[0].strip()) / f".s.PGSQL.{port}"


def through(url: str, port: int) -> str:
    """The same database, by another port of this machine."""
    return _with(url, host=f"127.0.0.1:{port}")


def _with(url: str, *, path: str | None = None, host: str | None = None) -> str:
    parts = urlsplit(url)
    netloc, query = parts.netloc, parts.query
    if host is not None:
        user, at, _ = netloc.rpartition("@")
        netloc = f"{user}{at}{host}"
        query = urlencode([(name, value) for name, value in parse_qsl(query) if name not in ("host", "port")])
    return urlunsplit((parts.scheme, netloc, path if path is not None else parts.path, query, parts.fragment))
