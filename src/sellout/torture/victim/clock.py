"""A clock that jumps: what `time.time` and `time.time_ns` say from now on.

May touch: the module `time`. The store asks `time.time_ns` (`sellout.store.clock.host_clock`), and so do ids; limits of
rates, signatures and logs ask `time.time`. `datetime.now` asks the system by itself and stays right: the server asks it
for nothing that it decides by. So does `time.monotonic`, which no jump of a clock may touch. On PostgreSQL the clock of
a sale is the database's.
"""

import time
from collections.abc import Callable

NANOSECONDS = 1_000_000_000


def jump(offset_seconds: Callable[[], float]) -> None:
    """Let the clock show so much more than the system's: what the function says at each look."""
    true_seconds, true_nanoseconds = time.time, time.time_ns

    def seconds() -> float:
        return true_seconds() + offset_seconds()

    def nanoseconds() -> int:
        return true_nanoseconds() + round(offset_seconds() * NANOSECONDS)

    time.time, time.time_ns = seconds, nanoseconds


def once(after_seconds: float, seconds: float) -> Callable[[], float]:
    """An offset of so many seconds, from so long after now on."""
    at = time.monotonic() + after_seconds
    return lambda: seconds if time.monotonic() >= at else 0.0
