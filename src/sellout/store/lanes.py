"""How readings wait for their turn: short ones in a queue with a limit, long ones one at a time, the answer shared.

A stranger may ask as often as he likes. What that costs has a limit here: so many wait, so long, and the rest is told
so at once; and whoever asks the same long question as others gets the answer with them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from sellout.store.port import StoreBusy, StoreUnavailable

READ_SECONDS_MAX = 5.0
"""For one short reading, with waiting for its turn."""

READS_WAITING_MAX = 10_000
"""Short readings of one process that wait for their turn."""

LONG_READ_SECONDS_MAX = 120.0
"""For one long reading (an audit, a history, what webhooks have still to tell), with waiting for its turn."""

LONG_READS_WAITING_MAX = 64
"""Different long questions of one process that wait while another is answered."""

_T = TypeVar("_T")


class Queue:
    """Counts who waits. `seconds_max` is for each, with its own time."""

    def __init__(self, waiting_max: int, seconds_max: float | None) -> None:
        self.waiting_max = waiting_max
        self.seconds_max = seconds_max
        self._waiting = 0

    async def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Wait for `work`. Raises StoreBusy where too many do, and StoreUnavailable where it takes too long."""
        if self._waiting >= self.waiting_max:
            raise StoreBusy("more readings wait than may wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.seconds_max):
                return await work()
        except TimeoutError:
            raise StoreUnavailable("the database does not answer in time") from None
        finally:
            self._waiting -= 1


class Shared:
    """Long questions, one at a time. Who asks what somebody already waits for gets the same answer.

    An answer is never older than its question: what is under way already is not shared with who comes later.
    """

    def __init__(self, waiting_max: int, seconds_max: float | None) -> None:
        self.waiting_max = waiting_max
        self.seconds_max = seconds_max
        self._turn = asyncio.Lock()
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def ask(self, question: Hashable, work: Callable[[], Awaitable[_T]]) -> _T:
        """The answer. Raises StoreBusy where too many questions wait, and StoreUnavailable where it takes too long."""
        waiting = self._next.get(question)
        if waiting is None:
            if len(self._next) >= self.waiting_max:
                raise StoreBusy("more long readings wait than may wait")
            waiting = self._next[question] = asyncio.create_task(self._answer(question, work))
            waiting.add_done_callback(_heard)
        answer: _T = await asyncio.shield(waiting)
        return answer

    async def _answer(self, question: Hashable, work: Callable[[], Awaitable[_T]]) -> _T:
        try:
            async with asyncio.timeout(self.seconds_max), self._turn:
                self._next.pop(question, None)
                return await work()
        except TimeoutError:
            raise StoreUnavailable("the database does not answer in time") from None
        finally:
            if self._next.get(question) is asyncio.current_task():
                del self._next[question]


def _heard(done: "asyncio.Task[Any]") -> None:
    """All who asked may have gone; then nobody else takes the error."""
    if not done.cancelled():
        done.exception()
