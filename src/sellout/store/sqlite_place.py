"""Where an SQLite file lies, and whether that is still so: SQLite keeps the log beside one name of a file.

A file that is reached by two names has two logs, and each sells every unit again. So a file with several names is
refused when it is opened, and each transaction asks whether file and log are still those that were opened. It touches
names and descriptors only, never what is in a file.
"""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sellout.store.port import StoreUnavailable, StoreUnusable

_MOUNTS = Path("/proc/self/mountinfo")

_MOUNT_POINT = 4
"""The field of a line of mountinfo(5) that names where something is mounted."""

_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510
"""The bytes of a file of which every open connection keeps one locked (sqlite.org/lockingv3.html)."""


class Identity(NamedTuple):
    """Which file it is, under whatever name."""

    device: int
    inode: int


class Place(NamedTuple):
    """Where a file was opened: the name that was given, the one behind all links, and what lay there.

    Names are plain text, because a transaction asks for them and a `Path` costs more than the system call.
    """

    given: str
    real: str
    log_name: str
    database: Identity
    log: Identity


def identity_of(path: Path | str) -> Identity | None:
    """The file that now has this name, through links, if any."""
    return _identity(os.stat, path)


def _identity(ask: Callable[[Path | str], os.stat_result], path: Path | str) -> Identity | None:
    try:
        found = ask(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Identity(found.st_dev, found.st_ino)


def real_path(path: Path) -> Path:
    """The name behind all links: SQLite opens this one, and keeps the log beside it."""
    return Path(os.path.realpath(path))


def log_of(path: Path | str) -> str:
    """The name of a database's write-ahead log."""
    return f"{path}-wal"


def place_of(path: Path) -> Place:
    """The place of a database that is open. Raises StoreUnavailable where it was taken away meanwhile."""
    real = str(real_path(path))
    database, log = _identity(os.lstat, real), identity_of(log_of(real))
    if database is None or log is None:
        raise _moved(str(path))
    return Place(str(path), real, log_of(real), database, log)


def check_is_there(place: Place) -> None:
    """Raises StoreUnavailable where a name no longer leads to what was opened.

    What is committed to a file or a log that was removed is gone with the processes that still have it open. What is
    committed to a file that was moved lies in a log that nobody finds beside its new name. And to open another file in
    its place could destroy the log, which has the last commits of the first.
    """
    if _identity(os.lstat, place.real) != place.database:
        raise _moved(place.given)
    if place.given != place.real and identity_of(place.given) != place.database:
        raise _moved(place.given)
    check_log_is_there(place)


def check_log_is_there(place: Place) -> None:
    """Raises StoreUnavailable where the log that was opened no longer lies beside the file.

    Another program removes it when it takes itself for the last one: so it does when a second SQLite in our process,
    as Python's own is, has closed the file, which drops the locks of ours.
    """
    if identity_of(place.log_name) != place.log:
        raise _moved(log_of(place.given))


def only_log_is_ours(place: Place) -> bool:
    """Whether the log that was opened lies where it was, and no other has been begun beside the file's new name."""
    others = log_of(real_path(Path(place.given)))
    return identity_of(place.log_name) == place.log and (identity_of(others) in {None, place.log} or _size(others) == 0)


def _moved(name: str) -> StoreUnavailable:
    name = os.path.basename(name)  # noqa: PTH119 - names here are text
    return StoreUnavailable(f"{name} was removed or replaced while it was in use: put it back, or start again")


def refuse_other_names(path: Path) -> None:
    """Raises StoreUnusable where a file has, or may have, another name with a log of its own."""
    real = real_path(path)
    try:
        found = os.lstat(real)
    except OSError:
        return  # it is not there yet
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise StoreUnusable(
            f"{real} has {found.st_nlink} names (hard links), and each would have a log of its own, so that two "
            "servers sell every unit twice: remove the other names, and share the folder, never the file"
        )
    if str(real) in _mount_points():
        raise StoreUnusable(
            f"{real} is mounted as a single file, and its log would lie beside this name alone, so that two servers "
            "sell every unit twice: mount the folder, never the file"
        )
    left = log_of(path)
    if Path(os.path.abspath(path)) != real and _size(left) and identity_of(left) != identity_of(log_of(real)):  # noqa: PTH100
        raise StoreUnusable(
            f"{left} lies beside a link to {real}, and may have sales that the file lacks: the file was moved without "
            "its log. Move the log beside the file, or move the file back"
        )


def is_open_under_another_name(path: Path) -> bool:
    """Whether another process has the file open, and keeps its log elsewhere: the file was moved while it served.

    Who has opened it by this name keeps an index of the log beside it; then there is nothing to ask. This process has
    no connection by this name either, so closing the descriptor drops no lock of it.
    """
    real = real_path(path)
    if Path(f"{real}-shm").exists():
        return False
    try:
        descriptor = os.open(real, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # it is not there, or not ours to write: opening it says so
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_FIRST)
    except OSError as error:
        return error.errno in {errno.EACCES, errno.EAGAIN}  # others come from a file system without locks
    finally:
        os.close(descriptor)  # with it goes the lock
    return False


def _size(name: str) -> int:
    try:
        return os.stat(name).st_size  # noqa: PTH116
    except OSError:
        return 0


def _mount_points() -> set[str]:
    """Where something is mounted, as this process sees it; nothing on systems that do not tell."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return set()
    return {_plain(line.split(" ")[_MOUNT_POINT]) for line in lines}


def _plain(field: str) -> str:
    """A field of mountinfo(5), in which spaces and the like are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
