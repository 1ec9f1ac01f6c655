"""The SQLite file: what protects it, and what is said when it cannot be used."""

import asyncio
import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from sellout.domain import AddItem, Bought, Outcome
from sellout.store.migrations import migrations
from sellout.store.port import StoreUnavailable, StoreUnusable
from sellout.store.sqlite import SQLiteStore
from sellout.store.sqlite_file import open_database
from sellout.store.sqlite_tables import backup
from tests.words import a_buy, an_item


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


SAME_KEY = """
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)
VALUES ('x', 'a', 'A', 'ada', 1, 'k', 0)
"""


REPLACE = """
INSERT OR REPLACE INTO inventory (id, item, capacity, max_per_order, hold_seconds, created_at, decided_at)
VALUES ('a', 'A', 100, 1, 1, 1, 1)
"""


def commit(path: Path, *commands: object, wait_seconds: float = 30) -> list[Outcome]:
    async def run() -> list[Outcome]:
        store = SQLiteStore(path)
        try:
            return await store.transact(commands, time.monotonic() + wait_seconds)  # type: ignore[arg-type]
        finally:
            await store.close()

    return asyncio.run(run())


@pytest.fixture
def sold(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a shop where two of three units are sold."""
    commit(path, AddItem(an_item(capacity=3)), a_buy(quantity=2, buyer="ada", key="k"))
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_a_commit_waits_for_the_disk(path: Path) -> None:
    connection = open_database(path, lambda: 0, 1)
    try:
        assert connection.pragma("journal_mode") == "wal"
        assert connection.pragma("synchronous") == 2, "FULL: NORMAL may lose acknowledged sales"
        assert connection.pragma("foreign_keys") == 1
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE inventory SET sold = sold + 2", "never_oversold"),
        ("UPDATE inventory SET held = 2", "never_oversold"),
        ("UPDATE inventory SET capacity = 1", "never_oversold"),
        ("UPDATE inventory SET sold = -1", "sold_is_not_negative"),
        ("INSERT INTO purchases (id, item_id, item, quantity, purchased_at) VALUES ('x', 'a', 'A', 0, 0)", "quantity"),
        (SAME_KEY, "UNIQUE"),
        ("DELETE FROM purchases", "never removed"),
        ("UPDATE purchases SET quantity = 1", "never changed"),
        ("DELETE FROM movements", "append-only"),
        ("UPDATE movements SET sold = 1", "append-only"),
        ("DELETE FROM inventory", "an item is never removed"),
        ("UPDATE inventory SET id = 'b'", "id of an item is never changed"),
        (REPLACE, "an item is never replaced"),
        ("UPDATE purchases SET item = 'B'", "a purchase is never changed"),
        ("UPDATE purchases SET purchase_no = 7", "a purchase is never changed"),
        ("UPDATE purchases SET rowid = 7", "a purchase is never changed"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_another_program_must_not_do(
    sold: sqlite3.Connection, statement: str, says: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=says):
        sold.execute(statement)


def test_whoever_sells_leaves_a_movement(sold: sqlite3.Connection) -> None:
    sold.execute("INSERT INTO purchases (id, item_id, item, quantity, purchased_at) VALUES ('x', 'a', 'A', 1, 5)")
    sold.execute("UPDATE purchases SET refunded_at = 6 WHERE id = 'x'")
    sold.execute("UPDATE inventory SET capacity = 5")
    rows = sold.execute("SELECT kind, capacity, sold FROM movements ORDER BY movement_no DESC LIMIT 3").fetchall()
    assert rows == [("restock", 2, 0), ("refund", 0, -1), ("buy", 0, 1)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE inventory SET sold = sold - 1",
        "INSERT INTO purchases (id, item_id, item, quantity, purchased_at) VALUES ('x', 'a', 'A', 1, 5)",
        "DROP TRIGGER movements_are_not_removed; DELETE FROM movements WHERE kind = 'buy'",
        "DROP TRIGGER purchases_are_not_changed; UPDATE purchases SET quantity = 1",
    ],
)
def test_the_audit_finds_what_was_tampered_with(path: Path, sold: sqlite3.Connection, tampering: str) -> None:
    async def consistent() -> bool:
        store = SQLiteStore(path)
        try:
            audit = await store.audit("a")
        finally:
            await store.close()
        assert audit is not None
        return audit.consistent

    assert asyncio.run(consistent())
    sold.executescript(tampering)
    assert not asyncio.run(consistent())


def test_tables_of_the_first_version_can_be_read_by_their_names(sold: sqlite3.Connection) -> None:
    assert sold.execute("SELECT item, stock FROM inventory").fetchall() == [("A", 1)]
    ((_, item, timestamp),) = sold.execute("SELECT id, item, timestamp FROM purchases").fetchall()
    assert item == "A"
    assert timestamp.startswith("20")
    assert timestamp.endswith("Z")


def _open(path: Path) -> None:
    open_database(path, lambda: 0, 30).close()


def test_several_processes_may_make_the_same_file_at_once(path: Path) -> None:
    processes = [multiprocessing.get_context("spawn").Process(target=_open, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    with sqlite3.connect(path) as connection:
        numbers = connection.execute("SELECT number FROM sellout_migrations ORDER BY number").fetchall()
    connection.close()
    assert numbers == [(step.number,) for step in migrations("sqlite")]


def test_a_new_file_and_its_log_are_their_owner_s_alone(path: Path) -> None:
    connection = open_database(path, lambda: 0, 30)
    made = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    connection.close()
    assert made == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)


def test_plans_are_made_without_a_look_at_parameters(path: Path) -> None:
    connection = open_database(path, lambda: 0, 30)
    assert connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1, "or `LIMIT :max` is compiled for every batch"
    connection.close()


def test_a_backup_is_not_written_over_a_file_that_was_made_meanwhile(path: Path, tmp_path: Path) -> None:
    _open(path)
    other = tmp_path / "other"
    other.write_text("somebody's")
    with pytest.raises(StoreUnusable, match="never written over"):
        backup(path, other)
    assert other.read_text() == "somebody's"


def test_the_permissions_that_somebody_gave_a_file_stay(path: Path) -> None:
    _open(path)
    path.chmod(0o640)
    _open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def _newer(path: Path) -> None:
    _open(path)
    _execute(path, "INSERT INTO sellout_migrations VALUES (999, 'later', 0)")


def _execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(statement)
    connection.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"this is no database" * 100), "not a database"),
        (lambda path: path.mkdir(), "cannot be opened"),
        (lambda path: _execute(path, "CREATE TABLE inventory (item, stock)"), "another program"),
        (_newer, "newer"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    path: Path, make: Callable[[Path], object], says: str
) -> None:
    make(path)
    with pytest.raises(StoreUnusable, match=says) as refused:
        SQLiteStore(path)
    assert "\n" not in str(refused.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="nowhere"):
        SQLiteStore(tmp_path / "nowhere" / "shop.db")


def _open_as_nobody(path: Path, codes: "multiprocessing.Queue[str]") -> None:
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        _open(path)
    except StoreUnusable as error:
        codes.put(str(error))
    else:
        codes.put("opened")


def test_a_read_only_file_is_refused_in_one_sentence(path: Path) -> None:
    _open(path)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    for folder in path.parents:  # another user must be able to come here at all
        if folder.stat().st_uid == os.geteuid() and folder != path.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    said: multiprocessing.Queue[str] = multiprocessing.get_context("fork").Queue()
    process = multiprocessing.get_context("fork").Process(target=_open_as_nobody, args=(path, said))
    process.start()
    assert "read-only" in said.get(timeout=30)
    process.join(30)
    path.parent.chmod(0o755)


def test_a_lock_is_waited_for_until_the_deadline_and_then_it_goes_on_by_itself(path: Path) -> None:
    commit(path, AddItem(an_item()))
    other = apsw.Connection(str(path))  # two SQLite libraries in one process would not see each other's locks

    async def test() -> None:
        store = SQLiteStore(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="lock"):
            await store.transact([a_buy()], time.monotonic() + 0.3)
        waiting = asyncio.create_task(store.transact([a_buy()], time.monotonic() + 30))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        other.execute("ROLLBACK")
        (outcome,) = await waiting
        assert isinstance(outcome, Bought)
        await store.close()

    asyncio.run(test())
    other.close()


def _sell_until_full(path: Path, said: "multiprocessing.Queue[object]") -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def run() -> None:
        store = SQLiteStore(path)
        await store.transact([AddItem(an_item(capacity=1_000_000))], time.monotonic() + 30)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
        acknowledged = 0
        try:
            while True:
                outcomes = await store.transact([a_buy() for _ in range(100)], time.monotonic() + 30)
                acknowledged += len(outcomes)
        except StoreUnavailable:
            said.put(acknowledged)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        outcomes = await store.transact([a_buy() for _ in range(100)], time.monotonic() + 30)
        said.put(acknowledged + len(outcomes))
        await store.close()

    asyncio.run(run())


def test_a_full_disk_loses_nothing_and_selling_goes_on_when_there_is_room(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    said: multiprocessing.Queue[object] = context.Queue()
    process = context.Process(target=_sell_until_full, args=(path, said))
    process.start()
    acknowledged, in_the_end = said.get(timeout=60), said.get(timeout=60)
    process.join(30)
    assert isinstance(acknowledged, int)
    assert acknowledged > 0
    connection = sqlite3.connect(path)
    (kept,) = connection.execute("SELECT count(*) FROM purchases").fetchone()
    (counted,) = connection.execute("SELECT sold FROM inventory").fetchone()
    connection.close()
    assert kept == counted == in_the_end


def test_an_old_sqlite_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(StoreUnusable, match=r"3\.51\.3"):
        SQLiteStore(path)


def move_away(path: Path, replacement: bytes | None) -> None:
    path.rename(path.with_suffix(".kept"))
    if replacement is not None:
        path.write_bytes(replacement)


@pytest.mark.parametrize("replacement", [None, b"", b"something else entirely, and long enough to be read" * 99])
def test_nothing_is_acknowledged_into_a_file_that_was_removed_or_replaced(
    path: Path, replacement: bytes | None
) -> None:
    async def test() -> None:
        store = SQLiteStore(path)
        try:
            deadline = time.monotonic() + 30
            await store.transact([AddItem(an_item())], deadline)
            move_away(path, replacement)
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    await store.transact([a_buy()], deadline)
                with pytest.raises(StoreUnavailable):
                    await store.items()
            path.with_suffix(".kept").rename(path)
            assert isinstance((await store.transact([a_buy()], deadline))[0], Bought)
        finally:
            await store.close()

    asyncio.run(test())
