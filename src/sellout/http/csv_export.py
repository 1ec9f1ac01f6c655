"""Purchases as comma-separated values (RFC 4180)."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from sellout.http.accepting import BY_ACCEPT
from sellout.http.answers import Answer
from sellout.http.problems import uri_path

COLUMNS = ("purchase_id", "item", "quantity", "buyer", "purchased_at", "state", "hold_id", "payment_ref")


def purchases_csv(views: Sequence[dict[str, Any]], path: str, next_cursor: str | None, limit: int) -> Answer:
    """A page as CSV; the next page's address is in the Link header (RFC 8288)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(views)
    headers = [("content-type", "text/csv; charset=utf-8"), BY_ACCEPT]
    if next_cursor is not None:
        headers.append(("link", f'<{uri_path(path)}?cursor={next_cursor}&limit={limit}>; rel="next"'))
    return Answer(200, headers, text.getvalue().encode())
