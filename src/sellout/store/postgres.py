"""The store on PostgreSQL, through asyncpg. Any number of nodes may work on one database.

One connection writes, a small pool reads. Items' rows are the locks: a batch takes those of its items in sorted order,
so batches on the same item follow each other, and those on others do not wait.

No timeout stands around COMMIT. A batch whose COMMIT is not answered in time, or whose connection breaks meanwhile, has
an unknown outcome, and its caller is told so (StoreUnavailable) unless it is found out before the deadline: each batch
leaves a row of its own in `batches`, and whoever tries it again looks for that row after taking the items' locks, which
the first try would still hold if it were under way.
"""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

import asyncpg
import asyncpg.pool

from sellout.decide import decide
from sellout.domain import (
    MICROSECONDS,
    Command,
    Instant,
    KeyScope,
    Outcome,
    Revocation,
)
from sellout.store import keeping
from sellout.store.batch import load, write
from sellout.store.clock import Clock
from sellout.store.lanes import (
    LONG_READ_SECONDS_MAX,
    LONG_READS_WAITING_MAX,
    READ_SECONDS_MAX,
    READS_WAITING_MAX,
    Queue,
    Shared,
)
from sellout.store.port import StoreUnavailable
from sellout.store.postgres_connection import (
    Again,
    Connection,
    Unknown,
    connect,
    is_lost,
    is_worth_another_try,
    sentence,
    unavailable_on_error,
)
from sellout.store.postgres_schema import check_is_complete, upgrade
from sellout.store.postgres_statements import statements
from sellout.store.reader import Reader
from sellout.store.sealing import seal_rest
from sellout.store.steps import ASK_THE_CLOCK, Ask, Row, Steps, Value, ask
from sellout.store.webhooks import Webhooks

READERS_MAX = 4
"""Connections of one process that read."""

READ_ONLY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

CLOSE_SECONDS_MAX = 2.0
"""For saying goodbye to a server that may have gone before."""

PAUSE_SECONDS = (0.01, 0.25)
"""Between two tries of a batch: the shortest and the longest; each is longer than the one before."""

BATCHES_KEPT_SECONDS = 86_400
"""How long a batch can be found again. Nobody waits so long for an answer."""

FORGET_EVERY = 10_000
"""Batches between two looks for those that nobody needs any more."""

_SQL = statements("transact") | statements("read") | statements("keep") | statements("webhooks")

_T = TypeVar("_T")

Pooled: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
AnyConnection: TypeAlias = "Connection | Pooled"


class _Batch:
    """Commands on their way, and the outcomes that they have got if their commit went through."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.id = uuid.uuid4().hex
        self.commands = commands
        self.perhaps: list[Outcome] | None = None


class PostgresStore(Reader):
    """Fulfils `sellout.store.port.Store` on a PostgreSQL database. Made by `open_postgres`."""

    def __init__(
        self,
        url: str,
        writer: Connection,
        clock: Clock | None,
        wait_seconds: float,
        read_seconds: float | None = READ_SECONDS_MAX,
    ) -> None:
        self._url = url
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._writer: Connection | None = writer
        self._readers: asyncpg.Pool[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()
        self._batches = 0
        self._warned = False
        self._reads = Queue(READS_WAITING_MAX, read_seconds)
        self._long_reads = Shared(LONG_READS_WAITING_MAX, None if read_seconds is None else LONG_READ_SECONDS_MAX)
        self.webhooks = Webhooks(self._read, self._write, lambda steps: self._read_long(object(), steps))
        writer.add_log_listener(self._hear)

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        async with self._turn:
            return await self._try_until(deadline, _Batch(commands))

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
        return await self._keep(seal_rest())

    async def reset(self, commands: Sequence[Command] = ()) -> None:
        await self._keep(_start_over(commands))

    async def close(self) -> None:
        async with self._turn:
            await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._writer.close(timeout=CLOSE_SECONDS_MAX)
            self._drop_writer()
        if self._readers is not None:
            readers, self._readers = self._readers, None
            try:
                async with asyncio.timeout(CLOSE_SECONDS_MAX):
                    await readers.close()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                readers.terminate()

    # Writing.

    async def _try_until(self, deadline: float, batch: _Batch) -> list[Outcome]:
        pause, longest = PAUSE_SECONDS
        while True:
            try:
                with unavailable_on_error():
                    return await self._try(batch, deadline)
            except Again as reason:
                if time.monotonic() + pause >= deadline:
                    raise StoreUnavailable(str(reason)) from reason
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that nodes do not meet again
            pause = min(longest, 2 * pause)

    async def _try(self, batch: _Batch, deadline: float) -> list[Outcome]:
        """Decide and commit a batch. Raises Again where it was not committed, and Unknown where it may be."""
        try:
            writer = await self._connected(deadline)
        except StoreUnavailable as error:
            raise Again(str(error)) from error  # while the leader changes, no host takes writes for a moment
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                outcomes = await self._decide(writer, batch)
        except BaseException as error:
            await self._give_up(writer, error)
            if is_worth_another_try(error):
                raise Again(sentence(error)) from error
            raise
        batch.perhaps = outcomes
        await self._commit(writer, deadline)
        return outcomes

    async def _decide(self, writer: Connection, batch: _Batch) -> list[Outcome]:
        """Everything of a batch's transaction but its end."""
        await writer.execute("BEGIN")
        loaded, now = await self._run(writer, load(batch.commands, items_are_locks=True))
        if batch.perhaps is not None and await self._ask(writer, "find_batch", {"id": batch.id}):
            # It had been committed after all. Whether the standbys have it shows when this commit is answered.
            await self._ask(writer, "insert_batch", {"id": uuid.uuid4().hex, "now": now})
            return batch.perhaps
        outcomes, writes = decide(loaded, batch.commands, now)
        if writes:
            await self._run(writer, write(writes, now))
            await self._ask(writer, "insert_batch", {"id": batch.id, "now": now})
            await self._forget_batches(writer, now)
        elif any(getattr(outcome, "replayed", False) for outcome in outcomes):
            # What is told again must be durable, too, even if whoever committed it was not told so.
            await self._ask(writer, "insert_batch", {"id": batch.id, "now": now})
        return outcomes

    async def _commit(self, writer: Connection, deadline: float) -> None:
        """COMMIT, without a timeout that would cancel it: what is not answered in time is left to itself."""
        self._warned = False
        commit = asyncio.ensure_future(writer.execute("COMMIT"))
        await asyncio.wait({commit}, timeout=max(0.0, deadline - time.monotonic()))
        if not commit.done():
            self._drop_writer()  # without asking the server to cancel: a cancelled wait for standbys commits
            with contextlib.suppress(Exception):
                await commit
            raise Unknown("the database does not answer in time whether it has committed")
        error = commit.exception()
        if error is not None:
            self._drop_writer()
            raise Unknown(sentence(error)) from error
        if self._warned:
            raise Unknown("the wait for the standbys was cancelled")

    async def _give_up(self, writer: Connection, error: BaseException) -> None:
        """End a transaction that was not committed. A connection in doubt is not used again."""
        if is_lost(error) or not isinstance(error, asyncpg.PostgresError):
            self._drop_writer()
            return
        try:
            await writer.execute("ROLLBACK")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._drop_writer()

    async def _connected(self, deadline: float) -> Connection:
        if self._writer is None or self._writer.is_closed():
            self._writer = await connect(self._url, deadline)
            self._writer.add_log_listener(self._hear)
        return self._writer

    def _hear(self, _: object, message: Any) -> None:
        """A warning while COMMIT is under way is how PostgreSQL reports that it did not wait for the standbys."""
        if message.severity_en == "WARNING":
            self._warned = True

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.terminate()
            self._writer = None

    async def _forget_batches(self, writer: Connection, now: Instant) -> None:
        self._batches += 1
        if self._batches % FORGET_EVERY == 0:
            await self._ask(writer, "forget_batches", {"before": now - BATCHES_KEPT_SECONDS * MICROSECONDS})

    async def _keep(self, steps: Steps[_T]) -> _T:
        """Work of operators, which is rare: on a connection of its own."""
        with unavailable_on_error():
            connection = await connect(self._url, time.monotonic() + self._wait_seconds)
            try:
                async with connection.transaction():
                    return await self._run(connection, steps)
            finally:
                await connection.close(timeout=CLOSE_SECONDS_MAX)

    # Reading.

    async def _read(self, steps: Steps[_T]) -> _T:
        """All steps see the same moment."""

        async def read() -> _T:
            async with self._pooled(READ_ONLY) as reader:
                return await self._run(reader, steps)

        with unavailable_on_error():
            return await self._reads.run(read)

    async def _read_long(self, question: Hashable, steps: Steps[_T]) -> _T:
        """Likewise, on a connection that is made for it, so that those of the pool are there for short readings."""

        async def read() -> _T:
            reader = await self._connect_reader()
            try:
                await reader.execute(READ_ONLY)
                return await self._run(reader, steps)
            finally:
                reader.terminate()

        with unavailable_on_error():
            return await self._long_reads.ask(question, read)

    async def _write(self, steps: Steps[_T]) -> _T:
        """What is written beside the sale, and may be done twice: on a connection that otherwise reads."""
        with unavailable_on_error():
            async with asyncio.timeout(READ_SECONDS_MAX), self._pooled("BEGIN") as writer:
                return await self._run(writer, steps)

    @contextlib.asynccontextmanager
    async def _pooled(self, begin: str) -> AsyncIterator[Pooled]:
        if self._readers is None:
            self._readers = await asyncpg.create_pool(
                min_size=0, max_size=READERS_MAX, connect=self._connect_reader, reset=_nothing_to_reset
            )
        async with self._readers.acquire() as reader:
            try:
                await reader.execute(begin)
                yield reader
                await reader.execute("COMMIT")
            except BaseException:
                reader.terminate()  # to end it in good order would ask a server that may not answer any more
                raise

    async def _connect_reader(self, *_: object, **__: object) -> Connection:
        return await connect(self._url, time.monotonic() + READ_SECONDS_MAX)

    # On any connection.

    async def _run(self, connection: AnyConnection, steps: Steps[_T]) -> _T:
        """Answer every step from the connection. The clock is the database's, unless a test has another."""
        try:
            step: Ask = next(steps)
            while True:
                found = await self._ask(connection, *step)
                if self._clock is not None and step.statement in ASK_THE_CLOCK:
                    found = [(self._clock(),)]
                step = steps.send(found)
        except StopIteration as done:
            result: _T = done.value
            return result

    @staticmethod
    async def _ask(connection: AnyConnection, name: str, values: dict[str, Value]) -> Sequence[Row]:
        statement = _SQL[name]
        found = await connection.fetch(statement.sql, *statement.in_order(values))
        return cast("Sequence[Row]", found)  # a record is a sequence of its columns


async def open_postgres(
    url: str, clock: Clock | None = None, wait_seconds: float = 5.0, *, patient: bool = False
) -> PostgresStore:
    """Connect, and bring the schema up to date. A `patient` store lets a reading take as long as it takes.

    Raises StoreUnusable, and StoreUnavailable after `wait_seconds`.
    """
    writer = await _prepared(url, wait_seconds, upgrade)
    return PostgresStore(url, writer, clock, wait_seconds, None if patient else READ_SECONDS_MAX)


async def open_postgres_to_read(url: str, wait_seconds: float = 5.0) -> Reader:
    """Connect to a database that is read only, each reading for as long as it takes, and that stays as it is.

    Raises NoShop, StoreUnusable, and StoreUnavailable after `wait_seconds`.
    """
    writer = await _prepared(url, wait_seconds, check_is_complete)
    return PostgresStore(url, writer, None, wait_seconds, read_seconds=None)


async def _prepared(url: str, wait_seconds: float, prepare: Callable[[Connection], Awaitable[None]]) -> Connection:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            writer = await connect(url, deadline)
            break
        except StoreUnavailable:
            if time.monotonic() + PAUSE_SECONDS[1] >= deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS[1])
    try:
        with unavailable_on_error():
            await prepare(writer)
    except BaseException:
        writer.terminate()
        raise
    return writer


async def _nothing_to_reset(_: object) -> None:
    """Readers change nothing of their session, so giving one back costs no question."""


def _start_over(commands: Sequence[Command]) -> Steps[None]:
    for statement in ("delete_all", "let_items_go", "delete_items", "keep_items", "delete_events"):
        yield ask(statement)
    if commands:
        loaded, now = yield from load(commands, items_are_locks=True)
        _, writes = decide(loaded, commands, now)
        yield from write(writes, now)
