"""What the database holds after a round, by plain SQL, past every line of the shop's own code.

May touch: the SQLite file, read-only, through the standard library; or the PostgreSQL server, through asyncpg.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from sellout.history.kept import (
    Kept,
    KeptEntry,
    KeptHold,
    KeptItem,
    KeptKey,
    KeptLatePayment,
    KeptPurchase,
    Movement,
)
from sellout.prove import CouldNotRun

Row: TypeAlias = Sequence[Any]

ITEMS = "SELECT id, capacity, sold, held FROM inventory ORDER BY id"
PURCHASES = (
    "SELECT id, item_id, buyer, quantity, idempotency_key, purchased_at, refunded_at, hold_id, payment_ref, basket_id "
    "FROM purchases ORDER BY purchase_no"
)
HOLDS = (
    "SELECT id, item_id, buyer, quantity, idempotency_key, held_at, expires_at, state, ended_at, basket_id, entry_id "
    "FROM holds ORDER BY hold_no"
)
ENTRIES = "SELECT id, entry_no, item_id, buyer, quantity, state, joined_at, hold_id FROM waitlist ORDER BY entry_no"
KEYS = (
    "SELECT item_id, buyer, idempotency_key, action, subject_id FROM used_keys ORDER BY item_id, buyer, idempotency_key"
)
LATE_PAYMENTS = "SELECT payment_ref, hold_id, item_id, quantity FROM late_payments ORDER BY payment_ref"
MOVEMENTS = (
    "SELECT movement_no, item_id, kind, capacity, sold, held, moved_at, purchase_id, hold_id "
    "FROM movements ORDER BY movement_no"
)
ALL = (ITEMS, PURCHASES, HOLDS, ENTRIES, KEYS, LATE_PAYMENTS, MOVEMENTS)


def read_sqlite(file: Path) -> Kept:
    """The books of an SQLite file that nobody writes to any more. Raises CouldNotRun."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")
            return _kept([connection.execute(query).fetchall() for query in ALL])
    except sqlite3.Error as error:
        raise CouldNotRun(f"the books of {file.name} cannot be read: {error}") from None


async def read_postgres(url: str) -> Kept:
    """The books of a PostgreSQL database, all as of one moment. Raises CouldNotRun."""
    try:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return _kept([[tuple(row) for row in await connection.fetch(query)] for query in ALL])
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CouldNotRun(f"the books cannot be read: {error}") from None


def _kept(tables: Sequence[Sequence[Row]]) -> Kept:
    items, purchases, holds, entries, keys, late_payments, movements = tables
    return Kept(
        items=tuple(KeptItem(*row) for row in items),
        purchases=tuple(KeptPurchase(*row) for row in purchases),
        holds=tuple(KeptHold(*row) for row in holds),
        entries=tuple(KeptEntry(*row) for row in entries),
        keys=tuple(KeptKey(*row) for row in keys),
        late_payments=tuple(KeptLatePayment(*row) for row in late_payments),
        movements=tuple(Movement(*row) for row in movements),
    )
