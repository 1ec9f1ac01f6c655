"""A disk that is full, or whose fsync fails, while a server sells: nothing false is said, and the sale goes on."""

import asyncio
from pathlib import Path

import pytest

from sellout.torture.victim.arming import Arming, Switches, throw
from tests.buyers import Told, crowd, settle
from tests.torture.victim.arena import Shop, killed, run

pytestmark = pytest.mark.long

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


SHOP = """
import apsw, os, sys
from pathlib import Path
from sellout.torture.victim.arming import Switches, throw
def ask(sql): return one.execute(sql).fetchall()
def fill(number): ask("BEGIN IMMEDIATE"), ask(f"INSERT INTO t VALUES (randomblob({number}))"), ask("COMMIT")
one = apsw.Connection(sys.argv[1])
ask("PRAGMA journal_mode = WAL"), ask("CREATE TABLE t (x)"), [fill(9000) for _ in range(9)]
"""


def tell(program: str, folder: Path) -> list[str]:
    """What a program says that has a log of some pages, until it is killed."""
    control = str(folder / "control")
    end = "\nos.kill(os.getpid(), 9)"
    return killed("-c", SHOP + program + end, str(folder / "shop.db"), control, arming=Arming(control=control))


def test_a_full_disk_still_takes_what_lies_within_a_file(tmp_path: Path) -> None:
    program = """
ask("PRAGMA wal_checkpoint")
throw(Path(sys.argv[2]), Switches(disk_full=True))
fill(10)
try: fill(900_000)
except apsw.FullError: print(ask("SELECT count(*) FROM t"), flush=True)
"""
    assert tell(program, tmp_path) == ["[(10,)]"]


@pytest.mark.parametrize(
    ("before", "fault"),
    [("PRAGMA wal_checkpoint", "disk_full"), ("PRAGMA synchronous = NORMAL", "fsync_eio")],
)
def test_a_checkpoint_that_fails_fails_neither_its_commit_nor_the_close(
    before: str, fault: str, tmp_path: Path
) -> None:
    """The commit itself needs no room here, and no sync."""
    program = f"""
ask("{before}"), ask("PRAGMA wal_autocheckpoint = 1")
throw(Path(sys.argv[2]), Switches({fault}=True))
fill(20_000)
size = os.path.getsize(sys.argv[1])
one.close()
one = apsw.Connection(sys.argv[1])
print(ask("SELECT count(*) FROM t"), os.path.getsize(sys.argv[1]) == size, flush=True)
"""
    assert tell(program, tmp_path) == ["[(10,)] True"]


def test_a_start_on_a_full_disk_reads_what_a_killed_process_left_in_its_log(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    killed("-m", "tests.torture.victim.selling", str(shop.file), "25", "12", arming=Arming())
    program = """
import asyncio, sys
from pathlib import Path
from sellout.store.sqlite import SQLiteStore
async def look():
    store = SQLiteStore(Path(sys.argv[1]))
    print(len((await store.purchases("a", 0, 999)).purchases))
    await store.close()
asyncio.run(look())
"""
    throw(shop.control, Switches(disk_full=True))
    size = shop.file.stat().st_size
    done = run("-c", program, str(shop.file), arming=Arming(control=str(shop.control)))
    assert (done.stdout, done.stderr) == ("300\n", "")
    assert shop.file.stat().st_size == size, "there was no room for them"


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
