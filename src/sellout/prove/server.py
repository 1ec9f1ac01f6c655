"""A server of the run's own: a fresh process, by default on a fresh database that goes when it goes.

May touch: processes, a temporary folder, and the network to ask whether the server is ready. It starts the
server by its command line, as anybody would, and knows nothing of its inside.
"""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sellout.prove import CouldNotRun
from sellout.prove.shop import Shop

ADDRESS_SECONDS_MAX = 30.0
READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.02
ADDRESS = re.compile(r"(https?://\S+)\s*$", re.MULTILINE)
COMMAND = (sys.executable, "-m", "sellout", "serve")


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    organiser_key: str
    process: asyncio.subprocess.Process

    async def stop(self) -> int:
        """Ask it to stop, and say how it ended."""
        if self.process.returncode is None:
            self.process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                return await self.process.wait()
        await _kill(self.process)
        return -signal.SIGKILL


@contextlib.asynccontextmanager
async def own_server(
    *,
    database: str | None = None,
    organiser_key: str | None = None,
    workers: int = 1,
    command: Sequence[str] = COMMAND,
) -> AsyncIterator[Server]:
    """Run a server for as long as the block lasts.

    Without a database it gets a fresh one, removed after; and without an organiser key, which the database has, a fresh
    one, which would take the place of a shop's.
    """
    with tempfile.TemporaryDirectory(prefix="sellout-prove-") as folder:
        place = Path(folder)
        database = database or f"sqlite:///{place / 'prove.db'}"
        options = ("--port", "0", "--workers", str(workers), "--database", database)
        environment = dict(os.environ)
        if organiser_key is None:
            environment["SELLOUT_ORGANISER_KEY"] = organiser_key = secrets.token_urlsafe(32)
        process = await _start((*command, *options), place, environment)
        try:
            url = await _address(process, place)
            await _until_ready(process, place, url)
            yield Server(url, organiser_key, process)
        finally:
            await _kill(process)


async def _start(command: Sequence[str], place: Path, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    # Its output goes to files, because a pipe that nobody reads would fill up and stop the server.
    environment = {**environment, "PYTHONUNBUFFERED": "1"}
    with (place / "stdout").open("wb") as out, (place / "stderr").open("wb") as err:
        try:
            return await asyncio.create_subprocess_exec(
                *command, stdout=out, stderr=err, env=environment, start_new_session=True
            )
        except OSError as error:
            raise CouldNotRun(f"the server cannot be started: {error}") from None


async def _address(process: asyncio.subprocess.Process, place: Path) -> str:
    async with _in_time(place, "printed no address", ADDRESS_SECONDS_MAX):
        while not (found := ADDRESS.search((place / "stdout").read_text())):
            await _still_running(process, place)
    return found[1].rstrip("/")


async def _until_ready(process: asyncio.subprocess.Process, place: Path, url: str) -> None:
    async with aiohttp.ClientSession() as session, _in_time(place, "was not ready", READY_SECONDS_MAX):
        while not await Shop(session, url).ready():
            await _still_running(process, place)


@contextlib.asynccontextmanager
async def _in_time(place: Path, failure: str, seconds_max: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds_max):
            yield
    except TimeoutError:
        raise CouldNotRun(f"the server {failure} in {seconds_max:g} s{_last_words(place)}") from None


async def _still_running(process: asyncio.subprocess.Process, place: Path) -> None:
    if process.returncode is not None:
        raise CouldNotRun(f"the server ended with {process.returncode} at its start{_last_words(place)}")
    await asyncio.sleep(POLL_SECONDS)


def _last_words(place: Path) -> str:
    lines = (place / "stderr").read_text(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1]}" if said else ""


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the server and its workers; they are a process group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
