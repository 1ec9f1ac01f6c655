"""SIGTERM in the middle of a sale: every accepted request gets its true answer."""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

from tests.buyers import Told, crowd
from tests.processes import running, wait_until

BUYERS = 300


def test_requests_in_flight_are_answered_truly_when_the_server_stops(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    told = Told()

    async def sale(url: str) -> None:
        await crowd(url, [f"key-{buyer}" for buyer in range(BUYERS)], told, at_once=BUYERS)

    with running(database, SELLOUT_STOCK=str(BUYERS // 2), SELLOUT_UNAVAILABLE_AFTER_SECONDS="20") as server:
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # so that all requests are accepted, and none can be answered yet
        buyers = threading.Thread(target=lambda: asyncio.run(sale(server.url)))
        buyers.start()
        time.sleep(1.5)
        codes: list[int] = []
        stopping = threading.Thread(target=lambda: codes.append(server.stop()))
        stopping.start()
        time.sleep(0.5)
        other.execute("ROLLBACK")
        other.close()
        buyers.join(60)
        stopping.join(60)
        wait_until(lambda: codes)
    assert codes == [0]
    assert told.unanswered == set(), "every request that was accepted has its answer"
    assert len(told.bought) == BUYERS // 2
    assert len(told.refused) == BUYERS - BUYERS // 2
    kept = sqlite3.connect(database)
    assert dict(kept.execute("SELECT idempotency_key, id FROM purchases")) == told.bought
    kept.close()
