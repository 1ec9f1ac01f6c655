"""A program that sells by the store alone on a disk that fails now and then, and says what is acknowledged.

Its arguments: the database, the file of the switches, and a seed. Buyers who were told nothing ask again. It ends by
SIGKILL, if not before.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from sellout.domain import AddItem, Bought, Buy
from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from sellout.torture.victim.arming import Switches, throw
from tests.words import an_item

WAIT_SECONDS = 5.0
GROUPS = 40
GROUP_MOST = 15
AGAIN_MOST = 5


async def sell(database: Path, control: Path, chance: random.Random) -> None:
    """Groups of buyers, before each of which the disk may begin or cease to fail."""
    store = SQLiteStore(database)
    await store.transact([AddItem(an_item("a", capacity=GROUPS * GROUP_MOST))], time.monotonic() + WAIT_SECONDS)
    untold = list[str]()
    for group in range(GROUPS):
        throw(control, Switches(fsync_eio=chance.random() < 0.3, disk_full=chance.random() < 0.15))
        keys = [f"k{group}-{number}" for number in range(chance.randint(1, GROUP_MOST))]
        keys += [untold.pop() for _ in range(min(len(untold), chance.randint(0, AGAIN_MOST)))]
        try:
            await buy(store, [Buy(f"p{chance.random()}", "a", f"buyer {key}", 1, key) for key in keys])
        except StoreUnavailable:
            untold += keys
    os.kill(os.getpid(), signal.SIGKILL)


async def buy(store: SQLiteStore, buys: list[Buy]) -> None:
    """One batch, and what its buyers are told."""
    outcomes = await store.transact(buys, time.monotonic() + WAIT_SECONDS)
    for each, outcome in zip(buys, outcomes, strict=True):
        assert isinstance(outcome, Bought)
        print(each.key, outcome.purchase.id, flush=True)  # noqa: T201 - whoever runs it reads this


if __name__ == "__main__":
    asyncio.run(sell(Path(sys.argv[1]), Path(sys.argv[2]), random.Random(int(sys.argv[3]))))
