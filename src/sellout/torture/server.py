"""The server that is tortured: started as anybody would, and started again whenever something has killed it.

May touch: processes and a folder, and the network to ask whether the server is ready. The address stays the same over
all its lives.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp

from sellout.prove import CouldNotRun
from sellout.prove.shop import Shop
from sellout.torture.victim import Arming, armed

T = TypeVar("T")

COMMAND = (sys.executable, "-m", "sellout")
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
LOOK_SECONDS_MAX = 2.0
POLL_SECONDS = 0.02
LOOKS_MAX = 50  # at a server that is killed again and again
PORTS = range(20_000, 32_000)
RESTARTS_MAX = 40  # a start that fails while the disk is full is tried again, as whoever keeps a server running would
RESTART_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Lived:
    """One life of the server. `ready_at` is None where it ended before it answered. Times are time.monotonic()."""

    started_at: float
    ready_at: float | None
    ended_at: float
    exit_code: int

    @property
    def killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


@dataclass(slots=True)
class Lives:
    """How the server is armed in its first life, in its second, and so on; `after` these it is always armed alike."""

    first: tuple[Arming, ...]
    after: Arming
    begun: int = 0

    def next(self) -> Arming:
        """How the life that begins now is armed."""
        self.begun += 1
        return self.now

    @property
    def now(self) -> Arming:
        return self.first[self.begun - 1] if 0 < self.begun <= len(self.first) else self.after


@dataclass(slots=True)
class Server:
    """`up` is set while it answers. `lived` are the lives that are over."""

    place: Path
    database: str
    settings: Mapping[str, str]
    lives: Lives
    port: int
    organiser_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    up: asyncio.Event = field(default_factory=asyncio.Event)
    lived: list[Lived] = field(default_factory=list)
    stopping: bool = False
    process: asyncio.subprocess.Process | None = None
    keeping: "asyncio.Task[None]" = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every program of the shop gets that works on this database."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SELLOUT_")}
        return ours | {
            "SELLOUT_DATABASE": self.database,
            "SELLOUT_ORGANISER_KEY": self.organiser_key,
            "PROMETHEUS_MULTIPROC_DIR": str(self.place / "figures"),  # a killed server would leave its own behind
            **self.settings,
        }

    def begin(self) -> None:
        """Start it, in the background; it is kept running until it is stopped."""
        self.stopping = False
        self.keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """Run it until it is stopped, over as many lives as it takes. Raises CouldNotRun where it does not start."""
        in_vain = 0
        while not self.stopping:
            ready_at, lived = await self._live()
            self.lived.append(lived)
            in_vain = 0 if ready_at is not None or lived.killed else in_vain + 1
            if in_vain > RESTARTS_MAX:
                raise CouldNotRun(f"the server ended with {lived.exit_code} at its start{self.last_words()}")
            if in_vain:
                await asyncio.sleep(RESTART_PAUSE_SECONDS)

    async def _live(self) -> tuple[float | None, Lived]:
        """One life, from its start to its end."""
        started_at = time.monotonic()
        process = self.process = await self._start(self.lives.next())
        if self.stopping:
            self._end_group(process)
        watching = asyncio.create_task(self._until_ready(process))
        exit_code = await process.wait()
        ended_at = time.monotonic()
        self._end_group(process)
        ready_at = await watching  # it sees by itself that the process has ended
        self.up.clear()
        return ready_at, Lived(started_at, ready_at, ended_at, exit_code)

    async def _start(self, arming: Arming) -> asyncio.subprocess.Process:
        options = ("serve", "--port", str(self.port), "--workers", self.settings.get("SELLOUT_WORKERS", "1"))
        environment = armed(arming, self.environment)
        with (self.place / "stdout").open("ab") as out, (self.place / "stderr").open("ab") as err:
            try:
                return await asyncio.create_subprocess_exec(
                    *COMMAND, *options, stdout=out, stderr=err, env=environment, start_new_session=True
                )
            except OSError as error:
                raise CouldNotRun(f"the server cannot be started: {error}") from None

    async def _until_ready(self, process: asyncio.subprocess.Process) -> float | None:
        """When it answered; None where it ended before. Not to be cancelled: a timeout at that moment would hide it."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK_SECONDS_MAX)) as session:
            while process.returncode is None:
                if await Shop(session, self.url).ready():
                    self.up.set()
                    return time.monotonic()
                await _a_moment()
        return None

    async def until_up(self) -> None:
        """Wait until it answers. Raises CouldNotRun where that takes too long, or will never be."""
        until = time.monotonic() + READY_SECONDS_MAX
        while not self.up.is_set():  # a server that has just come up may be killed before we see it
            if self.keeping.done():
                self.keeping.result()
            if self.keeping.done() or time.monotonic() > until:
                raise CouldNotRun(f"the server was not ready in {READY_SECONDS_MAX:g} s{self.last_words()}")
            await _a_moment()

    async def patiently(self, look: Callable[[], Awaitable[T]]) -> T:
        """What is seen at a look at the shop; it may be killed at that very moment, and is then looked at again."""
        for tries_left in reversed(range(LOOKS_MAX)):
            await self.until_up()
            try:
                return await look()
            except CouldNotRun:
                if not tries_left:
                    raise
            await asyncio.sleep(RESTART_PAUSE_SECONDS)
        raise AssertionError("the last look has been an answer, or has raised")

    def signal(self, number: signal.Signals) -> bool:
        """Send a signal to all its processes; whether there was one."""
        if self.process is None or self.process.returncode is not None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
            return True
        return False

    def workers(self) -> list[int]:
        """The processes that serve."""
        if self.process is None:
            return []
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            return [int(child) for child in children.read_text().split()]
        return []

    async def stop(self) -> int:
        """Ask it to stop, as an operator would, and say how it ended."""
        self.stopping = True
        process = self.process
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await process.wait()
        self._end_group(process)
        await self.keeping
        return self.lived[-1].exit_code

    def end(self) -> None:
        """Kill what is left of it."""
        self.stopping = True
        if self.process is not None:
            self._end_group(self.process)

    @staticmethod
    def _end_group(process: asyncio.subprocess.Process) -> None:
        """Workers of a supervisor that was killed may be there still for a moment; they are in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line that it has written to stderr, for whoever has to explain why it ended."""
        file = self.place / "stderr"
        lines = file.read_text(errors="replace").split("\n") if file.exists() else []
        said = [line.strip() for line in lines if line.strip()]
        return f": {said[-1]}" if said else ""


async def _a_moment() -> None:
    """Between two looks."""
    await asyncio.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port that nobody listens on now; one that no outgoing connection is given while the server is down, either.

    A proxy that dials a port in the system's own range again and again ends up connected to itself.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.asynccontextmanager
async def kept_running(server: Server) -> AsyncIterator[Server]:
    """Keep it running for as long as the block lasts; afterwards no process of it is left."""
    server.begin()
    try:
        yield server
    finally:
        server.end()
        await asyncio.wait({server.keeping})
    server.keeping.result()


def unwanted_ends(lives: Sequence[Lived]) -> Iterator[str]:
    """Each end of the server that nobody has brought about."""
    for lived in lives[:-1]:  # the last one is what it was asked for
        if lived.ready_at is not None and not lived.killed:
            yield f"The server ended by itself, with {lived.exit_code}"
