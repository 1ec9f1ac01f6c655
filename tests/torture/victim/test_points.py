"""A server that dies at a named point: it is dead, the mark is there, and the sale goes on exactly."""

import asyncio
import signal
from pathlib import Path

import pytest

from sellout.torture.victim.arming import Arming, Point
from tests.buyers import Told, crowd, settle
from tests.torture.victim.arena import Shop, run

pytestmark = pytest.mark.long

STOCK = 30
KEYS = [f"key-{number}" for number in range(40)]
NTH = 4


def sell_until_death(shop: Shop, point: Point, nth: int, at_once: int) -> Told:
    """Buyers come until the server dies at the point."""
    told = Told()
    arming = Arming(kill_at=point, kill_after=nth, marks=str(shop.marks))
    with shop.armed(arming, SELLOUT_STOCK=str(STOCK)) as server:
        asyncio.run(crowd(server.url, KEYS, told, at_once=at_once))
        assert server.process.wait(30) == -signal.SIGKILL
    assert shop.points() == [point]
    return told


def sell_the_rest(shop: Shop, told: Told) -> None:
    """A server as before; every buyer who knows nothing asks again."""
    acknowledged = dict(told.bought)
    with shop.server() as server:
        asyncio.run(settle(server.url, told))
        assert server.stop() == 0
    assert acknowledged.items() <= told.bought.items()
    assert shop.purchases() == told.bought, "each key has what its buyer was told of"
    assert len(told.bought) == STOCK
    assert len(told.refused) == len(KEYS) - STOCK


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_at_a_commit_what_is_kept_is_what_was_committed(engine: str, point: Point, tmp_path: Path) -> None:
    shop = Shop(tmp_path, engine)
    told = sell_until_death(shop, point, NTH, at_once=1)
    kept = shop.purchases()
    assert len(told.bought) == NTH - 1, "one buyer at a time, so each batch is one purchase"
    if point == "before_commit":
        assert kept == told.bought
    else:
        assert told.bought.items() < kept.items(), "one is durable, and nobody was told so"
        assert len(kept) == NTH
    sell_the_rest(shop, told)


def test_in_a_checkpoint_nothing_is_lost(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    told = sell_until_death(shop, "in_checkpoint", 2, at_once=2)
    assert told.bought
    assert told.bought.items() <= shop.purchases().items()
    assert shop.rows("PRAGMA integrity_check") == [("ok",)]
    sell_the_rest(shop, told)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_in_a_migration_nothing_of_it_is_kept_and_the_next_start_does_it(engine: str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, engine)
    arming = Arming(kill_at="in_migration", kill_after=2, marks=str(shop.marks))
    shop.dies_at_its_start(arming)
    assert shop.points() == ["in_migration"]
    tables = "sqlite_schema" if engine == "sqlite" else "pg_tables WHERE schemaname = 'public'"
    assert shop.rows(f"SELECT count(*) FROM {tables}") == [(0,)]
    with shop.server(SELLOUT_STOCK="1") as server:
        told = Told()
        asyncio.run(crowd(server.url, KEYS[:2], told))
    assert (len(told.bought), len(told.refused)) == (1, 1)


def test_a_group_that_is_somebody_else_s_is_spared() -> None:
    driver = """
import os, subprocess, sys
from sellout.torture.victim.arming import Arming, armed
program = "from sellout.torture.victim.points import die; die()"
print(subprocess.run([sys.executable, "-c", program], env=armed(Arming(), os.environ)).returncode)
"""
    assert run("-c", driver).stdout == "-9\n", "the driver lives to see it"
