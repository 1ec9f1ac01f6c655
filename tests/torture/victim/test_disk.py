"""A disk that is full, or whose fsync fails, while a server sells: nothing false is said, and the sale goes on."""

import asyncio
from pathlib import Path

import pytest

from sellout.torture.victim.arming import Arming, Switches, throw
from tests.buyers import Told, crowd, settle
from tests.torture.victim.arena import Shop, killed, run

STOCK = 60
KEYS = [f"key-{number}" for number in range(80)]
BEFORE, MEANWHILE, AFTER = KEYS[:20], KEYS[20:50], KEYS[50:]


@pytest.mark.parametrize("switches", [Switches(disk_full=True), Switches(fsync_eio=True)], ids=["full", "eio"])
def test_while_the_disk_fails_nobody_is_told_of_a_sale_and_then_the_sale_is_exact(
    switches: Switches, tmp_path: Path
) -> None:
    shop, told = Shop(tmp_path), Told()
    with shop.armed(Arming(control=str(shop.control), power_loss=True), SELLOUT_STOCK=str(STOCK)) as server:
        asyncio.run(crowd(server.url, BEFORE, told))
        assert told.statuses == [201] * len(BEFORE)
        throw(shop.control, switches)
        asyncio.run(crowd(server.url, MEANWHILE, told))
        assert told.statuses[len(BEFORE) :] == [503] * len(MEANWHILE)
        throw(shop.control, Switches())
        asyncio.run(settle(server.url, told))
        asyncio.run(crowd(server.url, AFTER, told))
        server.kill()  # which is a power cut: what a failed sync left behind must not be needed
    assert shop.purchases() == told.bought
    assert (len(told.bought), len(told.refused)) == (STOCK, len(KEYS) - STOCK)
    assert shop.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_full_disk_still_takes_what_lies_within_a_file(tmp_path: Path) -> None:
    program = """
import apsw, os, sys
from pathlib import Path
from sellout.torture.victim.arming import Switches, throw
def ask(sql): return one.execute(sql).fetchall()
one = apsw.Connection(sys.argv[1])
ask("PRAGMA journal_mode = WAL"), ask("CREATE TABLE t (x)"), ask("INSERT INTO t VALUES (randomblob(9000))")
ask("PRAGMA wal_checkpoint")
throw(Path(sys.argv[2]), Switches(disk_full=True))
ask("INSERT INTO t VALUES (1)")
try:
    ask("INSERT INTO t VALUES (randomblob(90000))")
except apsw.FullError:
    print(ask("SELECT count(*) FROM t"), flush=True)
os.kill(os.getpid(), 9)
"""
    control = tmp_path / "control"
    arming = Arming(control=str(control))
    assert killed("-c", program, str(tmp_path / "shop.db"), str(control), arming=arming) == ["[(2,)]"]


def test_a_start_on_a_full_disk_reads_what_a_killed_process_left_in_its_log(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    killed("-m", "tests.torture.victim.selling", str(shop.file), "1", "12", arming=Arming())
    program = """
import asyncio, sys
from pathlib import Path
from sellout.store.sqlite import SQLiteStore
print(len(asyncio.run(SQLiteStore(Path(sys.argv[1])).purchases("a", 0, 99)).purchases))
"""
    throw(shop.control, Switches(disk_full=True))
    done = run("-c", program, str(shop.file), arming=Arming(control=str(shop.control)))
    assert (done.stdout, done.stderr) == ("12\n", "")


def test_what_a_failed_sync_left_in_the_log_is_never_taken_for_committed(tmp_path: Path) -> None:
    """Neither a retry nor a later sale may stand on it: the disk may never have it (see disk.py)."""
    program = """
import asyncio, os, sys, time
from pathlib import Path
from sellout.domain import AddItem, Buy
from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from sellout.torture.victim.arming import Switches, throw
from tests.words import an_item
async def sell():
    store = SQLiteStore(Path(sys.argv[1]))
    async def transact(command): return (await store.transact([command], time.monotonic() + 5))[0]
    async def buy(number, key):
        try:
            print(key, (await transact(Buy(f"p{number}", "a", "ada", 1, key))).purchase.id, flush=True)
        except StoreUnavailable:
            print("unavailable", flush=True)
    await transact(AddItem(an_item("a", capacity=9)))
    await buy(1, "one")
    throw(Path(sys.argv[2]), Switches(fsync_eio=True))
    await buy(2, "two")
    await buy(3, "two")
    throw(Path(sys.argv[2]), Switches())
    await buy(4, "two")
    await buy(5, "three")
    os.kill(os.getpid(), 9)
asyncio.run(sell())
"""
    shop = Shop(tmp_path)
    arming = Arming(control=str(shop.control), power_loss=True)
    said = killed("-c", program, str(shop.file), str(shop.control), arming=arming)
    assert said == ["one p1", "unavailable", "unavailable", "two p4", "three p5"]
    assert shop.purchases() == {"one": "p1", "two": "p4", "three": "p5"}
