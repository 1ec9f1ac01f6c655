"""Running named statements on an SQLite connection, and the values that their rows are."""

from collections.abc import Collection
from typing import Any

import apsw
import msgspec

from sellout.domain import Entry, EntryState, Hold, HoldState, Item, Purchase
from sellout.store.queries import load_queries

_SQL = load_queries("sqlite", "transact") | load_queries("sqlite", "read") | load_queries("sqlite", "keep")

_encode = msgspec.json.Encoder().encode

Row = tuple[Any, ...]


def rows(connection: apsw.Connection, statement: str, **bindings: str | int) -> list[Row]:
    """All rows of a named statement. Raises apsw errors."""
    return connection.execute(_SQL[statement], bindings).fetchall()


def script(connection: apsw.Connection, name: str) -> None:
    """Run all statements under a name."""
    connection.execute(_SQL[name])


def to_json(values: Collection[object]) -> str:
    """A batch's parameter: one JSON array."""
    return _encode(values).decode()


ITEM_COLUMNS = len(Item._fields)


def item_of(row: Row) -> Item:
    """The item in the first columns of a row."""
    return Item(*row[:ITEM_COLUMNS])._replace(paused=bool(row[7]))


def purchase_of(row: Row) -> Purchase:
    """The purchase that a row is."""
    return Purchase(*row)


def hold_of(row: Row) -> Hold:
    """The hold that a row is."""
    return Hold._make(row)._replace(state=HoldState(row[9]))


def entry_of(row: Row) -> Entry:
    """The entry that a row is."""
    return Entry._make(row)._replace(state=EntryState(row[7]))
