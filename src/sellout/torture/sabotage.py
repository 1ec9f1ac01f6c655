"""Faults that come from outside of the server: when their time has come they are done, and undone when it is over.

May touch: the server's processes, the file of its switches, its database as a stranger's session, the proxies. What is
armed inside the server (named points, the loss of power) fires by itself, and is found here by the marks that it left.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import asyncpg

from sellout.torture.database import Database
from sellout.torture.faults import KILL_POINTS, ON_THE_WIRE, Fault, Planned
from sellout.torture.plan import ITEMS
from sellout.torture.proxy.faults import Happened
from sellout.torture.proxy.proxy import Proxy
from sellout.torture.server import Server
from sellout.torture.victim import Arming, Switches, throw
from sellout.torture.victim.arming import Mark, marks_in
from sellout.torture.wire import NAMES, Weather

LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""  # killed, it writes nothing: to close the file in good order might move the log into it

# Not the sessions of the stranger who may hold a row meanwhile.
TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'sellout'
"""
UNMET_SECONDS_MAX = 3.0  # a slow machine may send nothing while the network is bad
POLL_SECONDS = 0.05
DIE_FIRST = {Fault.KILL_IN_MIGRATION: 0, Fault.POWER_LOSS: 1}  # a migration is the first thing that ever happens
ROW = "SELECT id FROM inventory WHERE id = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Done:
    """A fault as it went. Times are time.monotonic(); `fired` says whether it is known to have happened.

    `requests`: how many met it, where it is one of the network.
    """

    planned: Planned
    started_at: float
    ended_at: float
    fired: bool
    requests: int | None = None

    @property
    def words(self) -> str:
        """What was done, for people."""
        return self.planned.words if self.requests is None else f"{self.planned.words}: {self.requests} requests"


@dataclass(slots=True)
class Scene:
    """All that can be broken in one round. `between` is the proxy before PostgreSQL, where there is one."""

    server: Server
    database: Database
    network: Proxy
    weather: Weather
    control: Path
    marks: Path
    between: Proxy | None = None
    switches: Switches = field(default_factory=Switches)

    def switch(self, **changes: bool | float) -> None:
        """Throw some of the switches of the server, and leave the others as they are."""
        now = {name: getattr(self.switches, name) for name in Switches.__struct_fields__} | changes
        self.switches = Switches(**now)
        throw(self.control, self.switches)


Breaks: TypeAlias = Callable[[Scene, Planned], Awaitable[bool]]


def armings(faults: Sequence[Planned], control: Path, marks: Path) -> tuple[tuple[Arming, ...], Arming]:
    """How the server is armed in its first lives, one for each point at which it is to die, and in all after them."""
    order = sorted(faults, key=lambda fault: DIE_FIRST.get(fault.kind, len(DIE_FIRST)))
    lives = [arming for fault in order if (arming := _armed(fault, str(control), str(marks))) is not None]
    return tuple(lives), Arming(control=str(control))


def _armed(fault: Planned, control: str, marks: str) -> Arming | None:
    if fault.kind in KILL_POINTS:
        return Arming(control=control, marks=marks, kill_at=KILL_POINTS[fault.kind], kill_after=fault.nth)
    if fault.kind is Fault.POWER_LOSS:
        return Arming(
            control=control, marks=marks, power_loss=True, kill_at=fault.point, kill_after=max(1, fault.nth),
            tear_seed=fault.tear,
        )  # fmt: skip
    return None


async def break_things(scene: Scene, faults: Sequence[Planned], doors_open_at: float) -> list[Done]:
    """Do everything that is to be done from outside, each at its time."""
    return await asyncio.gather(*(_in_its_time(scene, fault, doors_open_at) for fault in faults if from_outside(fault)))


def from_outside(fault: Planned) -> bool:
    """Whether the driver has to do it."""
    return fault.kind not in KILL_POINTS and fault.point is None


async def _in_its_time(scene: Scene, fault: Planned, doors_open_at: float) -> Done:
    await asyncio.sleep(max(0.0, doors_open_at + fault.at - time.monotonic()))
    await scene.server.until_up()
    started_at = time.monotonic()
    fired = await _HOW[fault.kind](scene, fault)
    return Done(fault, started_at, time.monotonic(), fired)


def armed_ones(faults: Sequence[Planned], marks: Path, began_at: float) -> list[Done]:
    """What has become of the faults that were armed inside, by the marks they left."""
    left = marks_in(marks)
    return [_as_marked(fault, left, began_at) for fault in faults if not from_outside(fault)]


def _as_marked(fault: Planned, left: Sequence[Mark], began_at: float) -> Done:
    point = fault.point or KILL_POINTS[fault.kind]
    at = next((mark.at for mark in left if mark.point == point), None)
    return Done(fault, at or began_at, at or began_at, fired=at is not None)


def met_on_the_wire(done: Iterable[Done], happened: Iterable[Happened]) -> list[Done]:
    """The same, and of each fault of the network how many requests met it."""
    met = Counter(each.kind for each in happened)
    counts = {kind: sum(met[name] for name in names) for kind, names in NAMES.items()}
    return [
        replace(each, fired=counts[each.planned.kind] > 0, requests=counts[each.planned.kind])
        if each.planned.kind in counts
        else each
        for each in done
    ]


async def _kill(scene: Scene, _: Planned) -> bool:
    return scene.server.signal(signal.SIGKILL)


async def _power_off(scene: Scene, fault: Planned) -> bool:
    """To be killed is to lose what was not synced, in the life that is armed so."""
    return scene.server.lives.now.power_loss and await _kill(scene, fault)


async def _kill_worker(scene: Scene, _: Planned) -> bool:
    workers = scene.server.workers()
    for worker in workers[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
            return True
    return False


async def _pause(scene: Scene, fault: Planned) -> bool:
    fired = scene.server.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        scene.server.signal(signal.SIGCONT)
    return fired


async def _bad_weather(scene: Scene, fault: Planned) -> bool:
    """It goes on for a while where nobody has met it. Whether anybody did shows when the last late answer has come."""
    scene.weather.on[fault.kind] = fault
    try:
        await asyncio.sleep(fault.seconds)
        until = time.monotonic() + UNMET_SECONDS_MAX
        while time.monotonic() < until and fault.kind not in scene.weather.met:
            await _a_moment()
    finally:
        del scene.weather.on[fault.kind]
    return False


async def _a_moment() -> None:
    """Between two looks."""
    await asyncio.sleep(POLL_SECONDS)


async def _lock(scene: Scene, fault: Planned) -> bool:
    """Another program takes the write lock, and keeps it."""
    pipe = asyncio.subprocess.PIPE
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCKING, str(scene.database.file), stdin=pipe, stdout=pipe
    )
    try:
        said = await stranger.stdout.readline() if stranger.stdout is not None else b""
        await asyncio.sleep(fault.seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            stranger.kill()
        await stranger.communicate()
    return said == b"locked\n"


async def _disk_full(scene: Scene, fault: Planned) -> bool:
    return await _switched(scene, fault, "disk_full")


async def _fsync_error(scene: Scene, fault: Planned) -> bool:
    return await _switched(scene, fault, "fsync_eio")


async def _switched(scene: Scene, fault: Planned, name: str) -> bool:
    scene.switch(**{name: True})
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        scene.switch(**{name: False})
    return True


async def _clock_jump(scene: Scene, fault: Planned) -> bool:
    """It is not put back: to the shop that would be one more jump, and the sale would stand still for so long."""
    scene.switch(clock_offset_seconds=fault.jump)
    return True


async def _terminate_backends(scene: Scene, _: Planned) -> bool:
    async with _session(scene) as session:
        ended = await session.fetch(TERMINATE, await session.fetchval("SELECT current_database()"))
        return any(row[0] for row in ended)


async def _lock_row(scene: Scene, fault: Planned) -> bool:
    async with _session(scene) as session, session.transaction():
        row = await session.fetchval(ROW, ITEMS[0])
        await asyncio.sleep(fault.seconds)
        return bool(row)


async def _cut_database(scene: Scene, fault: Planned) -> bool:
    """First nothing passes and nobody is told; then every connection is reset."""
    if scene.between is None:
        return False
    scene.between.partition()
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        ends = scene.between.reset_all()
        scene.between.heal()
    return ends > 0


@contextlib.asynccontextmanager
async def _session(scene: Scene) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A stranger's session, not through the proxy."""
    session = await asyncpg.connect(scene.database.url)
    try:
        yield session
    finally:
        session.terminate()


_HOW: Mapping[Fault, Breaks] = {
    Fault.KILL: _kill,
    Fault.POWER_LOSS: _power_off,
    Fault.KILL_WORKER: _kill_worker,
    Fault.PAUSE: _pause,
    Fault.LOCK: _lock,
    Fault.DISK_FULL: _disk_full,
    Fault.FSYNC_ERROR: _fsync_error,
    Fault.CLOCK_JUMP: _clock_jump,
    Fault.BACKENDS: _terminate_backends,
    Fault.ROW_LOCK: _lock_row,
    Fault.DATABASE_CUT: _cut_database,
} | dict.fromkeys(ON_THE_WIRE, _bad_weather)
