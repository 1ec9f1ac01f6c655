"""What `--full` adds: a file with a million purchases, memory, and a thousand buyers at one instant."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import processes
from benchmarks.crowd import Crowd, compare
from benchmarks.measure import Meter, fresh_folder
from benchmarks.results import Goal, ratio
from benchmarks.subjects import BUY

PURCHASES = 1_000_000
CONNECTIONS = 512
MANY_CONNECTIONS = 1000
SAMPLE_SECONDS = 0.2
MEBI = 2**20

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Memory:
    """Resident bytes of the server's process tree; None where /proc is missing."""

    connected: int | None
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Full:
    """The figures of `--full`."""

    purchases: int
    empty: float
    filled: float
    memory: Memory
    crowd: Crowd


def measure(base: Path, rounds: int, seconds: int, tell: Tell) -> Full:
    """Fill a file with a million purchases, watching memory; then compare it with an empty one."""
    with fresh_folder(base) as filled:
        memory, purchases = _fill(filled, tell)
        empty_rates, filled_rates = [], []
        for number in range(1, rounds + 1):
            with fresh_folder(base) as empty:
                empty_rates.append(_rate(empty, seconds, fresh=True))
            filled_rates.append(_rate(filled, seconds, fresh=False))
            tell(f"round {number}: empty {empty_rates[-1]:,.0f}/s, filled {filled_rates[-1]:,.0f}/s")
    crowd = compare(base, max(rounds, 5))
    tell(f"1000 buyers: Sellout {crowd.sellout:.3f} s, no-op {crowd.no_op:.3f} s")
    return Full(purchases, median(empty_rates), median(filled_rates), memory, crowd)


def _rate(folder: Path, seconds: int, *, fresh: bool) -> float:
    """Sales a second of a newly started server on the database in `folder`."""
    with BUY.serving(folder) as server:
        if fresh:
            BUY.prepare(server)
        meter = Meter(BUY, server)
        meter.warm_up(CONNECTIONS)
        return meter.shoot(CONNECTIONS, seconds).rate


def _fill(folder: Path, tell: Tell) -> tuple[Memory, int]:
    """A million purchases over HTTP, with a look at memory at a thousand connections, before, and after."""
    with BUY.serving(folder) as server:
        BUY.prepare(server)
        meter = Meter(BUY, server)
        connected = _peak_while_loaded(meter)
        before = processes.resident_bytes(server.pid)
        target = meter.sold + PURCHASES
        while meter.sold < target:
            meter.shoot(CONNECTIONS, 10)
            tell(f"filling: {meter.sold:,} purchases")
        after = processes.resident_bytes(server.pid)
        BUY.audit(server)
    return Memory(connected, before, after), meter.sold


def _peak_while_loaded(meter: Meter) -> int | None:
    """The most memory seen while a thousand connections keep buying."""
    seen: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(SAMPLE_SECONDS):
            resident = processes.resident_bytes(meter.server.pid)
            if resident is not None:
                seen.append(resident)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        meter.shoot(MANY_CONNECTIONS, 5)
    finally:
        done.set()
        watcher.join()
    return max(seen, default=None)


def goals(full: Full | None) -> list[Goal]:
    """The goals of `--full`; without it they are listed as not measured."""
    memory = full.memory if full else Memory(None, None, None)
    return [
        Goal(
            "buying with a million purchases in the file, against an empty one",
            ratio(full.filled, full.empty) if full else None,
            0.85,
        ),
        Goal(
            "resident memory at 1000 connections that buy",
            None if memory.connected is None else memory.connected / MEBI,
            150,
            at_most=True,
            unit=" MiB",
        ),
        Goal(
            "resident memory after a million purchases, against before",
            ratio(memory.after, memory.before),
            1.10,
            at_most=True,
        ),
        Goal(
            "1000 buyers for 100 units, wall time against the client's own 1000 no-ops",
            full.crowd.ratio if full else None,
            2.0,
            at_most=True,
        ),
    ]
