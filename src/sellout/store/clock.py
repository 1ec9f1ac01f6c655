"""What time it is, where the database has no clock of its own."""

import time
from collections.abc import Callable

from sellout.domain import Instant

Clock = Callable[[], Instant]


def host_clock() -> Instant:
    """The host's time: microseconds since 1970 in UTC."""
    return time.time_ns() // 1000
