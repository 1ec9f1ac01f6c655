"""All purchases of an item as a file for spreadsheets: sent page by page, so that a large sale needs no memory.

A spreadsheet takes a cell that begins like a formula for one, and buyers choose their names (OWASP: CSV injection):
such cells begin with an apostrophe here. The API's CSV is for programs, and has values as they are.
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from sellout.domain import Purchase, PurchasePage
from sellout.http.csv_export import COLUMNS
from sellout.http.views import purchase_view
from sellout.store.port import Store

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def purchases_file(store: Store, item_id: str, first: PurchasePage, page_size: int) -> AsyncIterator[bytes]:
    """The file, piece by piece; `first` is its first page, so that what cannot begin is not begun."""
    page = first
    yield _lines([COLUMNS]) + _rows(page.purchases)
    while page.next_after is not None:
        page = await store.purchases(item_id, page.next_after, page_size)
        yield _rows(page.purchases)


def _rows(purchases: Sequence[Purchase]) -> bytes:
    views = [purchase_view(purchase) for purchase in purchases]
    return _lines([[harmless(str(view.get(column) or "")) for column in COLUMNS] for view in views])


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
