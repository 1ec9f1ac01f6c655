"""Death at a named point: SIGKILL for the whole server at once, after a line in the file of marks.

May touch: the file of marks, and the process group of the server.
"""

import os
import signal
import time
from collections.abc import Callable

import msgspec

from sellout.torture.victim.arming import GROUP_VARIABLE, Arming, Mark, Point


class Fuse:
    """Burns down by one each time that its point is passed in this process. `last_words` come before death."""

    def __init__(self, arming: Arming, last_words: Callable[[], None]) -> None:
        self._point = arming.kill_at
        self._left = arming.kill_after
        self._marks = arming.marks
        self._last_words = last_words

    def passed(self, point: Point) -> None:
        """A point is passed."""
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            self._last_words()
            if self._marks is not None:
                leave_mark(self._marks, Mark(time.monotonic(), point, os.getpid()))
            die()


def leave_mark(marks: str, mark: Mark) -> None:
    """One more line: a whole one, also where another process writes one at the same time."""
    file = os.open(marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, msgspec.json.encode(mark) + b"\n")
    os.close(file)


def die() -> None:
    """SIGKILL for the server's process group; for us alone where the group is somebody else's, too."""
    group = os.getpgrp()
    if os.environ.get(GROUP_VARIABLE) == str(group):
        os.killpg(group, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
