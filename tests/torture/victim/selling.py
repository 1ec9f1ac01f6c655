"""A program that sells by the store alone, and says of each purchase that it is acknowledged: key and purchase id.

Its arguments: the database, how many buyers come at once, and how many times. It ends by SIGKILL, if not before.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from pathlib import Path

from sellout.domain import AddItem, Bought, Buy
from sellout.store.port import first_item
from sellout.store.sqlite import SQLiteStore
from tests.words import an_item

WAIT_SECONDS = 5.0


async def sell(database: Path, at_once: int, times: int) -> None:
    """Buyers come in groups, and each group reads what is left before the next one."""
    store = SQLiteStore(database)
    numbers = itertools.count()
    await store.transact([AddItem(an_item("a", capacity=at_once * times))], time.monotonic() + WAIT_SECONDS)
    for _ in range(times):
        buys = [Buy(f"p{no}", "a", f"buyer {no}", 1, f"k{no}") for no in itertools.islice(numbers, at_once)]
        outcomes = await store.transact(buys, time.monotonic() + WAIT_SECONDS)
        for buy, outcome in zip(buys, outcomes, strict=True):
            assert isinstance(outcome, Bought)
            print(buy.key, outcome.purchase.id, flush=True)  # noqa: T201 - whoever runs it reads this
        found = first_item(await store.item("a"))
        assert found is not None
        assert found.sold == int(buys[-1].purchase_id[1:]) + 1, "one connection sees what the other has written"
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(sell(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
