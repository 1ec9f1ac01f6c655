"""Holds of other buyers, put straight into the file of an idle server: some lie there, some end during a run."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw

from sellout.domain import MICROSECONDS, Instant
from sellout.http.ids import new_id
from sellout.store.clock import host_clock
from sellout.store.sqlite_file import connect

LYING_SECONDS = 24 * 3600
LYING_BUYER = "thinks it over"
DUE_BUYER = "has gone away"


def add_lying(database: Path, item: str, count: int) -> None:
    """Holds that outlast the benchmark."""
    now = host_clock()
    first = now + LYING_SECONDS * MICROSECONDS
    _add(database, item, LYING_BUYER, now, range(first, first + count))


def add_due(database: Path, item: str, a_second: int, seconds: int) -> None:
    """Holds that end one after the other in the next `seconds`."""
    now = host_clock()
    _add(database, item, DUE_BUYER, now, deadlines(now, a_second, seconds))


def deadlines(now: Instant, a_second: int, seconds: int) -> range:
    """`a_second` instants in each of the next `seconds`, evenly."""
    step = MICROSECONDS // a_second
    return range(now + step, now + step * (a_second * seconds + 1), step)


def count_due(database: Path, item: str) -> tuple[int, int]:
    """How many holds `add_due` has added, and how many of them were ended."""
    with closing(connect(database, create=False)) as connection:
        query = "SELECT count(*), count(ended_at) FROM holds WHERE item_id = ? AND buyer = ?"
        row: tuple[Any, ...] = connection.execute(query, (item, DUE_BUYER)).fetchall()[0]
    due, ended = row
    return due, ended


def _add(database: Path, item: str, buyer: str, now: Instant, ends: Iterable[Instant]) -> None:
    """Open holds of one unit, and the item's counter with them; the schema's triggers write their movements."""
    rows = [(new_id(), item, buyer, now, end, end) for end in ends]
    with _transaction(database) as connection:
        connection.executemany(
            "INSERT INTO holds (id, item_id, item, buyer, quantity, held_at, held_until, expires_at)"
            " VALUES (?1, ?2, ?2, ?3, 1, ?4, ?5, ?6)",
            rows,
        )
        connection.execute("UPDATE inventory SET held = held + ? WHERE id = ?", (len(rows), item))


@contextmanager
def _transaction(database: Path) -> Iterator[apsw.Connection]:
    with closing(connect(database, create=False)) as connection, connection:
        yield connection
