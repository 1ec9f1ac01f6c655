"""Work on a database as steps, without the database: which named statement is asked, and what is made of its rows.

Both engines have the same statements under the same names, each in its own SQL. So what a batch loads and writes, and
what a reading shows, is written once, as generators that ask; each engine's store runs them on its connection.
"""

from collections.abc import Collection, Generator, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from sellout.domain import BuyerTokens, Entry, EntryState, Hold, HoldState, Item, Purchase

Row = Sequence[Any]
Value = str | int

T = TypeVar("T")


class Ask(NamedTuple):
    """A named statement with its parameters; it is answered by all its rows."""

    statement: str
    values: dict[str, Value]


Steps = Generator[Ask, Sequence[Row], T]
"""Asks statement after statement, and returns what was to be found out."""

NOW = "now"
"""The statement that asks the store's clock: one row with the instant."""

LOCK_ITEMS = "lock_items"
"""Keeps other transactions from changing items, by their `ids`, and is answered as NOW is, when it does. Where only one
transaction writes at a time there is nothing to lock."""

ASK_THE_CLOCK = frozenset({NOW, LOCK_ITEMS})


def ask(statement: str, **values: Value) -> Ask:
    """A step."""
    return Ask(statement, values)


_encode = msgspec.json.Encoder().encode


def to_json(values: Collection[object]) -> str:
    """A batch's parameter: one JSON array."""
    return _encode(values).decode()


_HOLD_STATES = {state.value: state for state in HoldState}

ITEM_COLUMNS = len(Item._fields)


def item_of(row: Row) -> Item:
    """The item in the first columns of a row."""
    tokens = BuyerTokens.REQUIRED if row[13] == "required" else BuyerTokens.OPTIONAL
    return Item._make((*row[:7], bool(row[7]), *row[8:13], tokens))


def purchase_of(row: Row) -> Purchase:
    """The purchase that a row is."""
    return Purchase(*row)


def hold_of(row: Row) -> Hold:
    """The hold that a row is."""
    return Hold._make((*row[:9], _HOLD_STATES[row[9]], *row[10:]))  # `_replace` takes twice as long


def entry_of(row: Row) -> Entry:
    """The entry that a row is."""
    return Entry._make(row)._replace(state=EntryState(row[7]))
