"""A server that is killed while buyers hold and pay, started again, and asked again: every payment has its purchase."""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.processes import running

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROUNDS = 6
STOCK = 150
BUYERS = 220
AT_ONCE = 48


@dataclass
class Told:
    """What buyers were told: payment -> purchase, and how many found everything sold."""

    confirmed: dict[str, str] = field(default_factory=dict)
    sold_out: set[str] = field(default_factory=set)
    answers: int = 0
    kill_at: int = -1
    kill: Callable[[], None] = print


async def ask(session: aiohttp.ClientSession, told: Told, address: str, key: str, **body: Any) -> tuple[int, Any]:
    async with session.post(address, json=body or None, headers={"Idempotency-Key": key}) as answer:
        told.answers += 1
        if told.answers == told.kill_at:
            told.kill()
        return answer.status, await answer.json(content_type=None)


async def hold_and_pay(session: aiohttp.ClientSession, url: str, name: str, told: Told) -> None:
    """One buyer, always with the same keys and the same payment; asks again while all units are only held."""
    while True:
        status, hold = await ask(session, told, f"{url}/v1/items/item-a/holds", f"hold {name}", buyer=name)
        if status == 410:
            told.sold_out.add(name)
            return
        if status == 201:
            break
        assert hold["code"] in {"all_held", "busy", "unavailable"}
        await asyncio.sleep(0.05)
    address = f"{url}/v1/holds/{hold['hold_id']}"
    assert (await ask(session, told, f"{address}/pay", f"pay {name}"))[0] == 200
    status, purchase = await ask(session, told, f"{address}/confirm", f"confirm {name}", payment_ref=f"ref {name}")
    assert (status, purchase["hold_id"]) == (200, hold["hold_id"])
    assert told.confirmed.setdefault(name, purchase["purchase_id"]) == purchase["purchase_id"]


async def sale(url: str, names: list[str], told: Told) -> None:
    """All buyers, some at once. One whose connection breaks has no answer and is asked again later."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(name: str) -> None:
            async with turns:
                await hold_and_pay(session, url, name, told)

        results = await asyncio.gather(*map(one, names), return_exceptions=True)
    for broken in results:
        if broken is not None and not isinstance(broken, aiohttp.ClientError | ConnectionError):
            raise broken


def rows(database: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.timeout(300)
def test_killed_between_hold_and_payment_every_payment_has_one_purchase_and_all_is_sold(tmp_path: Path) -> None:
    chance = random.Random(2026)
    for number in range(ROUNDS):
        database, told = tmp_path / f"{number}.db", Told(kill_at=chance.randrange(20, 2 * STOCK))
        names = [f"buyer {number} {buyer}" for buyer in range(BUYERS)]
        with running(database, SELLOUT_STOCK=str(STOCK)) as server:
            told.kill = server.kill
            asyncio.run(sale(server.url, names, told))
        acknowledged = dict(told.confirmed)
        kept = dict(rows(database, "SELECT buyer, id FROM purchases"))
        assert acknowledged.items() <= kept.items(), "every acknowledged purchase is present"
        assert len(acknowledged) < STOCK, "a round whose sale was over before the kill shows nothing"
        with running(database) as server:
            asyncio.run(sale(server.url, names, told))
            assert server.stop() == 0
        assert dict(rows(database, "SELECT buyer, id FROM purchases")) == told.confirmed
        assert (len(told.confirmed), len(told.sold_out)) == (STOCK, BUYERS - STOCK)
        assert rows(database, "SELECT sold, held FROM inventory") == [(STOCK, 0)]
        movements = "SELECT sum(sold), sum(held), count(hold_id) FROM movements"
        assert rows(database, movements) == [(STOCK, 0, 2 * STOCK)]
