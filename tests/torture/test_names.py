"""Twenty rounds each of a file that is moved, linked or mounted while two workers sell from it.

Every buyer keeps what was acknowledged. After each round the purchases that are kept are those that were told, and
never more than there are; or the second server was refused.
"""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sellout.store.port import StoreUnusable
from sellout.store.sqlite import SQLiteStore
from tests.processes import Server, running, wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

ROUNDS = range(20)
STOCK = 400
BUYERS = 8
BEFORE = 40
"""So many have been sold when the operator begins."""


class Crowd:
    """Buyers without pause, each of whom keeps the purchases that were acknowledged."""

    def __init__(self, urls: list[str]) -> None:
        self.told: list[str] = []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(url,)) for url in urls for _ in range(BUYERS)]
        for thread in self._threads:
            thread.start()

    def _buy(self, url: str) -> None:
        while not self._done.is_set():
            with contextlib.suppress(OSError):
                request = urllib.request.Request(f"{url}/buy_ticket", method="POST")
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.told.append(json.load(answer)["purchase_id"])

    def wait_for(self, sold: int) -> None:
        wait_until(lambda: len(self.told) >= sold)

    def leave(self) -> list[str]:
        self._done.set()
        for thread in self._threads:
            thread.join(30)
        return self.told


def kept(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [purchase for (purchase,) in connection.execute("SELECT id FROM purchases")]


def check(told: list[str], path: Path) -> None:
    assert len(told) == len(set(told)) <= STOCK
    assert set(told) <= set(kept(path)), f"{len(set(told) - set(kept(path)))} acknowledged purchases are gone"
    audit = subprocess.run(
        [sys.executable, "-m", "sellout", "audit", "--database", f"sqlite:///{path}"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr


def workers_of(server: Server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(child) for child in children]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder / "inventory.db"


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_file_that_is_moved_behind_a_link_while_a_worker_starts_again(path: Path, _round: int) -> None:
    big = path.parent.with_name("big")
    big.mkdir()
    with running(path, "--workers", "2", SELLOUT_STOCK=str(STOCK)) as server:
        crowd = Crowd([server.url])
        crowd.wait_for(BEFORE)
        shutil.move(path, big)
        path.symlink_to(big / path.name)
        os.kill(workers_of(server)[0], signal.SIGKILL)
        threading.Event().wait(1.0)
        told = crowd.leave()
        server.stop()
    bring_the_log(path, big)
    told += sold_again(path)
    check(told, path)


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_link_whose_target_is_moved(path: Path, tmp_path: Path, _round: int) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    elsewhere = tmp_path / "elsewhere.db"
    with running(link, "--workers", "2", SELLOUT_STOCK=str(STOCK)) as server:
        crowd = Crowd([server.url])
        crowd.wait_for(BEFORE)
        path.rename(elsewhere)
        link.unlink()
        link.symlink_to(elsewhere)
        threading.Event().wait(0.3)
        told = crowd.leave()
        assert server.stop() == 0
    told += sold_again(link)
    check(told, link)


@pytest.mark.parametrize("_round", ROUNDS)
@pytest.mark.parametrize("second_name", ["a hard link", "a mount"])
def test_a_second_server_by_a_second_name(path: Path, tmp_path: Path, second_name: str, _round: int) -> None:
    other = tmp_path / "other" / "inventory.db"
    other.parent.mkdir()
    with running(path, SELLOUT_STOCK=str(STOCK)) as server:
        crowd = Crowd([server.url])
        crowd.wait_for(BEFORE)
        with NAMED[second_name](path, other):
            refused = subprocess.run(
                [sys.executable, "-m", "sellout", "serve", "--port", "0", "--database", f"sqlite:///{other}"],
                check=False, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
        assert refused.returncode != 0
        assert "never the file" in refused.stderr
        told = crowd.leave()
        assert server.stop() == 0
    check(told, path)


@contextlib.contextmanager
def linked(path: Path, other: Path) -> Iterator[None]:
    os.link(path, other)
    yield
    other.unlink()


@contextlib.contextmanager
def mounted(path: Path, other: Path) -> Iterator[None]:
    """As `docker run -v FILE:FILE` does."""
    other.touch()
    done = subprocess.run(["mount", "--bind", path, other], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(
            f"this machine lets nobody mount: {done.stderr.strip()}; tests/store/test_sqlite_place.py reads a list"
        )
    try:
        yield
    finally:
        subprocess.run(["umount", other], check=True)


NAMED: dict[str, Callable[[Path, Path], contextlib.AbstractContextManager[None]]] = {
    "a hard link": linked,
    "a mount": mounted,
}


def bring_the_log(path: Path, folder: Path) -> None:
    """What a start asks for where all workers were killed before they noticed, and the log was left behind."""
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        with pytest.raises(StoreUnusable, match="Move the log beside the file"):
            SQLiteStore(path)
        shutil.move(log, folder)


def sold_again(path: Path) -> list[str]:
    """All that a new server sells until nothing is left."""
    with running(path, "--workers", "2") as server:
        crowd = Crowd([server.url])
        wait_until(lambda: is_sold_out(server.url))
        told = crowd.leave()
        assert server.stop() == 0
    return told


def is_sold_out(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/v1/items/item-a", timeout=10) as answer:
        return bool(json.load(answer)["sold"] == STOCK)
