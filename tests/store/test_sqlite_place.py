"""A file under two names has two logs: it is refused, or answered with 503, before a unit is sold twice."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sellout.domain import AddItem, Bought
from sellout.store import sqlite_place
from sellout.store.port import StoreUnavailable, StoreUnusable
from sellout.store.sqlite import SQLiteStore
from sellout.store.sqlite_file import open_database
from tests.words import a_buy, an_item

CAPACITY = 10

MOVED = "removed or replaced"

SELLER = """
import asyncio, sys, time
from pathlib import Path
from sellout.store.sqlite import SQLiteStore
from tests.words import a_buy

async def main():
    store = SQLiteStore(Path(sys.argv[1]))
    outcomes = await store.transact([a_buy(key=None)], time.monotonic() + 30)
    print(type(outcomes[0]).__name__, flush=True)
    sys.stdin.readline()
    await store.close()

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """A shop of ten units; two are sold, and lie in the log."""
    store = SQLiteStore(path)
    assert sell(store, AddItem(an_item(capacity=CAPACITY)))
    assert buy(store)
    assert buy(store)
    yield store
    with contextlib.suppress(RuntimeError):  # the test has closed it
        asyncio.run(store.close())


def sell(store: SQLiteStore, *commands: object) -> list[object]:
    return list(asyncio.run(store.transact(commands, time.monotonic() + 30)))  # type: ignore[arg-type]


def buy(store: SQLiteStore) -> bool:
    return isinstance(sell(store, a_buy(key=None))[0], Bought)


def sold_in(path: Path) -> int:
    """How many a program finds that opens the file by this name."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM purchases").fetchone()[0])


@contextlib.contextmanager
def another_seller(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has sold one unit and goes on having the file open until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", SELLER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "Bought\n"
            yield process
        finally:
            process.communicate("\n", timeout=30)


def move_behind_a_link(path: Path) -> Path:
    """As somebody does who needs a bigger disk: the file alone, not its log."""
    big = path.parent.parent / "big"
    big.mkdir()
    shutil.move(path, big)
    path.symlink_to(big / path.name)
    return big / path.name


class TestWhileServing:
    def test_a_file_that_is_moved_behind_a_link_sells_nothing_more(self, store: SQLiteStore, path: Path) -> None:
        move_behind_a_link(path)
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)
        with pytest.raises(StoreUnavailable, match=MOVED):
            asyncio.run(store.item("a"))

    def test_what_was_sold_before_is_found_under_the_new_name(self, store: SQLiteStore, path: Path) -> None:
        there = move_behind_a_link(path)
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)
        assert sold_in(there) == 2

    def test_an_orderly_stop_brings_it_there_too(self, store: SQLiteStore, path: Path) -> None:
        there = move_behind_a_link(path)
        asyncio.run(store.close())
        assert sold_in(there) == 2
        again = SQLiteStore(path)
        assert buy(again)
        asyncio.run(again.close())

    def test_a_log_that_another_program_has_begun_there_is_left_alone(self, store: SQLiteStore, path: Path) -> None:
        there = move_behind_a_link(path)
        with contextlib.closing(sqlite3.connect(there)) as other:
            other.execute("CREATE TABLE notes (text)")
            other.commit()
            with pytest.raises(StoreUnavailable, match=MOVED):
                buy(store)
        assert sold_in(there) == 0, "two logs were mixed in one file"

    def test_a_link_whose_target_is_moved(self, tmp_path: Path, path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(path)
        store = SQLiteStore(link)
        assert sell(store, AddItem(an_item(capacity=CAPACITY)))
        assert buy(store)
        path.rename(tmp_path / "elsewhere.db")
        link.unlink()
        link.symlink_to(tmp_path / "elsewhere.db")
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)
        asyncio.run(store.close())
        assert sold_in(tmp_path / "elsewhere.db") == 1

    def test_a_link_that_leads_elsewhere(self, tmp_path: Path, path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(path)
        store = SQLiteStore(link)
        link.unlink()
        link.symlink_to(tmp_path / "another.db")
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)
        asyncio.run(store.close())

    def test_a_log_that_is_gone_takes_no_more_sales(self, store: SQLiteStore, path: Path) -> None:
        Path(f"{path}-wal").unlink()
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)

    def test_a_log_that_goes_during_a_commit_is_no_success(self, store: SQLiteStore, path: Path) -> None:
        with pytest.raises(StoreUnavailable, match=MOVED), store._transaction(time.monotonic() + 30):
            Path(f"{path}-wal").unlink()

    def test_a_second_sqlite_in_the_process_loses_no_sale(self, store: SQLiteStore, path: Path) -> None:
        """It closes the file, which drops our locks: another program takes itself for the last, and removes the log."""
        with contextlib.closing(sqlite3.connect(path)) as second:
            second.execute("SELECT count(*) FROM purchases").fetchall()
        script = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT 1 FROM purchases'); c.close()"
        subprocess.run([sys.executable, "-c", script], check=True)
        if not Path(f"{path}-wal").exists():
            with pytest.raises(StoreUnavailable, match=MOVED):
                buy(store)
        asyncio.run(store.close())
        assert sold_in(path) == 2

    def test_a_folder_that_is_moved_with_its_log_and_linked_goes_on(self, store: SQLiteStore, path: Path) -> None:
        big = path.parent.with_name("big")
        path.parent.rename(big)
        path.parent.symlink_to(big)
        assert buy(store)
        with another_seller(path):
            assert buy(store)

    def test_it_goes_on_when_the_file_is_put_back(self, store: SQLiteStore, path: Path) -> None:
        away = path.with_name("away.db")
        path.rename(away)
        with pytest.raises(StoreUnavailable, match=MOVED):
            buy(store)
        away.rename(path)
        assert buy(store)
        assert sold_in(path) == 3


class TestAStart:
    def test_is_refused_while_another_process_has_the_file_open_under_its_old_name(
        self, store: SQLiteStore, path: Path
    ) -> None:
        asyncio.run(store.close())
        with another_seller(path):
            there = move_behind_a_link(path)
            for name in (path, there):
                with pytest.raises(StoreUnusable, match=r"under another name|beside a link"):
                    SQLiteStore(name, wait_seconds=0.1)
        assert sold_in(there) == 3
        again = SQLiteStore(path)
        assert buy(again)
        asyncio.run(again.close())

    def test_is_refused_where_the_log_was_left_beside_a_link(self, store: SQLiteStore, path: Path) -> None:
        copy = path.parent / "log-of-a-killed-server"
        shutil.copy(f"{path}-wal", copy)
        asyncio.run(store.close())
        there = move_behind_a_link(path)
        copy.rename(f"{path}-wal")
        with pytest.raises(StoreUnusable, match="beside a link"):
            SQLiteStore(path)
        Path(f"{path}-wal").rename(f"{there}-wal")
        SQLiteStore(path)

    def test_is_refused_for_a_file_with_a_second_name(self, store: SQLiteStore, path: Path) -> None:
        asyncio.run(store.close())
        other = path.with_name("other.db")
        os.link(path, other)
        for name in (path, other):
            with pytest.raises(StoreUnusable, match="2 names"):
                SQLiteStore(name)
        other.unlink()
        asyncio.run(SQLiteStore(path).close())

    def test_is_refused_for_a_file_that_is_mounted(
        self, store: SQLiteStore, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asyncio.run(store.close())
        spaced = path.with_name("the shop.db")
        path.rename(spaced)
        mounts = path.with_name("mountinfo")
        field = str(spaced).replace(" ", "\\040")
        mounts.write_text(f"36 35 98:0 / / rw,noatime - ext3 /dev/a rw\n41 36 98:0 /a {field} rw - ext3 /dev/a rw\n")
        monkeypatch.setattr(sqlite_place, "_MOUNTS", mounts)
        with pytest.raises(StoreUnusable, match="mount the folder, never the file"):
            SQLiteStore(spaced)

    def test_by_a_link_is_as_good_as_by_the_name(self, store: SQLiteStore, path: Path, tmp_path: Path) -> None:
        link = tmp_path / "link.db"
        link.symlink_to(path)
        with another_seller(link):
            assert buy(store)
        assert sold_in(path) == 4


def test_the_systems_that_tell_of_no_mounts_have_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite_place, "_MOUNTS", tmp_path / "nothing")
    open_database(tmp_path / "shop.db", lambda: 0, 30).close()


@pytest.mark.parametrize("left", [("-wal",), ("-shm",), ("-wal", "-shm")], ids="".join)
def test_a_file_that_was_removed_is_made_anew_and_its_log_is_kept(
    store: SQLiteStore, path: Path, left: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    kept = {end: Path(f"{path}{end}").read_bytes() for end in ("-wal", "-shm")}
    asyncio.run(store.close())
    path.unlink()
    for end in left:
        Path(f"{path}{end}").write_bytes(kept[end])
    new = SQLiteStore(path)
    assert asyncio.run(new.items()).items == []
    assert sell(new, AddItem(an_item(capacity=1)))
    assert buy(new)
    asyncio.run(new.close())
    aside = [file for file in path.parent.iterdir() if ".of-a-removed-file-" in file.name]
    said = capfd.readouterr().err
    if "-wal" in left:
        assert [file.read_bytes() for file in aside] == [kept["-wal"]]
        assert f"kept as {aside[0].name}" in said
    else:
        assert (aside, said) == ([], "")
