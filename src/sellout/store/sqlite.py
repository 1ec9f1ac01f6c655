"""The store on one SQLite file, through apsw.

Two connections, each used by one thread of its own: one writes, one reads. In SQLite's write-ahead log neither waits
for the other. The event loop waits for a whole batch at a time, so threads cost a hand-over a batch, not a request.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from sellout.decide import Loaded, Needs, Writes, decide, limits_matter, needs
from sellout.domain import (
    Audit,
    Command,
    Instant,
    Item,
    Kind,
    MovementSum,
    Outcome,
    Purchase,
    PurchasePage,
    Snapshot,
)
from sellout.store.queries import load_queries
from sellout.store.sqlite_file import begin, connect, open_database, rollback, unavailable_on_error

_SQL = load_queries("sqlite", "transact") | load_queries("sqlite", "read") | load_queries("sqlite", "keep")

_ENCODE = msgspec.json.Encoder().encode

READ_CACHE_KIB = 4 * 1024
"""Page cache of the reading connection."""

Row = tuple[Any, ...]

_T = TypeVar("_T")


def host_clock() -> Instant:
    """The host's time: microseconds since 1970 in UTC."""
    return time.time_ns() // 1000


class SQLiteStore:
    """Fulfils `sellout.store.port.Store` on an SQLite file."""

    def __init__(self, path: Path, clock: Callable[[], Instant] = host_clock, wait_seconds: float = 5.0) -> None:
        """Open the file, creating and upgrading it as needed. Raises StoreUnusable."""
        self._path = path
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._writer: apsw.Connection | None = open_database(path, clock, wait_seconds)
        self._reader: apsw.Connection | None = None
        self._write_thread = ThreadPoolExecutor(1, "sellout-writer")
        self._read_thread = ThreadPoolExecutor(1, "sellout-reader")

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_thread, self._transact, commands, deadline)

    async def items(self) -> Snapshot:
        return Snapshot([_item(row) for row in await self._read("items")], self._clock())

    async def item(self, item_id: str) -> Snapshot:
        return Snapshot([_item(row) for row in await self._read("item", id=item_id)], self._clock())

    async def purchase(self, purchase_id: str) -> Purchase | None:
        return next((Purchase(*row) for row in await self._read("purchase", id=purchase_id)), None)

    async def purchase_by_key(self, item_id: str, buyer: str, key: str) -> Purchase | None:
        rows = await self._read("purchase_by_key", item_id=item_id, buyer=buyer, key=key)
        return next((Purchase(*row) for row in rows), None)

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        rows = await self._read("purchases", item_id=item_id, after=after, limit=limit + 1)
        page = rows[:limit]
        return PurchasePage([Purchase(*row[:-1]) for row in page], page[-1][-1] if len(rows) > limit else None)

    async def audit(self, item_id: str) -> Audit | None:
        return await self._in_read_thread(lambda reader: _audit(reader, item_id))

    async def organiser_keys(self) -> set[str]:
        return {digest for (digest,) in await self._read("organiser_keys")}

    async def set_organiser_key(self, name: str, digest: str) -> None:
        now = self._clock()
        await self._in_write_thread(
            lambda writer: _rows(writer, "set_organiser_key", name=name, digest=digest, now=now)
        )

    async def add_first_organiser_key(self, name: str, digest: str) -> bool:
        now = self._clock()
        rows = await self._in_write_thread(
            lambda writer: _rows(writer, "add_first_organiser_key", name=name, digest=digest, now=now)
        )
        return bool(rows)

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
            loaded, now = self._load(writer, needs(commands), commands)
            outcomes, writes = decide(loaded, commands, now)
            _write(writer, writes, now)
        return outcomes

    @contextlib.contextmanager
    def _transaction(self, deadline: float) -> Iterator[apsw.Connection]:
        """Commit what the block does; it is durable when the block has ended. Nothing is written without a commit."""
        with unavailable_on_error():
            writer = self._writer = self._writer or connect(self._path, create=False)
            begin(writer, deadline)
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                self._drop_writer()  # nobody knows what state it is in: the next batch gets a new one
                raise

    def _load(self, writer: apsw.Connection, wanted: Needs, commands: Sequence[Command]) -> tuple[Loaded, Instant]:
        """What the batch touches, and the instant of its decision, which is never before an earlier one."""
        purchases = {}
        if wanted.purchase_ids:
            rows = _rows(writer, "load_purchases", ids=_json(wanted.purchase_ids))
            purchases = {row[0]: Purchase(*row) for row in rows}
            wanted.item_ids.update(purchase.item_id for purchase in purchases.values())
        found = _rows(writer, "load_items", ids=_json(wanted.item_ids))
        items = {row[0]: _item(row[:-1]) for row in found}
        now = max(self._clock(), *(row[-1] for row in found), 0)
        by_key, bought = {}, {}
        if wanted.scopes:
            for row in _rows(writer, "load_keys", scopes=_json(wanted.scopes)):
                purchase = Purchase(*row)
                by_key[purchase.item_id, purchase.buyer, row[5]] = purchase
        if wanted.buyers and limits_matter(list(items.values()), commands):
            rows = _rows(writer, "load_bought", buyers=_json(wanted.buyers))
            bought = {(item_id, buyer): quantity for item_id, buyer, quantity in rows}
        return Loaded(items, by_key, bought, purchases), now

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
        return await self._in_read_thread(lambda reader: _rows(reader, statement, **bindings))

    async def _in_read_thread(self, work: Callable[[apsw.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._read_thread, self._work, work)

    def _work(self, work: Callable[[apsw.Connection], _T]) -> _T:
        with unavailable_on_error():
            self._reader = self._reader or connect(self._path, create=False, cache_kib=READ_CACHE_KIB)
            return work(self._reader)

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _rows(connection: apsw.Connection, statement: str, **bindings: str | int) -> list[Row]:
    return connection.execute(_SQL[statement], bindings).fetchall()


def _json(values: Collection[object]) -> str:
    return _ENCODE(values).decode()


def _item(row: Row) -> Item:
    return Item(*row)._replace(paused=bool(row[7]))


def _write(writer: apsw.Connection, writes: Writes, now: Instant) -> None:
    """Put the rows of a decision into the open transaction."""
    if writes.added_items:
        _rows(writer, "insert_items", items=_json(writes.added_items), now=now)
    if writes.changed_items:
        _rows(writer, "update_items", items=_json(writes.changed_items), now=now)
    if writes.purchases:
        _rows(writer, "insert_purchases", purchases=_json(writes.purchases))
    if writes.refunds:
        ids = [purchase.id for purchase in writes.refunds]
        _rows(writer, "update_refunds", ids=_json(ids), now=now)


def _reset(writer: apsw.Connection) -> None:
    """Empty the tables. The triggers that forbid it step aside for this one transaction."""
    triggers = writer.execute(_SQL["triggers"]).fetchall()
    for name, _ in triggers:
        writer.execute(f'DROP TRIGGER "{name}"')
    writer.execute(_SQL["delete_all"])
    for _, sql in triggers:
        writer.execute(str(sql))


def _audit(reader: apsw.Connection, item_id: str) -> Audit | None:
    """Counters, movements and purchases of one item, all from one snapshot."""
    reader.execute("BEGIN")
    try:
        items = _rows(reader, "item", id=item_id)
        if not items:
            return None
        totals = _rows(reader, "movement_sums", item_id=item_id)
        return Audit(
            item=_item(items[0]),
            sums={Kind(kind): MovementSum(*total) for kind, *total in totals},
            purchased=_rows(reader, "purchased", item_id=item_id)[0][0],
            unmatched=_rows(reader, "unmatched", item_id=item_id)[0][0],
        )
    finally:
        rollback(reader)
