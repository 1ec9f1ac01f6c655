"""The power fails in the middle of a sale: what was acknowledged is on the disk; without the syncs it is not."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

import pytest

from sellout.auditing import audit_all
from sellout.store.sqlite import SQLiteStore
from sellout.torture.victim.arming import Arming, Point
from tests.buyers import Told, crowd, settle
from tests.torture.victim.arena import Shop, killed

pytestmark = pytest.mark.long

SEEDS = range(16)
POINTS: list[Point] = ["before_commit", "after_commit", "in_checkpoint"]
SHM_BYTES = 32_768
STOCK, BUYERS = 120, 150


class Cut(NamedTuple):
    """What was acknowledged before the power failed, and what was there afterwards."""

    acknowledged: dict[str, str]
    kept: dict[str, str]

    @property
    def lost(self) -> set[tuple[str, str]]:
        """Acknowledged, and not there."""
        return self.acknowledged.items() - self.kept.items()


def test_a_sync_at_each_commit_loses_nothing_and_without_it_the_same_procedure_loses_purchases(tmp_path: Path) -> None:
    with_syncs = [cut(tmp_path, seed, None) for seed in SEEDS]
    assert [found.lost for found in with_syncs] == [set()] * len(SEEDS)
    assert sum(len(found.acknowledged) for found in with_syncs) > len(SEEDS), "there was something to lose"
    without = [cut(tmp_path, seed, "NORMAL") for seed in SEEDS[:6]]
    assert any(found.lost for found in without), "the instrument sees a loss"


def cut(folder: Path, seed: int, synchronous: Literal["NORMAL"] | None) -> Cut:
    """Sell until the power fails, somewhere; then look at what the disk has."""
    chance = random.Random(seed)
    shop = Shop(folder)
    shop.file = folder / f"{seed}-{synchronous}.db"
    arming = Arming(
        power_loss=True, tear_seed=seed, synchronous=synchronous, checkpoint_pages=chance.choice([20, 60, 4000]),
        kill_at=chance.choice(POINTS), kill_after=chance.randint(1, 6),
    )  # fmt: skip
    return _cut(shop, arming, chance, "tests.torture.victim.selling", str(chance.randint(1, 20)), "12")


@pytest.mark.parametrize("seed", range(6))
def test_a_disk_that_fails_now_and_then_before_its_power_does_loses_nothing(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    shop = Shop(tmp_path)
    arming = Arming(
        power_loss=True, tear_seed=seed, control=str(shop.control), checkpoint_pages=chance.choice([5, 20, 60]),
        kill_at=chance.choice(POINTS), kill_after=chance.randint(3, 25),
    )  # fmt: skip
    found = _cut(shop, arming, chance, "tests.torture.victim.failing", str(shop.control), str(seed))
    assert found.acknowledged
    assert not found.lost


def _cut(shop: Shop, arming: Arming, chance: random.Random, *program: str) -> Cut:
    asyncio.run(SQLiteStore(shop.file).close())
    module, *arguments = program
    lines = killed("-m", module, str(shop.file), *arguments, arming=arming)
    _spoil(shop.file.with_name(f"{shop.file.name}-shm"), chance)
    assert shop.rows("PRAGMA integrity_check") == [("ok",)]
    assert asyncio.run(_is_consistent(shop.file))
    return Cut(dict(line.split() for line in lines), shop.purchases())


def _spoil(shared_memory: Path, chance: random.Random) -> None:
    """It is not of the disk, so whatever is there afterwards must not matter."""
    if chance.choice([True, False]):
        shared_memory.write_bytes(chance.randbytes(SHM_BYTES))
    else:
        shared_memory.unlink(missing_ok=True)


async def _is_consistent(file: Path) -> bool:
    store = SQLiteStore(file)
    try:
        return (await audit_all(store)).consistent
    finally:
        await store.close()


def test_a_server_that_loses_power_again_and_again_sells_exactly(tmp_path: Path) -> None:
    shop, told = Shop(tmp_path), Told()
    for seed, point in enumerate(POINTS):
        told = sell_until_the_power_fails(
            shop, told, Arming(kill_at=point, kill_after=2, power_loss=True, tear_seed=seed)
        )
    with shop.server() as server:
        asyncio.run(settle(server.url, told))
    assert shop.purchases() == told.bought
    assert (len(told.bought), len(told.refused)) == (STOCK, BUYERS - STOCK)
    audit = [sys.executable, "-m", "sellout", "audit", "--database", f"sqlite:///{shop.file}"]
    subprocess.run(audit, check=True, stdout=subprocess.DEVNULL)


def sell_until_the_power_fails(shop: Shop, told: Told, arming: Arming) -> Told:
    """Those who have no answer ask (again), until nobody answers."""
    again = sorted(told.unanswered) or [f"key-{number}" for number in range(BUYERS)]
    told.unanswered = set()
    with shop.armed(arming, SELLOUT_STOCK=str(STOCK)) as server:
        asyncio.run(crowd(server.url, again, told, at_once=4))
        assert server.process.wait(30) == -9
    assert told.bought.items() <= shop.purchases().items()
    return told


def test_what_a_killed_process_left_in_the_log_is_on_the_disk_before_anybody_is_told_of_it(tmp_path: Path) -> None:
    """It was killed alone, so the system has all of its log; whether the disk has, nobody knows."""
    shop = Shop(tmp_path)
    lines = killed("-m", "tests.torture.victim.selling", str(shop.file), "1", "12", arming=Arming())
    store = SQLiteStore(shop.file)
    without_log = tmp_path / "without_log.db"
    without_log.write_bytes(shop.file.read_bytes())
    asyncio.run(store.close())
    with closing(sqlite3.connect(without_log)) as disk:
        found = disk.execute("SELECT idempotency_key, id FROM purchases").fetchall()
    assert found == [tuple(line.split()) for line in lines]
    assert len(found) == 12


@pytest.mark.parametrize(("synchronous", "rows"), [("FULL", 3), ("OFF", 0)])
def test_what_was_not_synced_is_seen_by_all_connections_and_lost(synchronous: str, rows: int, tmp_path: Path) -> None:
    program = f"""
import apsw, os, sys
def ask(connection, sql): return connection.execute(sql).fetchall()
one, other = (apsw.Connection(sys.argv[1]) for _ in range(2))
ask(one, "PRAGMA journal_mode = WAL"), ask(one, "CREATE TABLE t (x)"), ask(one, "PRAGMA wal_checkpoint(TRUNCATE)")
ask(one, "PRAGMA synchronous = {synchronous}")
for number in range(3):
    ask(one, "INSERT INTO t VALUES (randomblob(9000))")
    print(ask(other, "SELECT count(*) FROM t")[0][0], flush=True)
os.kill(os.getpid(), 9)
"""
    file = tmp_path / "shop.db"
    assert killed("-c", program, str(file), arming=Arming(power_loss=True)) == ["1", "2", "3"]
    with closing(sqlite3.connect(file)) as disk:
        assert disk.execute("SELECT count(*) FROM t").fetchone() == (rows,)


NAMES = """
import apsw, os, sys
def ask(connection, sql): return connection.execute(sql).fetchall()
one = apsw.Connection(sys.argv[1])
{}
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    ("work", "is_left"),
    [
        ("ask(one, 'PRAGMA journal_mode = MEMORY'), ask(one, 'CREATE TABLE t (x)')", False),  # no folder is synced
        ("ask(one, 'PRAGMA journal_mode = DELETE'), ask(one, 'CREATE TABLE t (x)')", True),  # it is, with the journal
    ],
)
def test_a_new_file_is_there_once_its_folder_was_synced(work: str, is_left: bool, tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    killed("-c", NAMES.format(work), str(file), arming=Arming(power_loss=True))
    assert bool(file.stat().st_size) == is_left, "a file without a durable name is left empty"


@pytest.mark.parametrize(("synchronous", "comes_back"), [("FULL", True), ("EXTRA", False)])
def test_a_journal_that_was_removed_comes_back_unless_its_folder_was_synced(
    synchronous: str, comes_back: bool, tmp_path: Path
) -> None:
    """What SQLite says of `synchronous = EXTRA`: https://sqlite.org/pragma.html#pragma_synchronous."""
    work = f"""
ask(one, 'CREATE TABLE t (x)')
ask(one, 'PRAGMA synchronous = {synchronous}')
ask(one, 'INSERT INTO t VALUES (1)')
assert not os.path.exists(sys.argv[1] + '-journal') or {comes_back}
assert ask(apsw.Connection(sys.argv[1]), 'SELECT * FROM t') == [(1,)]
"""
    file = tmp_path / "shop.db"
    killed("-c", NAMES.format(work), str(file), arming=Arming(power_loss=True))
    with closing(sqlite3.connect(file)) as disk:
        assert disk.execute("SELECT count(*) FROM t").fetchone() == (int(not comes_back),)
