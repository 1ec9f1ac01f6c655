"""A clock that jumps under a running server: no decision goes back in time, deadlines follow, and the sale is exact."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from sellout.torture.victim.arming import Arming, Switches, throw
from tests.buyers import Told, crowd
from tests.torture.victim.arena import Shop, run

HOUR_SECONDS = 3600.0
MICROSECONDS = 1_000_000
STOCK = 12
KEYS = [f"key-{number}" for number in range(16)]


def test_a_jump_moves_what_a_server_takes_for_now_and_never_back(tmp_path: Path) -> None:
    shop, told = Shop(tmp_path), Told()
    with shop.armed(Arming(control=str(shop.control)), SELLOUT_STOCK=str(STOCK)) as server:
        for number, offset in enumerate([0.0, HOUR_SECONDS, -HOUR_SECONDS, 2 * HOUR_SECONDS]):
            throw(shop.control, Switches(clock_offset_seconds=offset))
            asyncio.run(crowd(server.url, KEYS[4 * number : 4 * number + 4], told, at_once=1))
    times = [at for (at,) in shop.rows("SELECT purchased_at FROM purchases ORDER BY rowid")]
    assert times == sorted(times)
    hour = HOUR_SECONDS * MICROSECONDS
    assert hour <= times[4] - times[3] < 2 * hour, "the jump forwards is seen"
    assert times[8:] == [times[7]] * 4, "after the jump back, time stands still until it is reached again"
    assert (len(told.bought), len(told.refused)) == (STOCK, len(KEYS) - STOCK)
    assert shop.purchases() == told.bought


def test_a_hold_ends_early_by_a_jump_forwards_and_a_jump_back_does_not_bring_it_back(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with shop.armed(Arming(control=str(shop.control)), SELLOUT_STOCK="1") as server:
        assert asyncio.run(hold_and_jump(server.url, shop)) == [201, 409, 201, 409]
    assert shop.rows("SELECT capacity, sold, held FROM inventory") == [(1, 1, 0)]


async def hold_and_jump(url: str, shop: Shop) -> list[int]:
    """Ada holds the only unit; Bob tries before and after a jump; Ada confirms after the jump back."""
    async with aiohttp.ClientSession() as session:

        async def post(path: str, **body: Any) -> tuple[int, Any]:
            async with session.post(f"{url}/v1/{path}", json=body, headers={"Idempotency-Key": path}) as answer:
                return answer.status, await answer.json(content_type=None)

        held, hold = await post("items/item-a/holds", buyer="ada")
        before, _ = await post("items/item-a/purchases", buyer="bob")
        throw(shop.control, Switches(clock_offset_seconds=HOUR_SECONDS))
        after, _ = await post("items/item-a/purchases", buyer="bob")
        throw(shop.control, Switches(clock_offset_seconds=-HOUR_SECONDS))
        confirmed, _ = await post(f"holds/{hold['hold_id']}/confirm", payment_ref="paid")
        return [held, before, after, confirmed]


def test_a_jump_that_was_armed_comes_once_and_leaves_the_monotonic_clock_alone() -> None:
    program = """
import time
before, since = time.time(), time.monotonic()
while time.monotonic() - since < 1: time.sleep(0.05)
print(round(time.time() - before) == -99, round(time.time_ns() / 1e9 - before) == -99, time.monotonic() - since < 60)
"""
    arming = Arming(clock_jump_after_seconds=0.6, clock_jump_seconds=-100.0)
    assert run("-c", program, arming=arming).stdout == "True True True\n"
