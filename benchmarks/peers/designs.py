"""The designs that are played against each other: how each is started, and how its records are read.

May touch: the databases, to read what is on record.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar

from benchmarks import database
from benchmarks.peers.design import AND_REDIS, APPLICATION, Design, Place
from benchmarks.peers.redis import MISSING, Redis
from benchmarks.redis_design import STOCK_KEY
from benchmarks.server import Server
from benchmarks.subjects import BUY, DATABASE, ITEM, SEED, add_item
from benchmarks.subjects_networked import NETWORKED, UVICORN, RedisLua
from sellout.store.sqlite_file import connect

NOTHING = "Nothing was wrong in what was played here. How long it takes to start again is in the table of times."
BUYERS_OF = "SELECT buyer FROM purchases WHERE item_id = '" + ITEM + "' ORDER BY id"
STOCK_OF = "SELECT stock FROM inventory WHERE id = '" + ITEM + "'"


class OnPostgres(Design):
    """A design whose records are in a PostgreSQL database of its own."""

    orders = BUYERS_OF

    @contextmanager
    def placed(self, folder: Path, stock: int) -> Iterator[Place]:
        """A fresh database; the server that it is on is the one of all runs."""
        base = database.fresh(folder.parent)
        try:
            yield Place(folder, stock, base)
        finally:
            database.drop(base)

    def recorded(self, place: Place) -> Sequence[str | None]:
        rows = _base(place).run(lambda connection: connection.fetch(self.orders))
        return [row["buyer"] for row in rows]

    def left(self, place: Place) -> int:
        return int(_base(place).value(STOCK_OF))


class Sellout(Design):
    """Sellout on a file."""

    name = "sellout"
    title = "Sellout on SQLite"
    says = "`sellout serve` with its defaults. A purchase and its key are one row, and many purchases one transaction."
    mending = NOTHING
    path = BUY.path
    ready = BUY.ready
    keyed = True

    def command(self, port: int, place: Place) -> list[str]:
        return BUY.command(port, place.folder)

    def environment(self, place: Place) -> dict[str, str]:
        return BUY.environment(place.folder)

    @contextmanager
    def placed(self, folder: Path, stock: int) -> Iterator[Place]:
        yield Place(folder, stock)

    def prepare(self, server: Server, place: Place) -> None:
        add_item(server, ITEM, place.stock)

    def recorded(self, place: Place) -> Sequence[str | None]:
        with closing(connect(place.folder / DATABASE, create=False)) as connection:
            return [str(row[0]) for row in connection.execute(BUYERS_OF)]

    def left(self, place: Place) -> int:
        with closing(connect(place.folder / DATABASE, create=False)) as connection:
            return int(str(connection.execute(STOCK_OF).fetchall()[0][0]))


class SelloutOnPostgres(OnPostgres):
    """The same on PostgreSQL."""

    name = "sellout-postgres"
    title = "Sellout on PostgreSQL"
    says = "The same program on PostgreSQL, which was not killed: what is kept there is kept by PostgreSQL."
    mending = NOTHING
    path = BUY.path
    ready = BUY.ready
    keyed = True

    def command(self, port: int, place: Place) -> list[str]:
        return NETWORKED["buy-postgres"].command(port, place.folder)

    def environment(self, place: Place) -> dict[str, str]:
        return {**BUY.environment(place.folder), "SELLOUT_DATABASE": _base(place).url}

    def prepare(self, server: Server, place: Place) -> None:
        add_item(server, ITEM, place.stock)


class Seed(Design):
    """The design that Sellout grew from."""

    name = "seed"
    title = "The seed’s design"
    says = (
        "FastAPI, aiosqlite, Uvicorn: a connection and a `BEGIN IMMEDIATE` transaction a request. "
        "Its table of purchases has no buyer, so nobody can say whose a purchase is."
    )
    mending = "A column for the buyer and one for a key, unique together; and to share a transaction, for its speed."
    path = SEED.path
    ready = SEED.ready
    named = False

    def command(self, port: int, place: Place) -> list[str]:
        return SEED.command(port, place.folder)

    def environment(self, place: Place) -> dict[str, str]:
        return {**SEED.environment(place.folder), "SEED_STOCK": str(place.stock)}

    @contextmanager
    def placed(self, folder: Path, stock: int) -> Iterator[Place]:
        yield Place(folder, stock)

    def recorded(self, place: Place) -> Sequence[str | None]:
        return [None] * self._value(place, "SELECT count(*) FROM purchases")

    def left(self, place: Place) -> int:
        return self._value(place, "SELECT stock FROM inventory")

    @staticmethod
    def _value(place: Place, query: str) -> int:
        with closing(sqlite3.connect(place.folder / "inventory.db", timeout=60)) as connection:
            return int(connection.execute(query).fetchone()[0])


class _Program(OnPostgres):
    """FastAPI on Uvicorn on PostgreSQL."""

    application: ClassVar[str]

    def command(self, port: int, place: Place) -> list[str]:  # noqa: ARG002
        return [*UVICORN, "--port", str(port), self.application]

    def environment(self, place: Place) -> dict[str, str]:
        return {"BENCHMARK_DATABASE": _base(place).url, "BENCHMARK_STOCK": str(place.stock)}


class ReadThenWrite(_Program):
    """Without a transaction."""

    name = "read-then-write"
    title = "Read, look, write back"
    says = (
        "FastAPI, asyncpg, PostgreSQL: read the stock, compare, write back what is left, add the purchase; no "
        "transaction around them. It is what `item.stock -= 1` does in most programs."
    )
    mending = (
        "Take by one statement, `UPDATE ... SET stock = stock - 1 WHERE stock >= 1`, and add the purchase in the same "
        "transaction. It is then as good as the textbook’s."
    )
    path = "/read-then-write"
    application = "benchmarks.peers.postgres_shop:app"


class Textbook(_Program):
    """A transaction a request."""

    name = "textbook"
    title = "Textbook PostgreSQL"
    says = (
        "FastAPI, asyncpg with a pool of 20 connections, PostgreSQL: BEGIN, SELECT ... FOR UPDATE, UPDATE, INSERT and "
        "COMMIT for each request."
    )
    mending = (
        "An idempotency key in the purchase’s row, under a unique index, and looked up in the same transaction. It "
        "stays a commit a request."
    )
    path = "/textbook"
    application = "benchmarks.peers.postgres_shop:app"


class RedisTutorial(_Program):
    """A Lua script, and the order’s row afterwards."""

    application = "benchmarks.peers.redis_shop:app"
    mending = (
        "Put the order into a stream in the same script, let Redis sync each write (`appendonly yes`, `appendfsync "
        "always`), write rows under a unique id, and count the stock from the orders at each start."
    )

    def __init__(self, name: str, title: str, says: str, path: str) -> None:
        self.name, self.title, self.says, self.path = name, title, says, path

    again = frozenset({409})
    kills = (APPLICATION, AND_REDIS)
    orders = "SELECT buyer FROM orders ORDER BY id"

    def missing(self) -> str | None:
        return MISSING if RedisLua().missing() else None

    @contextmanager
    def placed(self, folder: Path, stock: int) -> Iterator[Place]:
        with super().placed(folder, stock) as place:
            redis = Redis(folder)
            try:
                yield Place(folder, stock, place.database, redis)
            finally:
                redis.kill()

    def environment(self, place: Place) -> dict[str, str]:
        return {**super().environment(place), "BENCHMARK_REDIS": str(_redis(place).socket)}

    def left(self, place: Place) -> int:
        return int(_redis(place).ask("GET", STOCK_KEY))


def _base(place: Place) -> database.Database:
    assert place.database is not None
    return place.database


def _redis(place: Place) -> Redis:
    assert place.redis is not None
    return place.redis


TUTORIALS = (
    RedisTutorial(
        "redis-queued",
        "Redis and Lua, row later",
        "FastAPI, redis-server with its defaults, PostgreSQL: a script takes a unit, once a buyer; the answer leaves, "
        "and a task writes the order’s row from a queue in memory. It shares the program’s event loop with the crowd; "
        "a thread of its own would be further on when the kill comes.",
        "/queued",
    ),
    RedisTutorial(
        "redis-waiting",
        "Redis and Lua, row first",
        "The same, but the answer waits until the order’s row is written.",
        "/waiting",
    ),
)

DESIGNS: dict[str, Design] = {
    design.name: design for design in (Sellout(), SelloutOnPostgres(), Seed(), ReadThenWrite(), Textbook(), *TUTORIALS)
}
