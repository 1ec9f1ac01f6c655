"""The server of a soak, on a fresh database of either engine, and the commands that are run beside it.

May touch: processes and the folder that it is given.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import database
from benchmarks.server import Server, environment, free_port, running
from benchmarks.soak.looking import Books, FileBooks, PostgresBooks
from benchmarks.subjects import DATABASE, ORGANISER_KEY

COMMAND_SECONDS_MAX = 300.0  # an audit reads the whole ledger


@dataclass(frozen=True)
class Place:
    """A running server, and how to reach its database."""

    engine: str
    server: Server
    database: str
    variables: dict[str, str]
    file: Path | None = None

    async def books(self) -> Books:
        return FileBooks(self.file) if self.file is not None else await PostgresBooks.open(self.database)

    async def sellout(self, *words: str) -> tuple[int, str]:
        """Run a command on the database; its exit code and what it said last."""
        return await asyncio.to_thread(self._sellout, *words)

    def _sellout(self, *words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "sellout", *words, "--database", self.database]
        done = subprocess.run(
            command, env=environment(self.variables), capture_output=True, text=True, check=False,
            timeout=COMMAND_SECONDS_MAX,
        )  # fmt: skip
        lines = (done.stdout + done.stderr).strip().splitlines()
        return done.returncode, lines[-1] if lines else ""

    def stop(self) -> int:
        """Ask the server to stop; how it ended."""
        self.server.process.terminate()
        return self.server.process.wait()


@contextmanager
def served(folder: Path, *, postgres: bool, workers: int) -> Iterator[Place]:
    """A server for as long as the block lasts."""
    base = database.fresh(folder.parent) if postgres else None
    file = None if base is not None else folder / DATABASE
    url = base.url if base is not None else f"sqlite:///{file}"
    variables = {
        "SELLOUT_ORGANISER_KEY": ORGANISER_KEY,
        "SELLOUT_WEBHOOK_PRIVATE_ADDRESSES": "true",  # the receiver is on this machine
        "SELLOUT_DATABASE": url,
    }
    port = free_port()
    command = [sys.executable, "-m", "sellout", "serve", "--port", str(port), "--workers", str(workers)]
    try:
        with running(command, port, folder, variables, "/readyz") as server:
            yield Place("PostgreSQL" if postgres else "SQLite", server, url, variables, file)
    finally:
        if base is not None:
            database.drop(base)
