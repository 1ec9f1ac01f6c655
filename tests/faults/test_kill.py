"""A server that is killed in the middle of a sale, started again, and asked again: exactly the stock is sold."""

import asyncio
import os
import random
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.buyers import Told, crowd, settle
from tests.processes import Server, answers, running, wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROUNDS = 20
STOCK = 400
BUYERS = 600


def purchases_in(database: Path) -> dict[str, str]:
    """key -> purchase id, straight from the file."""
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute("SELECT idempotency_key, id FROM purchases").fetchall()
        (stock, sold) = connection.execute("SELECT stock, sold FROM inventory").fetchone()
    finally:
        connection.close()
    assert len(rows) == len(dict(rows)) == sold, "one purchase a key, and the counter counts them"
    assert stock == STOCK - sold
    return dict(rows)


async def sale_until_killed(server: Server, keys: list[str], told: Told, kill_after: float) -> None:
    """Buyers come; once so many have an answer, the server is killed."""
    killed = asyncio.Event()

    async def kill() -> None:
        await told.heard_of(round(kill_after * BUYERS))
        server.kill()
        killed.set()

    await asyncio.gather(crowd(server.url, keys, told, until=killed), kill())


@pytest.mark.timeout(300)
def test_killed_in_the_middle_of_a_sale_and_retried_by_key_it_sells_exactly_the_stock(tmp_path: Path) -> None:
    rounds = random.Random(2026)
    interrupted = 0
    for number in range(ROUNDS):
        database = tmp_path / f"{number}.db"
        told = Told()
        keys = [f"key-{number}-{buyer}" for buyer in range(BUYERS)]
        with running(database, SELLOUT_STOCK=str(STOCK)) as server:
            asyncio.run(sale_until_killed(server, keys, told, rounds.uniform(0.02, 0.6)))
        acknowledged = dict(told.bought)
        kept = purchases_in(database)
        assert acknowledged.items() <= kept.items(), "every acknowledged purchase is present"
        interrupted += bool(told.unanswered)
        with running(database) as server:
            asyncio.run(settle(server.url, told))
            assert server.stop() == 0
        kept = purchases_in(database)
        assert kept == told.bought, "each key has the purchase that its buyer was told of"
        assert acknowledged.items() <= kept.items()
        assert len(kept) == STOCK
        assert len(told.refused - kept.keys()) == BUYERS - STOCK
    assert interrupted == ROUNDS, "a round whose sale was over before the kill shows nothing"


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_workers_die_with_their_supervisor_and_the_port_is_free_again(tmp_path: Path) -> None:
    with running(tmp_path / "shop.db") as server:
        workers = children_of(server.process.pid)
        assert workers
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(30)
        wait_until(lambda: not answers(server.url))
        port = server.url.rsplit(":", 1)[1]
        with running(tmp_path / "shop.db", "--port", port) as again:
            assert again.url == server.url
            assert answers(again.url)


def test_a_killed_worker_comes_back_by_itself_and_nothing_is_lost(tmp_path: Path) -> None:
    told = Told()
    keys = [f"key-{buyer}" for buyer in range(BUYERS)]

    async def kill_one(server: Server) -> None:
        await told.heard_of(BUYERS // 10)
        os.kill(children_of(server.process.pid)[0], signal.SIGKILL)

    async def sale(server: Server) -> None:
        await asyncio.gather(crowd(server.url, keys, told), kill_one(server))
        await settle(server.url, told)

    with running(tmp_path / "shop.db", "--workers", "2", SELLOUT_STOCK=str(STOCK)) as server:
        asyncio.run(sale(server))
        wait_until(lambda: len(children_of(server.process.pid)) == 2)
        assert server.stop() == 0
    assert purchases_in(tmp_path / "shop.db") == told.bought
    assert len(told.bought) == STOCK
