"""Purchases and the ledger of an item as files, for who takes them elsewhere: CSV (RFC 4180) or JSON Lines, in UTF-8.

They are made page by page, so that a million rows take no more memory than one page, and of whole rows only. What is
bought meanwhile may be among them: a file has everything that was there when it was begun.

A spreadsheet takes a cell that begins like a formula for one, and buyers choose their names: in CSV such a text gets an
apostrophe before it. JSON Lines have every value as it is.
"""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from sellout.http import csv_export
from sellout.http.views import movement_view, purchase_view
from sellout.store.port import Store
from sellout.store.reader import Reader

PAGE_ROWS = 250
"""Rows that are in memory at once. A server makes so many lines between two looks at its other requests."""

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")

_encoder = msgspec.json.Encoder()


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return "text/csv; charset=utf-8" if self is Format.CSV else "application/jsonl"


class Page(NamedTuple):
    """Some rows, and where those that follow begin."""

    rows: Sequence[Any]
    next_after: int | None


class Sheet(NamedTuple):
    """What can be exported of an item: its name, the columns of its CSV, how a row is shown, and how a page is read."""

    name: str
    columns: tuple[str, ...]
    view: Callable[[Any], dict[str, Any]]
    read: Callable[[Reader | Store, str, int, int], Awaitable[Page]]


async def _read_purchases(store: Reader | Store, item_id: str, after: int, limit: int) -> Page:
    return Page(*await store.purchases(item_id, after, limit))


async def _read_movements(store: Reader | Store, item_id: str, after: int, limit: int) -> Page:
    return Page(*await store.ledger(item_id, after, limit))


PURCHASES = Sheet("purchases", csv_export.COLUMNS, purchase_view, _read_purchases)
MOVEMENTS = Sheet(
    "movements",
    ("movement_no", "kind", "capacity", "sold", "held", "purchase_id", "hold_id", "moved_at"),
    movement_view,
    _read_movements,
)


async def export(store: Reader | Store, item_id: str, sheet: Sheet, form: Format) -> AsyncIterator[bytes]:
    """The file, in pieces of whole rows. Raises StoreUnavailable."""
    if form is Format.CSV:
        yield _csv([sheet.columns])
    after: int | None = 0
    while after is not None:
        rows, after = await sheet.read(store, item_id, after, PAGE_ROWS)
        views = map(sheet.view, rows)
        if form is Format.CSV:
            yield _csv([[_cell(view.get(column)) for column in sheet.columns] for view in views])
        else:
            yield _encoder.encode_lines(views)


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
