"""The tables of a shop as rows, for copying one database to another, whatever their engines.

Rows are copied as they are, the ledger too: its triggers step aside meanwhile. `purchase_no` and the like are copied
as well, because they say in which order things happened.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Protocol

Row = tuple[Any, ...]

CHUNK_ROWS = 5000
"""Rows that are in memory at once."""


class Table(NamedTuple):
    """A table, its columns but for the derived ones, and the column that numbers its rows, if there is one."""

    name: str
    columns: tuple[str, ...]
    number: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """What the rows are read by: their number, or all columns."""
        return self.number or ", ".join(self.columns)


def _table(name: str, columns: str, number: str | None = None, flags: tuple[str, ...] = ()) -> Table:
    return Table(name, tuple(columns.split()), number, flags)


TABLES = (
    _table(
        "inventory",
        "id item capacity sold held opens_at closes_at paused limit_per_buyer max_per_order hold_seconds "
        "payment_seconds offer_seconds created_at decided_at seals buyer_tokens",
        flags=("paused",),
    ),
    _table("waitlist", "entry_no id item_id buyer quantity contact hold_id position state joined_at", "entry_no"),
    _table(
        "holds",
        "hold_no id item_id item buyer quantity idempotency_key held_at held_until expires_at state ended_at "
        "basket_id entry_id",
        "hold_no",
    ),
    _table(
        "purchases",
        "purchase_no id item_id item buyer quantity idempotency_key purchased_at refunded_at hold_id payment_ref "
        "basket_id",
        "purchase_no",
    ),
    _table("used_keys", "item_id buyer idempotency_key action subject_id used_at"),
    _table("late_payments", "payment_ref hold_id item_id quantity recorded_at"),
    _table("movements", "movement_no item_id kind capacity sold held purchase_id hold_id moved_at", "movement_no"),
    _table("seals", "item_id seal_no through_no movements digest sealed_at"),
    _table(
        "webhook_endpoints",
        "id url event_types secret previous_secret previous_until begins_after created_at disabled_at disabled_because "
        "lease_holder lease_until",
    ),
    _table("outbox", "event_no token type item_id subject_id item occurred_at", "event_no"),
    _table("webhook_cursors", "endpoint_id item_id delivered_no tries next_try_at failing_since last_answer"),
    _table("organiser_keys", "name key_sha256 created_at scopes revoked_at"),
)
"""What others refer to goes first."""


class Source(Protocol):
    """A database at one moment."""

    def rows(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        """All rows of a table, in chunks of at most `CHUNK_ROWS`."""
        ...

    async def stop_selling(self) -> None:
        """Pause all items, once the block ends well. Only where the source was opened for that."""
        ...


class Target(Protocol):
    """A database that nobody uses yet; what is put into it is there once the block ends well."""

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows as they are."""
        ...


async def copy_all(source: Source, target: Target) -> dict[str, int]:
    """Copy every table; how many rows each has."""
    counts = dict.fromkeys((table.name for table in TABLES), 0)
    for table in TABLES:
        async for rows in source.rows(table):
            await target.put(table, rows)
            counts[table.name] += len(rows)
    return counts
