"""A store and the model side by side: both are asked the same, and every difference is an AssertionError."""

import asyncio
import contextlib
import functools
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sellout.domain import (
    Command,
    EntryReading,
    EntryState,
    Instant,
    Joined,
    Kind,
    Left,
    Movement,
    MovementSum,
    Outcome,
    PurchasesSince,
    Refused,
)
from sellout.store.clock import Clock
from sellout.store.port import Store, first_item
from sellout.store.postgres import open_postgres
from sellout.store.sqlite import SQLiteStore
from tests import postgres
from tests.memory_store import MemoryStore
from tests.model import Model, Moved
from tests.sales import Moment, as_told
from tests.shelves import NOW, Shelves

OpenStore = Callable[[Clock], Awaitable[Store]]
"""Opens the store under test, again and again the same database; it is to take the time from this clock."""

NewDatabase = Callable[[], AbstractContextManager[OpenStore]]
"""A database without items for as long as it is wanted, and how a store on it is opened."""

WAIT_SECONDS = 30.0
MEMORY = "/dev/shm"


@contextlib.contextmanager
def in_memory() -> Iterator[OpenStore]:
    """No engine: what is decided stays on shelves."""
    shelves = Shelves()

    async def open_store(clock: Clock) -> Store:
        return MemoryStore(shelves, clock)

    yield open_store


@contextlib.contextmanager
def on_sqlite() -> Iterator[OpenStore]:
    """A new SQLite file, on no disk where that can be: what a disk would lose is another test's matter."""
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as folder:

        async def open_store(clock: Clock) -> Store:
            return SQLiteStore(Path(folder) / "sale.db", clock)

        yield open_store


@functools.cache
def _postgres_url() -> str:
    return postgres.fresh_database()


@contextlib.contextmanager
def on_postgres() -> Iterator[OpenStore]:
    """A database on a real server. Making one takes long, so it is one for all, and emptied."""
    url = _postgres_url()

    async def empty() -> None:
        store = await open_postgres(url)
        await store.reset()
        await store.close()

    async def open_store(clock: Clock) -> Store:
        return await open_postgres(url, clock)

    asyncio.run(empty())
    yield open_store


class Beside:
    """One sale that happens twice."""

    def __init__(self, open_store: OpenStore) -> None:
        self.clock = NOW
        self.model = Model()
        self._open = open_store
        self._stores: list[Store] = []
        self._looked_to: int | None = None
        self._looked_at = 0

    async def begin(self) -> None:
        """Open the store."""
        self._stores.append(await self._open(lambda: self.clock))

    async def reopen(self) -> None:
        """The store is closed and opened again."""
        await self._stores.pop(0).close()
        self._stores.insert(0, await self._open(lambda: self.clock))

    async def take_turns(self) -> None:
        """Another store on the same database goes on, until it is this one's turn again."""
        if len(self._stores) == 1:
            await self.begin()
        self._stores.reverse()

    async def close(self) -> None:
        for store in self._stores:
            await store.close()

    @property
    def _store(self) -> Store:
        return self._stores[0]

    async def transact(self, batch: Sequence[Command]) -> None:
        """A batch; the model takes it one by one."""
        commands = as_told(batch, self.model.purchases, self.model.holds)
        expected = self.model.transact(commands, self.clock)
        found = await self._store.transact(commands, time.monotonic() + WAIT_SECONDS)
        for command, one, other in zip(commands, found, expected, strict=True):
            assert comparable(one) == comparable(other), command

    async def look(self) -> None:
        """All that readers can see, of all items."""
        await self._look_at_items()
        await self._look_at_purchases()
        await self._look_at_holds()
        await self._look_at_entries()
        await self._look_at_keys()
        await self._look_at_books()
        await self._look_at_rates()

    async def _look_at_items(self) -> None:
        everything = await self._store.items()
        expected = {item_id: self.model.item_at(item_id, self.clock) for item_id in self.model.items}
        assert {item.id: item for item in everything.items} == expected
        for item_id in expected:
            reading = await self._store.item(item_id)
            assert first_item(reading) == expected[item_id]
            assert reading.now == self.model.now_of(item_id, self.clock)
            if self.model.is_waited_for(item_id, self.clock):
                assert item_id in reading.unsettled, "somebody who waits is told of"
        assert not (await self._store.item("no-item")).items

    async def _look_at_purchases(self) -> None:
        for item_id in self.model.items:
            expected = [purchase for purchase in self.model.purchases.values() if purchase.item_id == item_id]
            page = await self._store.purchases(item_id, 0, len(expected) + 1)
            assert page.purchases == expected
        for purchase in self.model.purchases.values():
            assert await self._store.purchase(purchase.id) == purchase
            if purchase.key is not None:
                assert await self._store.purchase_by_key(purchase.item_id, purchase.buyer, purchase.key) == purchase
        for text in ("", "b", "ada", *list(self.model.purchases)[:1]):
            await self._look_for(text)

    async def _look_for(self, text: str) -> None:
        for item_id in self.model.items:
            expected = self.model.search_purchases(item_id, text)
            assert await self._store.search_purchases(item_id, text, len(expected) + 1) == expected

    async def _look_at_holds(self) -> None:
        for hold_id in self.model.holds:
            assert await self._store.hold(hold_id) == self.model.hold_at(hold_id, self.clock)
        assert await self._store.hold("no-hold") is None

    async def _look_at_entries(self) -> None:
        for entry in self.model.entries.values():
            reading = await self._store.entry(entry.id)
            assert reading is not None
            assert reading.entry._replace(no=0) == entry
            waits = entry.state is EntryState.WAITING
            assert reading.position == (self.model.place_of(entry) if waits else None)
            is_offered = entry.hold_id in self.model.holds
            assert reading.hold == (self.model.hold_at(entry.hold_id, self.clock) if is_offered else None)
        assert await self._store.entry("no-entry") is None

    async def _look_at_keys(self) -> None:
        for key in self.model.firsts:
            got = await self._store.got_by_key(*key)
            if isinstance(got, EntryReading):
                assert got == await self._store.entry(got.entry.id)
                assert got.entry._replace(no=0) == self.model.got_by_key(key, self.clock)
            else:
                assert got == self.model.got_by_key(key, self.clock)

    async def _look_at_books(self) -> None:
        for item_id in self.model.items:
            audit = await self._store.audit(item_id)
            assert audit is not None
            assert audit.consistent, audit
            assert audit.item == self.model.counters(item_id)
            assert _units(audit.sums) == self._moved(item_id)
            late = [payment for payment in self.model.late_payments if payment.item_id == item_id]
            assert await self._store.late_payments(item_id, "", len(late) + 1) == sorted(late)
            await self._look_at_ledger(item_id)
            await self._look_at_history(item_id)

    async def _look_at_ledger(self, item_id: str) -> None:
        """A batch writes its movements kind by kind, and those of the capacity as one: their order is the store's."""
        expected = [moved for moved in self.model.movements if moved.item_id == item_id]
        page = await self._store.movements(item_id, 0, len(expected) // 2 + 1)
        ledger = list(page.movements)
        if page.next_before is not None:
            ledger += (await self._store.movements(item_id, page.next_before, len(expected))).movements
        assert sorted((row.no for row in ledger), reverse=True) == [row.no for row in ledger]
        assert _net(_as_moved(item_id, row) for row in ledger) == _net(expected)

    async def _look_at_history(self, item_id: str) -> None:
        began = [sold.purchased_at for sold in self.model.purchases.values() if sold.item_id == item_id][:1]
        for points_max in (1, 7):
            points = await self._store.sales_history(item_id, points_max)
            assert len(points) <= points_max
            assert [point.sold for point in points] == [self.model.sold_by(item_id, point.at) for point in points]
            assert [point.at for point in points[-1:]] == [self.model.now_of(item_id, self.clock) for _ in began]
            assert all(point.at >= began[0] for point in points)

    async def _look_at_rates(self) -> None:
        """What was bought since the last look."""
        found = await self._store.purchases_since(self._looked_to)
        assert found.items == ({} if self._looked_to is None else self.model.bought_after(self._looked_at))
        assert await self._store.purchases_since(None) == PurchasesSince({}, found.last)
        self._looked_to, self._looked_at = found.last, len(self.model.purchases)

    def _moved(self, item_id: str) -> dict[Kind, int]:
        """The units of each kind of movement."""
        units: Counter[Kind] = Counter()
        for moved in self.model.movements:
            units[moved.kind] += moved.units if moved.item_id == item_id else 0
        return {kind: total for kind, total in units.items() if total}


async def happens_alike(open_store: OpenStore, sale: Sequence[Moment], *, look: bool = True) -> None:
    """Assert that a sale, moment by moment, happens in a store as in the model."""
    beside = Beside(open_store)
    await beside.begin()
    try:
        for moment in sale:
            beside.clock = moment.clock
            await beside.transact(moment.commands)
            if look:
                await beside.look()
    finally:
        await beside.close()


def comparable(outcome: Outcome) -> Outcome:
    """An outcome without what is not the model's to say: row numbers, and the wording of refusals."""
    if isinstance(outcome, Joined | Left):
        return outcome._replace(entry=outcome.entry._replace(no=0))
    return outcome._replace(message=None) if isinstance(outcome, Refused) else outcome


def _units(sums: Mapping[Kind, MovementSum]) -> dict[Kind, int]:
    """The units of each kind; one that moves none in all is as good as one that is not there."""
    units = {kind: total.capacity + total.sold + total.held for kind, total in sums.items()}
    return {kind: total for kind, total in units.items() if total}


def _as_moved(item_id: str, row: Movement) -> Moved:
    """A movement as the model tells it."""
    return Moved(item_id, row.kind, row.capacity + row.sold + row.held, row.purchase_id or row.hold_id, row.moved_at)


def _net(movements: Iterable[Moved]) -> dict[tuple[Kind, str | None, Instant], int]:
    """The units that each cause moved at an instant, where there are any."""
    units: Counter[tuple[Kind, str | None, Instant]] = Counter()
    for moved in movements:
        units[moved.kind, moved.cause, moved.at] += moved.units
    return {what: total for what, total in units.items() if total}
