"""Where armed servers and armed programs are watched: a database on either engine, and what it keeps."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from sellout.torture.victim.arming import VARIABLE, Arming, Point, armed, marks_in
from tests import postgres
from tests.processes import Server, running

PROGRAM_SECONDS_MAX = 60
REPOSITORY = Path(__file__).parents[3]


class Shop:
    """A shop's database, which outlives its servers."""

    def __init__(self, folder: Path, engine: str = "sqlite") -> None:
        self.file = folder / "shop.db"
        self.marks = folder / "marks"
        self.control = folder / "control"
        self._url = postgres.fresh_database() if engine == "postgres" else None

    def server(self, **variables: str) -> contextlib.AbstractContextManager[Server]:
        """A server as anybody starts it."""
        options = ("--database", self._url) if self._url else ()
        return running(self.file, *options, **variables)

    def armed(self, arming: Arming, **variables: str) -> contextlib.AbstractContextManager[Server]:
        """A server that is armed so."""
        environment = armed(arming, os.environ)
        return self.server(**variables, PYTHONPATH=environment["PYTHONPATH"], **{VARIABLE: environment[VARIABLE]})

    def dies_at_its_start(self, arming: Arming) -> None:
        """A server that is killed before it serves."""
        url = self._url or f"sqlite:///{self.file}"
        done = subprocess.run(
            [sys.executable, "-m", "sellout", "serve", "--port", "0", "--database", url],
            env=armed(arming, os.environ),
            timeout=PROGRAM_SECONDS_MAX,
            check=False,
            start_new_session=True,
        )
        assert done.returncode == -signal.SIGKILL

    def rows(self, query: str) -> list[Any]:
        """Straight from the database."""
        if self._url:
            return [tuple(row) for row in postgres.run(self._url, lambda connection: connection.fetch(query))]
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()

    def purchases(self) -> dict[str, str]:
        """key -> purchase id."""
        return dict(self.rows("SELECT idempotency_key, id FROM purchases"))

    def points(self) -> list[Point]:
        """Where processes have died."""
        return [mark.point for mark in marks_in(self.marks)]


def run(*arguments: str, arming: Arming | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python, armed or not, in a session of its own, until it ends or is killed."""
    paths = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment if arming is None else armed(arming, environment),
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS_MAX,
        check=False,
        start_new_session=True,
    )


def killed(*arguments: str, arming: Arming) -> list[str]:
    """The lines that it has printed until it was killed."""
    done = run(*arguments, arming=arming)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    return done.stdout.splitlines()
