"""A database of every earlier version, with sales in it, opens as one of this version and tells the same sale."""

import asyncio
import time
from pathlib import Path
from unittest import mock

import apsw
import pytest

from sellout.domain import ALL_SCOPES, Bought, BuyerTokens, Kind, OrganiserKey, Refund, TakeHold
from sellout.store.migrations import migrations, missing
from sellout.store.port import StoreUnusable
from sellout.store.sqlite import SQLiteStore
from sellout.store.sqlite_file import open_database
from tests.words import a_buy

SALE_OF_VERSION_1 = """
    INSERT INTO inventory (id, item, capacity, max_per_order, hold_seconds, created_at, decided_at)
    VALUES ('a', 'A', 10, 10, 600, 1, 1);
    INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)
    VALUES ('p1', 'a', 'A', 'ada', 2, 'k1', 2), ('p2', 'a', 'A', '', 3, NULL, 3);
    UPDATE purchases SET refunded_at = 4 WHERE id = 'p2';
    UPDATE inventory SET sold = 2, capacity = 8, decided_at = 5;
    INSERT INTO organiser_keys (name, key_sha256, created_at) VALUES ('first-start', 'digest', 1);
"""


def database_of_version(number: int, path: Path) -> None:
    known = migrations("sqlite")[:number]
    with mock.patch("sellout.store.sqlite_file.migrations", return_value=known):
        connection = open_database(path, lambda: 0, 1)
    connection.execute(SALE_OF_VERSION_1)
    connection.close()


def dump(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("version", range(1, len(migrations("sqlite"))))
def test_an_earlier_database_is_brought_up_to_date_with_all_that_is_in_it(tmp_path: Path, version: int) -> None:
    path = tmp_path / "shop.db"
    database_of_version(version, path)
    before = dump(path, "movements")

    async def go_on() -> None:
        store = SQLiteStore(path)
        try:
            audit = await store.audit("a")
            assert audit is not None
            assert audit.consistent
            assert (audit.item.capacity, audit.item.sold, audit.item.held) == (8, 2, 0)
            assert audit.item.buyer_tokens is BuyerTokens.OPTIONAL
            assert {kind: total.movements for kind, total in audit.sums.items()} == {
                Kind.RESTOCK: 2, Kind.BUY: 2, Kind.REFUND: 1,
            }  # fmt: skip
            deadline = time.monotonic() + 30
            replay, refunded, held = await store.transact(
                [a_buy(quantity=2, buyer="ada", key="k1"), Refund("p1"), TakeHold("h1", "a", "bob", 8, None)], deadline
            )
            assert isinstance(replay, Bought)
            assert (replay.replayed, replay.purchase.id) == (True, "p1")
            assert [type(refunded).__name__, type(held).__name__] == ["Refunded", "Held"]
            assert await store.organiser_keys() == [OrganiserKey("first-start", "digest", ALL_SCOPES, 1)]
        finally:
            await store.close()

    asyncio.run(go_on())
    kept = [(number, item, kind, moved) for number, item, kind, *_, moved in dump(path, "movements")]
    assert kept[: len(before)] == [(number, item, kind, moved) for number, item, kind, *_, moved in before]


def test_a_file_that_is_up_to_date_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    open_database(path, lambda: 0, 1).close()
    applied = dump(path, "sellout_migrations")
    open_database(path, lambda: 99, 1).close()
    assert dump(path, "sellout_migrations") == applied
    assert [number for number, *_ in applied] == list(range(1, len(migrations("sqlite")) + 1))


def test_a_newer_schema_is_refused() -> None:
    known = migrations("sqlite")
    with pytest.raises(StoreUnusable, match="newer"):
        missing(known, len(known) + 1)
