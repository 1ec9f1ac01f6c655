"""Group commit: concurrent commands become batches, and each batch one transaction. Blind to the engine.

The next batch is whatever arrived while the last one committed: no timer, a bounded size, one wait for the disk
for all. This is only speed. Every batch is an ordinary serialised transaction, so safety is the database's, and
any number of committers in any number of processes may work on the same database.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from sellout.domain import Command, Outcome
from sellout.store.port import Store, StoreError, StoreUnavailable

log = structlog.get_logger()


class Busy(Exception):
    """Too many wait: the command was not taken, or it had waited for as long as it may. Nothing was done."""


class Limits(NamedTuple):
    """What the committer never exceeds."""

    batch_size_max: int = 1000
    queue_length_max: int = 10_000
    unavailable_after_seconds: float = 5.0


HALVED_FROM = 64
"""Of a queue longer than this, a batch takes half: while the disk works on it, the other half is prepared.

Taking all makes everybody wait in step: the processor idles while the disk works, and the disk while it thinks.
"""

GRACE_SECONDS = 0.5
"""How long past its time a transaction may take to say that it took too long, before those who wait are told so."""

DEFAULT_LIMITS = Limits()

_Waiting = tuple[Command, asyncio.Future[Outcome], float]
"""A command, its answer, and when it came (`time.monotonic` seconds)."""


Observer = Callable[[Sequence[Command], Sequence[Outcome], Sequence[float], float], None]
"""Told of every committed batch: its commands, their outcomes, for each the seconds since it was taken, and the seconds
that the batch took."""

QueueWatcher = Callable[[int], None]
"""Told how many commands wait, after every batch, also after one that failed."""


def _unobserved(*_: object) -> None:
    """Nobody watches."""


class Committer:
    """Takes commands from many tasks of one event loop and gives each its outcome after the commit."""

    def __init__(
        self,
        store: Store,
        limits: Limits = DEFAULT_LIMITS,
        observe: Observer = _unobserved,
        watch_queue: QueueWatcher = _unobserved,
        end: Callable[[], None] | None = None,
    ) -> None:
        """`end` ends the process where nothing can be committed any more."""
        self._end = end or end_process
        self._store = store
        self._limits = limits
        self._observe = observe
        self._watch_queue = watch_queue
        self._queue: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def queue_length(self) -> int:
        """Commands that wait for their batch."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to commit, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._create_future = self._loop.create_future
        self._worker = asyncio.create_task(self._run(), name="committer")
        self._worker.add_done_callback(self._ended)

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Queue a command; the future gets its outcome once it is durable, or StoreUnavailable or Busy.

        A caller that goes away does not take its command back. Raises Busy where the queue is full.
        """
        if len(self._queue) >= self._limits.queue_length_max or self._stopping:
            raise Busy
        answer = self._create_future()
        self._queue.append((command, answer, time.monotonic()))
        if len(self._queue) == 1:
            self._arrived.set()
        return answer

    async def stop(self) -> None:
        """Take no more commands, commit and answer all that were taken, then end."""
        self._stopping = True
        self._arrived.set()
        if self._worker is not None:
            await self._worker

    def check_alive(self) -> None:
        """Raises StoreUnavailable where nobody commits any more."""
        if self._worker is None or self._worker.done():
            raise StoreUnavailable("nothing is committed any more: the process has to start again")

    async def _run(self) -> None:
        while batch := await self._next_batch():
            await self._answer_batch(batch)
            _tell(self._watch_queue, len(self._queue))

    async def _answer_batch(self, batch: list[_Waiting]) -> None:
        """Everybody of the batch gets an answer: an outcome, or an error."""
        commands = [command for command, _, _ in batch]
        started = time.monotonic()
        try:
            outcomes = await self._commit_in_time(batch, commands)
        except StoreError as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - it becomes an answer
            await self._answer_each(batch, error)
        else:
            durable = time.monotonic()
            waited = [durable - taken for _, _, taken in batch]
            _tell(self._observe, commands, outcomes, waited, durable - started)
            _answer(batch, outcomes)

    async def _answer_each(self, batch: list[_Waiting], error: Exception) -> None:
        """Nothing of a batch was done, because one of its commands met a defect: the others are not to pay for that."""
        if len(batch) == 1:
            _fail(batch, error)
            return
        log.error("batch_failed", commands=len(batch), exc_info=error)
        for alone in batch:
            if self._with_time([alone]):
                await self._answer_batch([alone])

    async def _commit_in_time(self, batch: list[_Waiting], commands: list[Command]) -> list[Outcome]:
        """The outcomes. Where a commit stalls, whoever waits is told so in time; the next batch waits for its end."""
        oldest = batch[0][2]
        late = oldest + self._limits.unavailable_after_seconds + GRACE_SECONDS - time.monotonic()
        self._watchdog = self._loop.call_later(max(GRACE_SECONDS, late), self._tell_of_stall, batch)
        try:
            return await self._commit(commands, oldest)
        finally:
            self._watchdog.cancel()

    def _tell_of_stall(self, batch: list[_Waiting]) -> None:
        log.error("commit_stalled", commands=len(batch))
        _fail(batch, StoreUnavailable("the database does not answer in time whether it has committed"))
        self._drop_overdue()

    def _drop_overdue(self) -> None:
        """While a commit stalls, those behind it are told in time as well."""
        self._queue = self._with_time(self._queue)
        self._watchdog = self._loop.call_later(GRACE_SECONDS, self._drop_overdue)

    async def _next_batch(self) -> list[_Waiting]:
        """What has arrived by now, or, where nothing has, what arrives next. Empty when all is done."""
        while True:
            while not self._queue and not self._stopping:
                self._arrived.clear()
                await self._arrived.wait()
            size = min(self._limits.batch_size_max, max(HALVED_FROM, len(self._queue) // 2))
            batch, self._queue = self._queue[:size], self._queue[size:]
            if not batch or (batch := self._with_time(batch)):
                return batch

    def _with_time(self, waiting: list[_Waiting]) -> list[_Waiting]:
        """Those that still have time to be decided. The others are told that it was too busy: nothing was done."""
        taken_after = time.monotonic() - self._limits.unavailable_after_seconds
        if not waiting or waiting[0][2] > taken_after:  # the oldest comes first
            return waiting
        _fail([late for late in waiting if late[2] <= taken_after], Busy())
        return [each for each in waiting if each[2] > taken_after]

    async def _commit(self, commands: list[Command], oldest: float) -> list[Outcome]:
        """One transaction, which waits for the database as long as its oldest command still may."""
        return await self._store.transact(commands, oldest + self._limits.unavailable_after_seconds)

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        """Without it all requests would hang: a process that cannot commit ends, and its supervisor starts another."""
        if worker.cancelled() or (error := worker.exception()) is None:
            return
        log.critical("committer_ended", reason="a defect: the process ends, and nothing that was not answered was lost",
                     exc_info=error)  # fmt: skip
        self._end()


def end_process() -> None:
    """At once: whatever else there is to be done would wait for a commit."""
    sys.stderr.flush()
    os._exit(1)


def _tell(watcher: Callable[..., None], *values: object) -> None:
    """Whoever watches never stops the sale: what was committed is answered all the same."""
    try:
        watcher(*values)
    except Exception:
        log.exception("observer_failed")


def _answer(batch: list[_Waiting], outcomes: list[Outcome]) -> None:
    for (_, answer, _), outcome in zip(batch, outcomes, strict=True):
        if not answer.done():  # its caller may have gone away; the outcome stands all the same
            answer.set_result(outcome)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for _, answer, _ in batch:
        if not answer.done():
            answer.set_exception(error)
