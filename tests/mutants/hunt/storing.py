"""Faults of the store on SQLite."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from sellout.decide.loading import Needs
from sellout.decide.sale import Writes
from sellout.domain import Instant
from sellout.store import batch, sqlite, sqlite_file
from sellout.store.clock import Clock
from sellout.store.sqlite import SQLiteStore
from sellout.store.steps import Steps
from tests.mutants import faults
from tests.mutants.hunt.mutant import Herd

STORING = Herd("store")

STORING.add(faults.the_ledger_leaves_holds_out, "Holds leave no movement in the ledger.")
STORING.add(faults.held_units_of_a_buyer_are_not_loaded, "What a buyer holds does not count in the limit.")
STORING.add(faults.keys_of_holds_are_not_loaded, "The key of a hold is looked up under other buyers.")


def opened_with(patch: pytest.MonkeyPatch, script: str) -> None:
    """Whoever opens the database runs this first."""
    right = sqlite_file.open_database

    def wrong(path: Path, clock: Clock, wait_seconds: float) -> apsw.Connection:
        connection = right(path, clock, wait_seconds)
        connection.execute(script)
        return connection

    patch.setattr(sqlite, "open_database", wrong)


@STORING.mutant("power-loss")
def a_commit_does_not_wait_for_the_disk(patch: pytest.MonkeyPatch) -> None:
    """synchronous = NORMAL."""
    right = sqlite_file.connect

    def wrong(path: Path, **options: Any) -> apsw.Connection:
        connection = right(path, **options)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    for module in (sqlite, sqlite_file):
        patch.setattr(module, "connect", wrong)


@STORING.mutant()
def keys_are_not_unique(patch: pytest.MonkeyPatch) -> None:
    """No unique index holds the keys of purchases, and they are looked up in vain."""
    opened_with(patch, "DROP INDEX IF EXISTS one_purchase_per_key")
    faults.sql(patch, "load_purchase_keys", "AND p.idempotency_key = wanted.value ->> 2", "AND FALSE")


@STORING.mutant()
def a_purchase_forgets_its_key(patch: pytest.MonkeyPatch) -> None:
    """A purchase is kept without its key, so a repeat is a second purchase."""
    for statement in ("insert_purchases", "insert_any_purchases"):
        faults.sql(patch, statement, "value ->> 5", "NULL")


@STORING.mutant()
def a_commit_is_left_out(patch: pytest.MonkeyPatch) -> None:
    """Now and then a batch is rolled back, and its buyers are told that they have bought."""
    right, batches = SQLiteStore._transaction, iter(range(10**9))

    @contextlib.contextmanager
    def wrong(store: SQLiteStore, deadline: float) -> Iterator[apsw.Connection]:
        with right(store, deadline) as writer:
            yield writer
            if next(batches) % 7 == 6:
                writer.execute("ROLLBACK; BEGIN")

    patch.setattr(SQLiteStore, "_transaction", wrong)


@STORING.mutant()
def the_last_purchase_of_a_batch_is_not_written(patch: pytest.MonkeyPatch) -> None:
    """Of several purchases of a batch the last is counted, and has no row."""
    right = batch.write

    def wrong(writes: Writes, now: Instant) -> Steps[None]:
        if len(writes.purchases) > 1:
            writes = writes._replace(purchases=writes.purchases[:-1])
        yield from right(writes, now)

    patch.setattr(sqlite, "write", wrong)


@STORING.mutant()
def the_counters_of_an_earlier_batch_are_used(patch: pytest.MonkeyPatch) -> None:
    """Now and then a batch begins from the counters that the batch before it began from."""
    right, before, batches = batch._load_items, dict[tuple[str, ...], Any](), iter(range(10**9))

    def wrong(wanted: Needs) -> Steps[Any]:
        key = tuple(sorted(wanted.item_ids))
        shelves = yield from right(wanted)
        earlier, before[key] = before.get(key, shelves), shelves
        return earlier if next(batches) % 5 == 4 else shelves

    patch.setattr(batch, "_load_items", wrong)


@STORING.mutant()
def a_refund_leaves_no_movement(patch: pytest.MonkeyPatch) -> None:
    """The ledger does not know of refunds."""
    opened_with(patch, "DROP TRIGGER IF EXISTS refund_moves")


@STORING.mutant()
def who_has_left_still_waits(patch: pytest.MonkeyPatch) -> None:
    """Who leaves the waiting list is told so, and offered units all the same."""
    wrong = "SET state = CASE changed.value ->> 1 WHEN 'left' THEN state ELSE changed.value ->> 1 END"
    faults.sql(patch, "update_entries", "SET state = changed.value ->> 1", wrong)


@STORING.mutant()
def a_purchase_is_told_to_nobody(patch: pytest.MonkeyPatch) -> None:
    """The outbox of webhooks leaves purchases out."""
    opened_with(patch, "DROP TRIGGER IF EXISTS purchase_is_told")
