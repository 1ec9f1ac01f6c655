"""A disk that is full, and one whose fsync fails, for as long as the switches say so.

May touch: SQLite's files, through apsw, and the file of the switches. A full disk refuses what would make a file longer
(ENOSPC, which SQLite calls SQLITE_FULL); what lies within a file can still be written. A sync that fails (EIO, for
SQLite SQLITE_IOERR_FSYNC) leaves nobody knowing what is on the disk: Linux takes what it could not write for written
from then on, so a sync that succeeds later says nothing of it (https://lwn.net/Articles/752063/). `on_failed_sync` is
told the path, so that a disk that can lose power forgets it likewise. The shared memory (-shm) stays as it is.
"""

import contextlib
import types
from collections.abc import Callable
from typing import Any

import apsw

from sellout.torture.victim.moments import COMMIT
from sellout.torture.victim.stack import Layer, Name, hears, path_of
from sellout.torture.victim.switches import Switchboard


def fail(switchboard: Switchboard, on_failed_sync: Callable[[str], None]) -> None:
    """Let the switches decide what the disk does."""

    class File(apsw.VFSFile):
        """A file of the database on such a disk."""

        def __init__(self, base: str, name: Name, flags: list[int]) -> None:
            self.path = path_of(name)
            super().__init__(base, name, flags)

        def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
            if switchboard.look().disk_full and offset + len(data) > self.xFileSize():
                raise apsw.FullError("database or disk is full")
            super().xWrite(data, offset)

        def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
            if switchboard.look().fsync_eio:
                if self.path is not None:
                    on_failed_sync(self.path)
                raise failed_sync()
            super().xSync(flags)

        def excepthook(
            self,
            etype: type[BaseException] | None,
            evalue: BaseException | None,
            etraceback: types.TracebackType | None,
        ) -> bool:
            return hears(evalue) or super().excepthook(etype, evalue, etraceback)

    Layer("torture-disk", File)
    apsw.Connection = _Connection  # type: ignore[misc] # of all that are made from now on


def failed_sync() -> apsw.IOError:
    """What SQLite hears of an EIO from fsync."""
    error = apsw.IOError("disk I/O error")
    error.extendedresult = apsw.SQLITE_IOERR_FSYNC  # type: ignore[attr-defined] # as apsw documents for its VFS
    return error


class _Connection(apsw.Connection):
    """A connection that takes a failed checkpoint as SQLite does: the commit or the close that it came with succeeds.

    apsw raises whatever its file system has raised meanwhile, also where SQLite has got over it.
    """

    _is_undone = False

    def execute(self, statements: str, *arguments: Any, **options: Any) -> apsw.Cursor:
        if statements != COMMIT:
            return super().execute(statements, *arguments, **options)
        self._is_undone = False
        self.set_rollback_hook(self._undone, id="torture-disk")
        try:
            return super().execute(statements, *arguments, **options)
        except apsw.Error:
            if self._is_undone or self.in_transaction:
                raise
            return self.cursor()

    def close(self, *arguments: Any, **options: Any) -> None:
        with contextlib.suppress(apsw.FullError, apsw.IOError):
            super().close(*arguments, **options)

    def _undone(self) -> None:
        self._is_undone = True
