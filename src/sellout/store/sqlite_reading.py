"""Reading an SQLite file without making or changing anything, neither in it nor beside it. For commands that only look.

SQLite itself cannot: to read a file with a log it makes an index of the log beside it, and the last reader moves the
log into the file. So a file that nobody has open is read as one that cannot change, and then looked at again; a log
that a killed server has left is read in a copy; and only beside a server, which has made its index, is it read where
it lies.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote

import apsw

from sellout.store.clock import Clock, host_clock
from sellout.store.migrations import migrations
from sellout.store.port import NoShop, OutOfDate, StoreUnavailable, StoreUnusable
from sellout.store.reader import Reader
from sellout.store.sqlite import answer
from sellout.store.sqlite_file import BUSY_MS_MAX, lacking, rollback, sentence, unavailable_on_error
from sellout.store.sqlite_place import is_open_under_another_name, log_of, real_path, refuse_other_names
from sellout.store.steps import Steps
from sellout.store.webhooks import Webhooks

_T = TypeVar("_T")


class _State(NamedTuple):
    """By what one sees that somebody has written to a file."""

    size: int
    changed_ns: int
    has_log: bool


class SQLiteReader(Reader):
    """All readings of a store, from a file that stays as it is."""

    def __init__(self, path: Path, clock: Clock = host_clock) -> None:
        """Open the file for reading. Raises NoShop and StoreUnusable."""
        self._clock = clock
        self._left = contextlib.ExitStack()
        self.webhooks = Webhooks(self._read, _refuse)
        try:
            self._open(path)
        except apsw.Error as error:
            self._left.close()
            raise StoreUnusable(sentence(error)) from error
        except BaseException:
            self._left.close()
            raise

    async def close(self) -> None:
        """Let go of the file."""
        self._left.close()

    def _open(self, path: Path) -> None:
        real = real_path(path)
        if not real.exists():
            raise NoShop("there is no such file; `sellout serve` and `sellout items add` make one")
        if real.stat().st_size == 0 and not _has_log(real):
            raise NoShop("there is no shop in it: the file is empty")
        refuse_other_names(path)
        if is_open_under_another_name(path):
            raise StoreUnusable("another process has it open under another name, and keeps its log there")
        self._as_it_was: tuple[Path, _State] | None = None
        has_index = Path(f"{real}-shm").exists()
        if has_index and Path(log_of(real)).exists():
            self._connection = self._connect(f"file:{quote(os.fsencode(real))}?mode=ro")
        elif _has_log(real):
            self._connection = self._connect(f"file:{quote(os.fsencode(self._copied(real)))}")
        else:
            self._as_it_was = (real, _state_of(real))
            self._connection = self._connect(f"file:{quote(os.fsencode(real))}?immutable=1")
        steps = lacking(self._connection)
        if len(steps) == len(migrations("sqlite")):
            raise NoShop("there is no shop in it")
        if steps:
            raise OutOfDate

    def _connect(self, uri: str) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_URI | (apsw.SQLITE_OPEN_READONLY if "?" in uri else apsw.SQLITE_OPEN_READWRITE)
        connection = self._left.enter_context(contextlib.closing(apsw.Connection(uri, flags=flags)))
        connection.set_busy_timeout(BUSY_MS_MAX)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _copied(self, real: Path) -> Path:
        """File and log in a folder of their own: nobody has them open, or there would be an index beside them."""
        folder = Path(self._left.enter_context(tempfile.TemporaryDirectory(prefix="sellout-reading-")))
        for name in (real, Path(log_of(real))):
            shutil.copyfile(name, folder / name.name)
        return folder / real.name

    async def _read(self, steps: Steps[_T]) -> _T:
        """All steps see the same moment."""
        with unavailable_on_error():
            self._connection.execute("BEGIN")
            try:
                found = answer(self._connection, steps, self._clock)
            finally:
                rollback(self._connection)
        self._check_unchanged()
        return found

    def _check_unchanged(self) -> None:
        if self._as_it_was is not None and _state_of(self._as_it_was[0]) != self._as_it_was[1]:
            raise StoreUnavailable("another process began to use the file while it was read: try again")


def _has_log(real: Path) -> bool:
    log = Path(log_of(real))
    return log.exists() and log.stat().st_size > 0


def _state_of(real: Path) -> _State:
    found = real.stat()
    return _State(found.st_size, found.st_mtime_ns, Path(log_of(real)).exists())


async def _refuse(_: Steps[Any]) -> NoReturn:
    raise StoreUnavailable("it was opened for reading only")
