"""Opening an SQLite file for Sellout: pragmas, migrations, and what apsw's errors mean.

It touches nothing but the file. Every error that a user can cause or mend becomes one clear sentence.
"""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apsw

from sellout.store.clock import Clock
from sellout.store.migrations import Migration, migrations, missing
from sellout.store.port import NoShop, StoreUnavailable, StoreUnusable
from sellout.store.queries import load_queries
from sellout.store.sqlite_place import is_open_under_another_name, log_of, refuse_other_names

SQLITE_VERSION_MIN = "3.51.3"
"""The first SQLite without the WAL-reset bug, which may corrupt a file with several connections."""

CACHE_KIB = 8 * 1024
"""Page cache of the writing connection; the system caches the rest of the file."""

CHECKPOINT_PAGES = 4000
"""Pages in the write-ahead log at which a commit moves them into the file (16 MB)."""

BUSY_MS_MAX = 5000
"""How long a read waits for the short locks that SQLite takes while it recovers or checkpoints."""

PRIVATE = 0o600
"""Permissions of a new file: it has the secrets of webhooks, and the names of buyers. Its log gets the same."""

LOCK_PAUSE_SECONDS = 0.0005
"""Between two tries for the write lock that another process holds."""

_SCHEMA = load_queries("sqlite", "schema")

_PASSING = (
    apsw.BusyError, apsw.LockedError, apsw.IOError, apsw.FullError, apsw.ReadOnlyError, apsw.CantOpenError,
    apsw.CorruptError, apsw.NotADBError, apsw.NoMemError, apsw.ProtocolError, apsw.PermissionsError,
    apsw.InterruptError,
)  # fmt: skip


@contextlib.contextmanager
def unavailable_on_error() -> Iterator[None]:
    """What the file or the disk refuses becomes StoreUnavailable; errors of our own pass through."""
    try:
        yield
    except _PASSING as error:
        raise StoreUnavailable(sentence(error)) from error


def sentence(error: apsw.Error) -> str:
    """What an error means, in words for the person who runs the shop."""
    meanings = {
        apsw.BusyError: "another process holds the database's lock",
        apsw.FullError: "the disk is full",
        apsw.ReadOnlyError: "the database is read-only",
        apsw.NotADBError: "the file is not a database",
        apsw.CorruptError: "the database is damaged",
        apsw.CantOpenError: "the file cannot be opened",
    }
    return meanings.get(type(error), f"SQLite says: {error}")


def connect(path: Path, *, create: bool = True, cache_kib: int = CACHE_KIB) -> apsw.Connection:
    """A connection with the pragmas that the promises need. Raises apsw errors."""
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_MS_MAX)
    # Otherwise a statement with `LIMIT :max` is compiled anew at each execution, which takes longer than to run it.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL may lose acknowledged sales at a power loss
        "foreign_keys = ON",
        f"cache_size = -{cache_kib}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def make_private(path: Path) -> bool:
    """Make an empty file that is its owner's alone; False where one is there, which stays as it is.

    Raises StoreUnusable where there can be none.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, PRIVATE))
    except FileExistsError:
        return False
    except OSError as error:
        raise StoreUnusable(f"the file cannot be opened: {error.strerror}") from error
    return True


def _make_new(path: Path) -> None:
    """Make an empty file, and put aside what a file that is gone has left beside its name.

    SQLite would empty such a log, or read it as one of the new file. It may have the last sales of a file that was
    moved, so it is kept under another name. The folder is locked meanwhile: otherwise it might be the log of a file
    that another process has just made. Raises StoreUnusable.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not path.exists():
            _put_aside(path)
            make_private(path)
    finally:
        os.close(folder)


def _put_aside(path: Path) -> None:
    Path(f"{path}-shm").unlink(missing_ok=True)  # an index of the log, which whoever opens that makes anew
    log = Path(log_of(path))
    if not log.exists():
        return
    aside = Path(f"{log}.of-a-removed-file-{time.time_ns() // 1_000_000}")
    log.rename(aside)
    if aside.stat().st_size:
        sys.stderr.write(
            f"sellout: {path.name} is not there, but {log.name} was: kept as {aside.name}. If the file was moved, it "
            "may have sales that the file lacks: stop, and put both back\n"
        )


def begin(connection: apsw.Connection, deadline: float) -> None:
    """Take the write lock. Raises apsw.BusyError where another process keeps it past `deadline`."""
    connection.set_busy_timeout(0)  # SQLite's own waiting backs off to 100 ms, which starves the second process
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(LOCK_PAUSE_SECONDS)
            else:
                return
    finally:
        connection.set_busy_timeout(BUSY_MS_MAX)


def rollback(connection: apsw.Connection) -> None:
    """End a transaction that was not committed; nothing where none is open."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def open_database(path: Path, clock: Clock, wait_seconds: float) -> apsw.Connection:
    """Open the file, creating it if need be, and bring its schema up to date.

    Several processes may do so at the same time: the migrations run under the write lock, which is waited for
    `wait_seconds`. Raises StoreUnusable with one sentence where the file cannot be used.
    """
    deadline = time.monotonic() + wait_seconds
    _check_library()
    if not path.parent.is_dir():
        raise StoreUnusable(f"the folder {path.parent} does not exist")
    if not path.exists():
        _make_new(path)
    refuse_other_names(path)
    _wait_until_nobody_has_another_name(path, deadline)
    try:
        connection = _connect_patiently(path, deadline)
        if connection.readonly("main"):
            raise StoreUnusable("the database is read-only")
        _upgrade(connection, clock, deadline)
        _sync_log(connection)
    except apsw.Error as error:
        raise StoreUnusable(sentence(error)) from error
    return connection


def _sync_log(connection: apsw.Connection) -> None:
    """What a process that was killed has left in the log need not be on the disk, and we would tell it again.

    A checkpoint syncs the log first. Where there is no room to move it into the file, that is done all the same.
    """
    with contextlib.suppress(apsw.FullError):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def open_beside(path: Path, cache_kib: int) -> apsw.Connection:
    """A second connection to an open database, which has to stay open as long as the store is.

    So no other is ever the last one: SQLite would read the write-ahead log anew when the next one opens, and take for
    committed what is whole in it, though its sync had failed and it may never be on the disk. Raises StoreUnusable.
    """
    try:
        return connect(path, create=False, cache_kib=cache_kib)
    except apsw.Error as error:
        raise StoreUnusable(sentence(error)) from error


def rescue(connection: apsw.Connection) -> None:
    """Bring all that is in the log of a file that was moved into the file, which the connection still has open.

    Otherwise what was sold stays in a log that nobody finds beside the new name. SQLite itself does not do so when the
    last connection to a moved file is closed. The log is empty afterwards, so that a start need not fear it.
    """
    with contextlib.suppress(apsw.Error):  # another worker does the same; who cannot has said so already
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _wait_until_nobody_has_another_name(path: Path, deadline: float) -> None:
    """A process that is just opening the same file has it locked before its log is there: that takes an instant."""
    while is_open_under_another_name(path):
        if time.monotonic() >= deadline:
            raise StoreUnusable(
                f"another process has {path.name} open under another name or moved it while it was in use, and keeps "
                "its log there: stop that process first (`fuser` names it)"
            )
        time.sleep(LOCK_PAUSE_SECONDS)


def _check_library() -> None:
    version = apsw.sqlite_lib_version()
    if _numbers(version) < _numbers(SQLITE_VERSION_MIN):
        raise StoreUnusable(
            f"SQLite {version} can damage a database that several connections write to; "
            f"{SQLITE_VERSION_MIN} or newer is needed"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _connect_patiently(path: Path, deadline: float) -> apsw.Connection:
    """Connect; where several processes create the file at once, all but one find it locked for a moment."""
    while True:
        try:
            return connect(path)
        except apsw.BusyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOCK_PAUSE_SECONDS)


def _upgrade(connection: apsw.Connection, clock: Clock, deadline: float) -> None:
    if not lacking(connection):
        return
    begin(connection, deadline)
    try:
        for step in lacking(connection):  # asked again under the lock: another process may have been faster
            if step.number == 1:
                connection.execute(_SCHEMA["create_migrations"])
            connection.execute(step.sql)
            connection.execute(_SCHEMA["record"], {"number": step.number, "name": step.name, "now": clock()})
        connection.execute("COMMIT")
    finally:
        rollback(connection)


def lacking_in(path: Path) -> list[Migration]:
    """The migrations that a file still needs; all of them where there is no such file. Raises StoreUnusable."""
    if not path.exists():
        return migrations("sqlite")
    try:
        with contextlib.closing(connect(path, create=False)) as connection:
            return lacking(connection)
    except apsw.Error as error:
        raise StoreUnusable(sentence(error)) from error


def file_script(step: Migration) -> str:
    """A migration and its record, as one script for another program to run."""
    create = _SCHEMA["create_migrations"] + "\n\n" if step.number == 1 else ""
    values = {":number": str(step.number), ":name": f"'{step.name}'", ":now": "unixepoch() * 1000000"}
    record = _SCHEMA["record"]
    for name, value in values.items():
        record = record.replace(name, value)
    return f"BEGIN IMMEDIATE;\n\n{create}{step.sql}\n{record}\n\nCOMMIT;\n"


def lacking(connection: apsw.Connection) -> list[Migration]:
    """The migrations that this file still needs."""
    tables = {name for (name,) in connection.execute(_SCHEMA["tables"])}
    if "sellout_migrations" in tables:
        applied = int(str(connection.execute(_SCHEMA["applied"]).get))
    elif tables:
        raise NoShop(f"it belongs to another program: it has the tables {', '.join(sorted(tables))}")
    else:
        applied = 0
    return missing(migrations("sqlite"), applied)
