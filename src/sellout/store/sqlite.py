"""The store on one SQLite file, through apsw.

Three connections, each used by one thread of its own: one writes, one reads, and one is for long readings, so that
short ones never wait for those. In SQLite's write-ahead log none waits for the other. The event loop waits for a whole
batch at a time, so threads cost a hand-over a batch, not a request.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import apsw

from sellout.decide import decide
from sellout.domain import (
    Command,
    KeyScope,
    Outcome,
    Revocation,
)
from sellout.store import keeping
from sellout.store.batch import load, write
from sellout.store.clock import Clock, host_clock
from sellout.store.lanes import (
    LONG_READ_SECONDS_MAX,
    LONG_READS_WAITING_MAX,
    READ_SECONDS_MAX,
    READS_WAITING_MAX,
    Queue,
    Shared,
)
from sellout.store.port import StoreUnavailable
from sellout.store.queries import load_queries
from sellout.store.reader import Reader
from sellout.store.sealing import seal_rest
from sellout.store.sqlite_file import (
    begin,
    connect,
    open_beside,
    open_database,
    rescue,
    rollback,
    unavailable_on_error,
)
from sellout.store.sqlite_place import check_is_there, check_log_is_there, only_log_is_ours, place_of
from sellout.store.steps import ASK_THE_CLOCK, Ask, Row, Steps, Value
from sellout.store.webhooks import Webhooks

_SQL = {
    name: sql for file in ("transact", "read", "keep", "webhooks") for name, sql in load_queries("sqlite", file).items()
}

READ_CACHE_KIB = 4 * 1024
"""Page cache of a reading connection."""

PROGRESS_STEPS = 20_000
"""Instructions of SQLite's machine between two looks whether a reading has gone past its time: about a millisecond."""

_T = TypeVar("_T")


class SQLiteStore(Reader):
    """Fulfils `sellout.store.port.Store` on an SQLite file."""

    def __init__(self, path: Path, clock: Clock = host_clock, wait_seconds: float = 5.0) -> None:
        """Open the file, creating and upgrading it as needed. Raises StoreUnusable."""
        self._path = path
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._writer: apsw.Connection | None = open_database(path, clock, wait_seconds)
        self._reader: apsw.Connection | None = open_beside(path, READ_CACHE_KIB)
        self._place = place_of(path)
        self._write_thread = ThreadPoolExecutor(1, "sellout-writer")
        self._read_thread = ThreadPoolExecutor(1, "sellout-reader")
        self._reads = Queue(READS_WAITING_MAX, READ_SECONDS_MAX)
        self._long_reader: apsw.Connection | None = None
        self._long_read_thread = ThreadPoolExecutor(1, "sellout-long-reader")
        self._long_reads = Shared(LONG_READS_WAITING_MAX, LONG_READ_SECONDS_MAX)
        self.webhooks = Webhooks(self._read, self._write, lambda steps: self._read_long(object(), steps))

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_thread, self._transact, commands, deadline)

    async def add_organiser_key(self, name: str, digest: str, scopes: Collection[KeyScope]) -> bool:
        return await self._keep(keeping.add_key(name, digest, scopes))

    async def add_first_organiser_key(self, name: str, digest: str) -> bool:
        return await self._keep(keeping.add_first_key(name, digest))

    async def set_organiser_key(self, name: str, digest: str) -> bool:
        return await self._keep(keeping.set_key(name, digest))

    async def revoke_organiser_key(self, name: str, *, last_too: bool) -> Revocation:
        return await self._keep(keeping.revoke_key(name, last_too=last_too))

    async def session_secret(self, made: str) -> str:
        known = await self.known_session_secret()
        return await self._keep(keeping.make_session_secret(made)) if known is None else known

    async def seal_rest(self) -> int:
        return await self._in_write_thread(lambda writer: self._run(writer, seal_rest()))

    async def reset(self, commands: Sequence[Command] = ()) -> None:
        def start_over(writer: apsw.Connection) -> None:
            _reset(writer)
            self._decide(writer, commands)

        await self._in_write_thread(start_over)

    async def _write(self, steps: Steps[_T]) -> _T:
        """Answer all steps in one transaction of their own."""
        return await self._in_write_thread(lambda writer: self._run(writer, steps))

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._write_thread, self._drop_writer)
        with contextlib.suppress(StoreUnavailable):  # there is nobody left to be told
            await loop.run_in_executor(self._read_thread, lambda: self._check_is_there(self._reader))
        if self._long_reader is not None:
            self._long_reader.interrupt()  # nobody is left to be answered
        self._long_read_thread.shutdown()
        await loop.run_in_executor(self._read_thread, self._drop_readers)
        self._write_thread.shutdown()
        self._read_thread.shutdown()

    # In the writing thread.

    def _transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        with self._transaction(deadline) as writer:
            return self._decide(writer, commands)

    def _decide(self, writer: apsw.Connection, commands: Sequence[Command]) -> list[Outcome]:
        """Load, decide and write, in the open transaction."""
        loaded, now = self._run(writer, load(commands, items_are_locks=False))
        outcomes, writes = decide(loaded, commands, now)
        self._run(writer, write(writes, now))
        return outcomes

    @contextlib.contextmanager
    def _transaction(self, deadline: float) -> Iterator[apsw.Connection]:
        """Commit what the block does; it is durable when the block has ended. Nothing is written without a commit."""
        with unavailable_on_error():
            self._check_is_there(self._writer)
            writer = self._writer = self._writer or connect(self._path, create=False)
            begin(writer, deadline)
            try:
                yield writer
                writer.execute("COMMIT")
                check_log_is_there(self._place)
            except BaseException:
                self._drop_writer()  # nobody knows what state it is in: the next batch gets a new one
                raise

    async def _in_write_thread(self, work: Callable[[apsw.Connection], _T]) -> _T:
        def transact() -> _T:
            with self._transaction(time.monotonic() + self._wait_seconds) as writer:
                return work(writer)

        return await asyncio.get_running_loop().run_in_executor(self._write_thread, transact)

    async def _keep(self, steps: Steps[_T]) -> _T:
        return await self._in_write_thread(lambda writer: self._run(writer, steps))

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # In the reading threads: short readings never wait for long ones.

    async def _read(self, steps: Steps[_T]) -> _T:
        until = time.monotonic() + READ_SECONDS_MAX
        return await self._reads.run(lambda: self._in_thread(self._read_thread, self._read_short, steps, until))

    async def _read_long(self, question: Hashable, steps: Steps[_T]) -> _T:
        until = time.monotonic() + LONG_READ_SECONDS_MAX
        work = partial(self._in_thread, self._long_read_thread, self._read_at_length, steps, until)
        return await self._long_reads.ask(question, work)

    @staticmethod
    async def _in_thread(
        thread: ThreadPoolExecutor, read: Callable[[Steps[_T], float], _T], steps: Steps[_T], until: float
    ) -> _T:
        return await asyncio.get_running_loop().run_in_executor(thread, read, steps, until)

    def _read_short(self, steps: Steps[_T], until: float) -> _T:
        with unavailable_on_error():
            self._check_is_there(self._reader)
            reader = self._reader = self._reader or connect(self._path, create=False, cache_kib=READ_CACHE_KIB)
            return self._read_snapshot(reader, steps, until)

    def _read_at_length(self, steps: Steps[_T], until: float) -> _T:
        with unavailable_on_error():
            self._check_is_there(self._long_reader)
            reader = self._long_reader = self._long_reader or connect(
                self._path, create=False, cache_kib=READ_CACHE_KIB
            )
            return self._read_snapshot(reader, steps, until)

    def _read_snapshot(self, reader: apsw.Connection, steps: Steps[_T], until: float) -> _T:
        """All steps see the same moment. Past `until` nobody waits for it any more, so it ends."""
        reader.set_progress_handler(lambda: time.monotonic() > until, PROGRESS_STEPS)
        if time.monotonic() > until:
            raise StoreUnavailable("the database does not answer in time")
        reader.execute("BEGIN")
        try:
            return self._run(reader, steps)
        finally:
            reader.set_progress_handler(None)
            rollback(reader)

    def _drop_readers(self) -> None:
        for reader in (self._long_reader, self._reader):  # the last one empties the log; one may have been interrupted
            if reader is not None:
                reader.close()
        self._reader = self._long_reader = None

    # In either thread.

    def _check_is_there(self, connection: apsw.Connection | None) -> None:
        """Raises StoreUnavailable; then all that was sold is brought into the file, wherever that was moved to."""
        try:
            check_is_there(self._place)
        except StoreUnavailable:
            if connection is not None and only_log_is_ours(self._place):
                rescue(connection)
            raise

    def _run(self, connection: apsw.Connection, steps: Steps[_T]) -> _T:
        return answer(connection, steps, self._clock)


def answer(connection: apsw.Connection, steps: Steps[_T], clock: Clock) -> _T:
    """Answer every step from the connection; the clock is the host's. Raises apsw errors."""
    try:
        step: Ask = next(steps)
        while True:
            found = [(clock(),)] if step.statement in ASK_THE_CLOCK else _rows(connection, *step)
            step = steps.send(found)
    except StopIteration as done:
        result: _T = done.value
        return result


def _rows(connection: apsw.Connection, statement: str, values: dict[str, Value]) -> Sequence[Row]:
    return connection.execute(_SQL[statement], values).fetchall()


def _reset(writer: apsw.Connection) -> None:
    """Empty the tables. The triggers that forbid it step aside for this one transaction."""
    triggers = _rows(writer, "triggers", {})
    for name, _ in triggers:
        writer.execute(f'DROP TRIGGER "{name}"')
    writer.execute(_SQL["delete_all"])
    for _, sql in triggers:
        writer.execute(str(sql))
