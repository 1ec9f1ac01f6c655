"""Eight identical requests for the last unit, at once, to two server processes: one effect, eight equal answers."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.processes import ORGANISER_KEY, running

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROUNDS = 1000
COPIES = 8

Answer = tuple[int, Any]


async def ask(session: aiohttp.ClientSession, address: str, key: str) -> Answer:
    async with session.post(address, json={"buyer": key}, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json(content_type=None)


async def rounds(url: str, what: str) -> int:
    """In each round one more unit comes on sale, and one buyer asks for it with all copies; how many got it."""
    item = f"{url}/v1/items/item-a"
    organiser = {"Authorization": f"Bearer {ORGANISER_KEY}"}
    connector = aiohttp.TCPConnector(limit=COPIES, force_close=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        for number in range(1, ROUNDS + 1):
            async with session.patch(item, json={"capacity": number}, headers=organiser) as raised:
                assert raised.status == 200
            asked = [ask(session, f"{item}/{what}", f"key-{number}") for _ in range(COPIES)]
            answers = await asyncio.gather(*asked)
            assert answers == [answers[0]] * COPIES
            assert answers[0][0] == 201
        async with session.get(f"{item}/audit", headers=organiser) as audited:
            audit = await audited.json()
    assert audit["consistent"]
    assert audit["available"] == 0
    return int(audit["sold"] + audit["held"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", ["purchases", "holds"])
def test_eight_retries_at_once_of_the_last_unit_are_one(tmp_path: Path, what: str) -> None:
    with running(tmp_path / "shop.db", "--workers", "2", SELLOUT_STOCK="0") as server:
        assert asyncio.run(rounds(server.url, what)) == ROUNDS
        assert server.stop() == 0
