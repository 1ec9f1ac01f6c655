"""A disk whose power fails when the process is killed: what was not synced by then, it never had.

May touch: SQLite's files, through apsw. Everything written to, cut off from or taken away since the last sync of a file
stays in the memory of this process, where all its connections see it. So SIGKILL does what a power cut does to the
system's page cache and to a disk's own: https://sqlite.org/atomiccommit.html says what SQLite expects of a disk, and
https://sqlite.org/wal.html when it syncs. The model:

- A sync of a file brings all of it to the disk, whichever connection wrote it, and nothing of another file.
- A name is durable once its folder was synced. Before, a new file is lost with all its syncs (it is left empty, which
  SQLite takes for none), and one that was removed comes back. SQLite syncs the folder at the first sync of a journal or
  a write-ahead log, and where it removes a file and asks for that.
- With a seed, dying at a named point first writes some of the sectors, as a disk does that was in the middle of it: any
  of them, later ones without earlier ones, and one only in part. So pages are torn, and files grow ahead of their data.
- Bytes that nobody wrote do not change (SQLITE_IOCAP_POWERSAFE_OVERWRITE: what SQLite believes of the disks that the
  server runs on). Nothing else is promised: no atomic write of any size, no order, no append that is safe.
- After a sync that failed, no later one brings what that one should have brought (see disk.py).
- The shared memory (-shm) is not of the disk. It may be left as it was, or be gone, or be nonsense.

Kinder than a disk: what the last connection to a file leaves unsynced when it closes counts as durable, since the
process that goes on may be another one; and another process sees only what is on the disk. So one process at a time
may skip syncs (synchronous=NORMAL); any number may work where each commit syncs (FULL).
"""

import os
import threading
from pathlib import Path
from random import Random
from typing import Any

import apsw

from sellout.torture.victim.sectors import Sectors
from sellout.torture.victim.stack import LOGS, Layer, Name, path_of

WRITE_BYTES_MAX = 65_536
"""At once: SQLite's own file system takes 128 KiB at most, since it never writes more than a page."""


class _Entry:
    """A name in a folder, and the file that it leads to."""

    def __init__(self, *, is_durable: bool) -> None:
        self.sectors = Sectors()
        self.open: list[_File] = []
        self.is_durable = is_durable  # its name
        self.is_synced = False  # though its name may not be durable
        self.is_gone = False  # removed, but not durably


class Power:
    """All files of the process on such a disk."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._entries: dict[str, _Entry] = {}

    def install(self) -> None:
        """For every database that is opened from now on."""
        _Volatile(self)

    def fail(self, seed: int) -> None:
        """The last moment: some of what was not synced reaches the disk all the same."""
        chance = Random(seed)  # noqa: S311 - a chance that can be repeated
        with self.lock:
            for path, entry in sorted(self._entries.items()):
                if not entry.is_gone and Path(path).exists():
                    with Path(path).open("r+b", buffering=0) as file:
                        entry.sectors.spill(_Raw(file.fileno()), chance)

    def forget(self, path: str) -> None:
        """A sync of this file has failed."""
        with self.lock:
            if path in self._entries:
                self._entries[path].sectors.forget()

    def opened(self, path: str, file: "_File", *, is_new: bool) -> _Entry:
        """A connection has opened a file."""
        with self.lock:
            entry = self._entries.setdefault(path, _Entry(is_durable=not is_new))
            entry.open.append(file)
            entry.is_gone = False
            return entry

    def closed(self, entry: _Entry, file: "_File") -> None:
        """And closed it. Whoever opens it next may be another process."""
        with self.lock:
            if len(entry.open) == 1 and not entry.is_gone:
                entry.sectors.flush(file.disk)
            entry.open.remove(file)
            if not any(other.open for other in self._entries.values()):
                self._settle(list(self._entries))
                self._entries = {path: left for path, left in self._entries.items() if left.sectors}

    def sync(self, entry: _Entry, file: "_File") -> None:
        """A file is synced, and its folder where SQLite does that."""
        with self.lock:
            entry.is_synced = True
            if entry.is_durable or file.syncs_folder:
                entry.sectors.flush(file.disk)
            if file.syncs_folder:
                file.syncs_folder = False
                self._sync_folder(file.path)

    def is_gone(self, path: str) -> bool:
        """Whether nobody sees this file any more, though it may come back."""
        entry = self._entries.get(path)
        return entry is not None and entry.is_gone

    def remove(self, path: str) -> bool:
        """Remove a name that may come back, as long as its folder is not synced. False where it cannot come back."""
        with self.lock:
            entry = self._entries.setdefault(path, _Entry(is_durable=Path(path).exists()))
            if entry.is_durable:
                entry.sectors, entry.is_gone = Sectors(limit=0), True
            else:
                del self._entries[path]
            return entry.is_durable

    def removed(self, path: str) -> None:
        """A name was removed, and its folder was synced."""
        with self.lock:
            self._entries.pop(path, None)
            self._sync_folder(path)

    def _sync_folder(self, path: str) -> None:
        """The names beside this one are durable: of new files also what was synced of them, and removals."""
        self._settle([other for other in self._entries if Path(other).parent == Path(path).parent])

    def _settle(self, paths: list[str]) -> None:
        for path in paths:
            entry = self._entries[path]
            if entry.is_gone:
                Path(path).unlink(missing_ok=True)
                del self._entries[path]
                continue
            if entry.is_synced and entry.open and not entry.is_durable:
                entry.sectors.flush(entry.open[0].disk)
            entry.is_durable = True


class _Volatile(Layer):
    """The file system that such a disk is asked through."""

    def __init__(self, power: Power) -> None:
        self._power = power
        super().__init__("torture-power", self._open)

    def _open(self, base: str, name: Name, flags: list[int]) -> apsw.VFSFile:
        path = path_of(name)
        if path is None:
            return apsw.VFSFile(base, name, flags)
        if self._power.is_gone(path) and not flags[0] & apsw.SQLITE_OPEN_CREATE:
            raise apsw.CantOpenError(path)
        return _File(self._power, path, base, name, flags)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802 - SQLite's name
        return not self._power.is_gone(pathname) and super().xAccess(pathname, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's
        if syncdir:
            super().xDelete(filename, syncdir)
            self._power.removed(filename)
        elif not self._power.remove(filename):
            super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    """A file of the database on such a disk."""

    def __init__(self, power: Power, path: str, base: str, name: Name, flags: list[int]) -> None:
        self._power, self.path = power, path
        self.syncs_folder = bool(flags[0] & LOGS and flags[0] & apsw.SQLITE_OPEN_CREATE)
        self.disk = _Below(self)
        is_new = not Path(path).exists()
        super().__init__(base, name, flags)
        self._entry, self._is_open = power.opened(path, self, is_new=is_new), True

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        with self._power.lock:
            return self._entry.sectors.read(self.disk, amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
        with self._power.lock:
            self._entry.sectors.write(self.disk, bytes(data), offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        with self._power.lock:
            self._entry.sectors.truncate(self.disk, newsize)

    def xFileSize(self) -> int:  # noqa: N802 - SQLite's name
        with self._power.lock:
            return self._entry.sectors.size(self.disk)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._power.sync(self._entry, self)
        super().xSync(flags)

    def xClose(self) -> None:  # noqa: N802 - SQLite's name
        if self._is_open:  # apsw closes a file once more when nobody refers to it
            self._is_open = False
            self._power.closed(self._entry, self)
        super().xClose()

    def xDeviceCharacteristics(self) -> int:  # noqa: N802 - SQLite's name
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE


class _Below:
    """What the disk has of a file: the file system below ours."""

    def __init__(self, file: _File) -> None:
        self._file = file

    def size(self) -> int:
        return apsw.VFSFile.xFileSize(self._file)

    def read(self, amount: int, offset: int) -> bytes:
        return apsw.VFSFile.xRead(self._file, amount, offset)

    def write(self, data: bytes, offset: int) -> None:
        for begin in range(0, len(data), WRITE_BYTES_MAX):
            apsw.VFSFile.xWrite(self._file, data[begin : begin + WRITE_BYTES_MAX], offset + begin)

    def truncate(self, size: int) -> None:
        apsw.VFSFile.xTruncate(self._file, size)


class _Raw:
    """The same, without SQLite."""

    def __init__(self, file: int) -> None:
        self._file = file

    def size(self) -> int:
        return os.fstat(self._file).st_size

    def read(self, amount: int, offset: int) -> bytes:
        return os.pread(self._file, amount, offset)

    def write(self, data: bytes, offset: int) -> None:
        os.pwrite(self._file, data, offset)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._file, size)
