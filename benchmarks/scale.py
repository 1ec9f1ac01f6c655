"""What a sale costs PostgreSQL, measured, and what machines would carry at that price, computed.

    python -m benchmarks.scale            about a minute; needs wrk for the row over HTTP
    python -m benchmarks.scale --large    and a table that has grown, in another half a minute

Processor time is read from /proc, so these figures also hold on a busy machine; the milliseconds of a batch do not.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

from benchmarks import database, processes
from benchmarks.load import wrk_path
from benchmarks.measure import Meter, fresh_folder
from benchmarks.subjects_networked import NETWORKED
from sellout.domain import AddItem, Buy, Command, Item
from sellout.http.ids import new_id
from sellout.store.postgres import PostgresStore, open_postgres

BATCHES = (1, 64, 250, 1000)
COMMANDS = 15_000
COMMANDS_OF_ONE = 500
FILLED = 5_000
LARGE = 200_000
CONNECTIONS = 512
PATIENCE_SECONDS = 60.0
ITEM = "benchmark"

SIZES = """
SELECT relname, pg_relation_size(oid) AS bytes
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND pg_relation_size(oid) > 1000000
ORDER BY bytes DESC
"""

CORES = 32
BUSY_SHARE = 0.5
"""Of a server's cores: what is over is for checkpoints, replication, vacuum, backups and bad minutes."""

COMMIT_MS = (1.0, 5.0, 20.0)
"""With a synchronous standby: in the same rack, in another zone, in another region."""


@dataclass(frozen=True)
class Price:
    """What one command costs, with so many in a batch: microseconds of processor time, and bytes of WAL."""

    what: str
    batch: int
    database_us: float
    sellout_us: float
    wal_bytes: float
    batch_ms: float


def middle(prices: Sequence[Price]) -> Price:
    """The medians of several rounds."""
    first = prices[0]
    fields = ("database_us", "sellout_us", "wal_bytes", "batch_ms")
    return Price(first.what, first.batch, *(median(getattr(price, field) for price in prices) for field in fields))


def carried(cores: int, microseconds: float, share: float = BUSY_SHARE) -> float:
    """Commands a second that so many cores have the time for, spread over many items."""
    return cores * share * 1_000_000 / microseconds


def one_item(price: Price, commit_ms: float) -> float:
    """Purchases a second of one item: its batches follow each other, each on one core and then waiting to commit."""
    return price.batch / (price.batch * price.database_us / 1_000_000 + commit_ms / 1000)


@dataclass(frozen=True)
class Look:
    """What has been used up to a moment."""

    wal: int
    database: float
    sellout: float
    moment: float


def price_of(what: str, batch: int, before: Look, after: Look, commands: int) -> Price:
    """The cost of a command between two looks."""
    return Price(
        what,
        batch,
        (after.database - before.database) / commands * 1_000_000,
        (after.sellout - before.sellout) / commands * 1_000_000,
        (after.wal - before.wal) / commands,
        (after.moment - before.moment) / commands * batch * 1000,
    )


def look(base: database.Database, sellout: float) -> Look:
    """Look now. WAL is counted up to what has been written, over all databases: nobody else uses this server."""
    wal = int(base.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
    return Look(wal, base.cpu_seconds() or 0.0, sellout, time.perf_counter())


def in_store(folder: Path, batch: int, *, sold_out: bool = False) -> Price:
    """The store alone, without HTTP: what a batch of this size costs the database and the process that asks."""
    base = database.fresh(folder)
    try:
        with asyncio.Runner() as runner:
            store = runner.run(_prepared(base.url, sold_out=sold_out))
            count = (COMMANDS if batch > 1 else COMMANDS_OF_ONE) // batch
            work = [orders(batch) for _ in range(count)]
            before = look(base, time.process_time())
            runner.run(_work(store, work))
            after = look(base, time.process_time())
            runner.run(store.close())
    finally:
        database.drop(base)
    return price_of("refusal" if sold_out else "purchase", batch, before, after, count * batch)


def over_http(folder: Path, seconds: int) -> Price:
    """The whole path of a purchase, on one node."""
    subject = NETWORKED["buy-postgres"]
    with subject.serving(folder) as server:
        subject.prepare(server)
        meter = Meter(subject, server)
        meter.warm_up(CONNECTIONS)
        base, sold = server.database, meter.sold
        if base is None:
            raise OSError("the server has no database")
        before = look(base, processes.cpu_seconds(server.pid) or 0.0)
        meter.shoot(CONNECTIONS, seconds)
        after = look(base, processes.cpu_seconds(server.pid) or 0.0)
        subject.audit(server)
    return price_of("purchase over HTTP", 1, before, after, meter.sold - sold)


def large(folder: Path) -> str:
    """A table that has grown: its bytes on disk, and the WAL of purchases right after a checkpoint."""
    base = database.fresh(folder)
    try:
        with asyncio.Runner() as runner:
            store = runner.run(_prepared(base.url, sold_out=False))
            runner.run(_work(store, (orders(1000) for _ in range(LARGE // 1000 - FILLED // 1000))))
            sizes = base.run(lambda connection: connection.fetch(SIZES))
            lines = [f"measured: after {LARGE:,} purchases"]
            lines += [f"{row['relname']:20}{row['bytes'] / LARGE:14.0f} bytes a purchase on disk" for row in sizes]
            base.run(lambda connection: connection.execute("CHECKPOINT"))
            for place in ("first", "next", "next"):
                before = look(base, 0.0)
                runner.run(_work(store, (orders(250) for _ in range(20))))
                wal = price_of("purchase", 250, before, look(base, 0.0), 5000).wal_bytes
                lines.append(f"{place + ' 5000':20}{wal:14,.0f} bytes of WAL each, after a checkpoint")
            runner.run(store.close())
    finally:
        database.drop(base)
    return "\n".join(lines)


def orders(count: int) -> list[Command]:
    """Purchases of one unit, with a buyer and a key of its own each."""
    names = [str(uuid4()) for _ in range(count)]
    return [Buy(new_id(), ITEM, name, 1, name) for name in names]


async def _prepared(url: str, *, sold_out: bool) -> PostgresStore:
    """A store with an item, that has sold some already."""
    store = await open_postgres(url)
    capacity = FILLED if sold_out else 1_000_000_000
    item = Item(
        id=ITEM, name=ITEM, capacity=capacity, sold=0, held=0, opens_at=None, closes_at=None, paused=False,
        limit_per_buyer=None, max_per_order=1, hold_seconds=600, payment_seconds=600, offer_seconds=600,
    )  # fmt: skip
    await _work(store, [[AddItem(item)], *(orders(1000) for _ in range(FILLED // 1000))])
    return store


async def _work(store: PostgresStore, batches: Iterable[Sequence[Command]]) -> None:
    for batch in batches:
        await store.transact(batch, time.monotonic() + PATIENCE_SECONDS)


def measured(folder: Path, rounds: int, seconds: int) -> list[Price]:
    """The medians of some rounds, which take turns so that what disturbs the machine disturbs all alike."""
    found: dict[tuple[str, int], list[Price]] = {}
    for number in range(rounds):
        prices = [in_store(folder, batch) for batch in BATCHES]
        prices.append(in_store(folder, 250, sold_out=True))
        if wrk_path() is not None:
            with fresh_folder(folder) as one:
                prices.append(over_http(one, seconds))
        for each in prices:
            found.setdefault((each.what, each.batch), []).append(each)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return [middle(prices) for prices in found.values()]


def table(prices: Sequence[Price]) -> str:
    """What was measured."""
    lines = [
        "measured: processor time and WAL of one command",
        f"{'':20}{'in a batch of':>14}{'database µs':>13}{'Sellout µs':>12}{'WAL bytes':>11}{'batch ms':>10}",
    ]
    for each in prices:
        http = each.what == "purchase over HTTP"
        batch, millis = ("any", "") if http else (str(each.batch), f"{each.batch_ms:.1f}")
        costs = f"{each.database_us:13.1f}{each.sellout_us:12.1f}{each.wal_bytes:11,.0f}"
        lines.append(f"{each.what:20}{batch:>14}{costs}{millis:>10}".rstrip())
    return "\n".join(lines)


def computed(prices: Sequence[Price]) -> str:
    """What follows from it, for a server that has more cores, none of them faster."""
    lines = [f"computed: purchases a second on a server with {CORES} such cores, {BUSY_SHARE:.0%} of them busy"]
    commits = "".join(f"{f'{commit:g} ms':>10}" for commit in COMMIT_MS)
    lines.append(f"{'in a batch of':>14}{'many items':>13}{'WAL MB/s':>10}   one item, where a commit takes{commits}")
    for each in prices:
        if each.what == "purchase" and each.batch > 1:
            many = carried(CORES, each.database_us)
            single = "".join(f"{one_item(each, commit):10,.0f}" for commit in COMMIT_MS)
            lines.append(f"{each.batch:14}{many:13,.0f}{many * each.wal_bytes / 1e6:10,.0f}{'':33}{single}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="figures are medians over these (3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a run over HTTP (5)")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the database goes")
    parser.add_argument("--large", action="store_true", help=f"also: bytes on disk and WAL after {LARGE:,} purchases")
    chosen = parser.parse_args(arguments)
    prices = measured(chosen.dir.resolve(), chosen.rounds, chosen.seconds)
    print(table(prices))
    print(computed(prices))
    if chosen.large:
        print(large(chosen.dir.resolve()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
