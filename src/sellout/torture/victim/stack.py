"""File systems for SQLite that stand one on the other: each changes a little, and passes the rest on.

May touch: apsw's list of file systems. The one that was put on last is the default, so SQLite asks it first, for every
database that the process opens.
"""

import types
from collections.abc import Callable
from typing import TypeAlias

import apsw

Name: TypeAlias = "str | apsw.URIFilename | None"

OpenFile: TypeAlias = Callable[[str, Name, list[int]], apsw.VFSFile]
"""Opens a file on the file system that is named first."""

DATABASE = apsw.SQLITE_OPEN_MAIN_DB
LOGS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
"""Files whose first sync brings their name to the disk, too: SQLite syncs their folder then."""

_kept: list[apsw.VFS] = []  # apsw drops a file system that nobody refers to


def path_of(name: Name) -> str | None:
    """The path of a file; None where it is a temporary one of SQLite's own."""
    return name.filename() if isinstance(name, apsw.URIFilename) else name


def is_durable_kind(flags: list[int]) -> bool:
    """Whether it is a file of the database, and none that ends with its connection."""
    return bool(flags[0] & (DATABASE | LOGS))


class Layer(apsw.VFS):
    """A file system on the one that has been the default so far. Its files are what `open_file` makes of them."""

    def __init__(self, name: str, open_file: OpenFile) -> None:
        self.base = apsw.vfs_names()[0]
        self._open_file = open_file
        super().__init__(name, self.base, makedefault=True, maxpathname=0)
        _kept.append(self)

    def xOpen(self, name: Name, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return (
            self._open_file(self.base, name, flags) if is_durable_kind(flags) else apsw.VFSFile(self.base, name, flags)
        )

    def excepthook(
        self,
        etype: type[BaseException] | None,
        evalue: BaseException | None,
        etraceback: types.TracebackType | None,
    ) -> bool:
        return hears(evalue) or super().excepthook(etype, evalue, etraceback)


def hears(error: BaseException | None) -> bool:
    """Whether it is an answer to SQLite, which hears it as its code; apsw would print it as a mistake of ours."""
    return isinstance(error, apsw.Error)
