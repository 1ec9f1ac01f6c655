"""Cutting off who sends a body too slowly: such a client gets 408, and costs others nothing meanwhile.

Overdue readings are looked for in rounds. A timer for each request would cost every purchase several microseconds, for
the sake of clients that hardly ever come.
"""

import asyncio
import time
from collections.abc import Awaitable

from sellout.http.problems import Problem
from sellout.http.requests import BadRequest

LOOK_SECONDS = 0.5
"""Between two looks, so a client may be cut off so much later than it should."""

TOO_SLOW = Problem("request_timeout", "The body of the request did not arrive in time.")


class BodyDeadline:
    """Lets a reading of a body take `seconds` at most."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, in the running event loop."""
        self._looking = asyncio.create_task(self._look(), name="body deadline")

    def stop(self) -> None:
        """Look no more; readings under way may take as long as they like."""
        if self._looking is not None:
            self._looking.cancel()

    async def within(self, reading: Awaitable[bytes]) -> bytes:
        """The body that `reading` gives. Raises BadRequest (408) where it takes too long."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it runs in one
        self._since[task] = time.monotonic()
        try:
            return await reading
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            task.uncancel()
            raise BadRequest(TOO_SLOW) from None
        finally:
            del self._since[task]
            self._overdue.discard(task)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.cut_off(time.monotonic())

    def cut_off(self, now: float) -> None:
        """End the readings that are overdue at `now` (`time.monotonic` seconds)."""
        for task, since in self._since.items():
            if now - since > self._seconds and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
