"""The store on one SQLite file, through apsw.

Two connections, each used by one thread of its own: one writes, one reads. In SQLite's write-ahead log neither waits
for the other. The event loop waits for a whole batch at a time, so threads cost a hand-over a batch, not a request.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from sellout.decide import decide
from sellout.domain import (
    Audit,
    Command,
    EntryReading,
    EntryState,
    Hold,
    Instant,
    Kind,
    LatePayment,
    MovementSum,
    Outcome,
    Purchase,
    PurchasePage,
    Snapshot,
)
from sellout.store.clock import Clock, host_clock
from sellout.store.sqlite_batch import load, write
from sellout.store.sqlite_file import (
    begin,
    check_is_there,
    connect,
    identity_of,
    open_database,
    rollback,
    unavailable_on_error,
)
from sellout.store.sqlite_rows import ITEM_COLUMNS, Row, entry_of, hold_of, item_of, purchase_of, rows, script

READ_CACHE_KIB = 4 * 1024
"""Page cache of the reading connection."""

_T = TypeVar("_T")


class SQLiteStore:
    """Fulfils `sellout.store.port.Store` on an SQLite file."""

    def __init__(self, path: Path, clock: Clock = host_clock, wait_seconds: float = 5.0) -> None:
        """Open the file, creating and upgrading it as needed. Raises StoreUnusable."""
        self._path = path
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._writer: apsw.Connection | None = open_database(path, clock, wait_seconds)
        self._identity = identity_of(path)
        self._reader: apsw.Connection | None = None
        self._write_thread = ThreadPoolExecutor(1, "sellout-writer")
        self._read_thread = ThreadPoolExecutor(1, "sellout-reader")

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_thread, self._transact, commands, deadline)

    async def items(self) -> Snapshot:
        now = self._clock()
        return _snapshot(await self._read("items", now=now), now)

    async def item(self, item_id: str) -> Snapshot:
        now = self._clock()
        return _snapshot(await self._read("item", id=item_id, now=now), now)

    async def purchase(self, purchase_id: str) -> Purchase | None:
        return next(map(purchase_of, await self._read("purchase", id=purchase_id)), None)

    async def purchase_by_key(self, item_id: str, buyer: str, key: str) -> Purchase | None:
        found = await self._read("purchase_by_key", item_id=item_id, buyer=buyer, key=key)
        return next(map(purchase_of, found), None)

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        found = await self._read("purchases", item_id=item_id, after=after, limit=limit + 1)
        page = found[:limit]
        return PurchasePage([purchase_of(row[:-1]) for row in page], page[-1][-1] if len(found) > limit else None)

    async def hold(self, hold_id: str) -> Hold | None:
        return await self._in_read_thread(lambda reader: _hold(reader, hold_id, self._clock()))

    async def entry(self, entry_id: str) -> EntryReading | None:
        return await self._in_read_thread(lambda reader: _entry(reader, entry_id, self._clock()))

    async def late_payments(self, item_id: str, after: str, limit: int) -> Sequence[LatePayment]:
        found = await self._read("late_payments", item_id=item_id, after=after, limit=limit)
        return [LatePayment(*row) for row in found]

    async def audit(self, item_id: str) -> Audit | None:
        return await self._in_read_thread(lambda reader: _audit(reader, item_id))

    async def organiser_keys(self) -> set[str]:
        return {digest for (digest,) in await self._read("organiser_keys")}

    async def set_organiser_key(self, name: str, digest: str) -> None:
        now = self._clock()
        await self._in_write_thread(lambda writer: rows(writer, "set_organiser_key", name=name, digest=digest, now=now))

    async def add_first_organiser_key(self, name: str, digest: str) -> bool:
        now = self._clock()
        added = await self._in_write_thread(
            lambda writer: rows(writer, "add_first_organiser_key", name=name, digest=digest, now=now)
        )
        return bool(added)

    async def reset(self) -> None:
        await self._in_write_thread(_reset)

    async def ping(self) -> None:
        await self._read("ping")

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._write_thread, self._drop_writer)
        await loop.run_in_executor(self._read_thread, self._drop_reader)
        self._write_thread.shutdown()
        self._read_thread.shutdown()

    # In the writing thread.

    def _transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        with self._transaction(deadline) as writer:
            loaded, now = load(writer, commands, self._clock)
            outcomes, writes = decide(loaded, commands, now)
            write(writer, writes, now)
        return outcomes

    @contextlib.contextmanager
    def _transaction(self, deadline: float) -> Iterator[apsw.Connection]:
        """Commit what the block does; it is durable when the block has ended. Nothing is written without a commit."""
        with unavailable_on_error():
            check_is_there(self._path, self._identity)
            writer = self._writer = self._writer or connect(self._path, create=False)
            begin(writer, deadline)
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                self._drop_writer()  # nobody knows what state it is in: the next batch gets a new one
                raise

    async def _in_write_thread(self, work: Callable[[apsw.Connection], _T]) -> _T:
        def transact() -> _T:
            with self._transaction(time.monotonic() + self._wait_seconds) as writer:
                return work(writer)

        return await asyncio.get_running_loop().run_in_executor(self._write_thread, transact)

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # In the reading thread.

    async def _read(self, statement: str, **bindings: str | int) -> list[Row]:
        return await self._in_read_thread(lambda reader: rows(reader, statement, **bindings))

    async def _in_read_thread(self, work: Callable[[apsw.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, self._work, work)

    def _work(self, work: Callable[[apsw.Connection], _T]) -> _T:
        with unavailable_on_error():
            check_is_there(self._path, self._identity)
            self._reader = self._reader or connect(self._path, create=False, cache_kib=READ_CACHE_KIB)
            return work(self._reader)

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _reset(writer: apsw.Connection) -> None:
    """Empty the tables. The triggers that forbid it step aside for this one transaction."""
    triggers = rows(writer, "triggers")
    for name, _ in triggers:
        writer.execute(f'DROP TRIGGER "{name}"')
    script(writer, "delete_all")
    for _, sql in triggers:
        writer.execute(str(sql))


def _snapshot(found: Sequence[Row], now: Instant) -> Snapshot:
    """Items from rows that go on with the instant of the last decision and whether somebody waits."""
    now = max([now, *(row[ITEM_COLUMNS] for row in found)])
    items = [item_of(row) for row in found]
    waited_for = (item for item, row in zip(items, found, strict=True) if row[ITEM_COLUMNS + 1])
    unsettled = frozenset(i.id for i in waited_for if i.available > 0 and i.outside_window(now) is None)
    return Snapshot(items, now, unsettled)


def _hold(reader: apsw.Connection, hold_id: str, now: Instant) -> Hold | None:
    for row in rows(reader, "hold", id=hold_id):
        return hold_of(row[:-1]).seen_at(max(now, row[-1]))
    return None


def _entry(reader: apsw.Connection, entry_id: str, now: Instant) -> EntryReading | None:
    """An entry with its place and its offer, all from one snapshot."""
    with _one_snapshot(reader):
        for row in rows(reader, "entry", id=entry_id):
            entry = entry_of(row[:-1])
            (item,), now, unsettled = _snapshot(rows(reader, "item", id=entry.item_id, now=now), now)
            waits = entry.state is EntryState.WAITING
            return EntryReading(
                entry=entry,
                position=row[-1] if waits else None,
                hold=None if waits else _hold(reader, entry.hold_id, now),
                unsettled=waits and item.id in unsettled,
                now=now,
            )
        return None


def _audit(reader: apsw.Connection, item_id: str) -> Audit | None:
    """Counters, movements, purchases and holds of one item, all from one snapshot."""
    with _one_snapshot(reader):
        found = rows(reader, "counters", id=item_id)
        if not found:
            return None
        totals = rows(reader, "movement_sums", item_id=item_id)
        return Audit(
            item=item_of(found[0]),
            sums={Kind(kind): MovementSum(*total) for kind, *total in totals},
            purchased=_number(reader, "purchased", item_id),
            holding=_number(reader, "holding", item_id),
            unmatched=_number(reader, "unmatched_purchases", item_id) + _number(reader, "unmatched_holds", item_id),
        )


def _number(reader: apsw.Connection, statement: str, item_id: str) -> int:
    return int(rows(reader, statement, item_id=item_id)[0][0])


@contextlib.contextmanager
def _one_snapshot(reader: apsw.Connection) -> Iterator[None]:
    reader.execute("BEGIN")
    try:
        yield
    finally:
        rollback(reader)
