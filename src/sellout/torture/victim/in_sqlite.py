"""What is armed in apsw: the moments of each connection, its checkpoints, and settings instead of the server's own.

May touch: apsw, for all connections that the process opens from now on.
"""

from collections.abc import Mapping
from typing import Any

import apsw

from sellout.torture.victim.arming import Point
from sellout.torture.victim.moments import Moments, Passed
from sellout.torture.victim.stack import DATABASE, Layer, Name

PRAGMA_WAIT_MS = 5000
"""How long our own pragma waits for a lock: the server has not said yet how long it would."""

PAGES_MOVED = 1
"""Pages that a checkpoint has moved when its point is passed: not none of them, and not all."""

_TRACED = apsw.SQLITE_TRACE_STMT | apsw.SQLITE_TRACE_PROFILE


def watch_transactions(passed: Passed) -> None:
    """Tell of the points that transactions pass."""

    def watch(connection: apsw.Connection) -> None:
        moments = Moments(passed)

        def hear(event: dict[str, Any]) -> None:
            (moments.begins if event["code"] == apsw.SQLITE_TRACE_STMT else moments.ended)(event["sql"])

        connection.trace_v2(_TRACED, hear, id="torture")
        connection.set_rollback_hook(moments.undone, id="torture")

    apsw.connection_hooks.append(watch)


def watch_checkpoints(passed: Passed) -> None:
    """Tell of the checkpoints that are under way, once this process has sold something."""
    sold: set[Point] = set()
    watch_transactions(sold.add)

    class File(apsw.VFSFile):
        """A database file. In the write-ahead log's mode only checkpoints write to it."""

        moved: int | None = None

        def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802 - SQLite's name
            if op == apsw.SQLITE_FCNTL_CKPT_START:
                self.moved = 0
            elif op == apsw.SQLITE_FCNTL_CKPT_DONE:
                self.moved = None
            return super().xFileControl(op, ptr)

        def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
            if self.moved == PAGES_MOVED and "after_commit" in sold:
                passed("in_checkpoint")
            super().xWrite(data, offset)
            if self.moved is not None:
                self.moved += 1

    def open_file(base: str, name: Name, flags: list[int]) -> apsw.VFSFile:
        return (File if flags[0] & DATABASE else apsw.VFSFile)(base, name, flags)

    Layer("torture-checkpoints", open_file)


def set_instead(pragmas: Mapping[str, str]) -> None:
    """Set these pragmas in every connection, and let whoever sets them afterwards believe that it did."""

    def authorise(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        is_ours = action == apsw.SQLITE_PRAGMA and first in pragmas and second is not None
        return apsw.SQLITE_IGNORE if is_ours else apsw.SQLITE_OK

    def change(connection: apsw.Connection) -> None:
        connection.set_busy_timeout(PRAGMA_WAIT_MS)
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
        connection.set_authorizer(authorise)

    apsw.connection_hooks.append(change)
