"""The plans of a batch on PostgreSQL before anything was analysed, while the tables grow under it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sellout.store.postgres import open_postgres
from sellout.store.postgres_connection import SESSION
from sellout.store.postgres_statements import statements
from tests import postgres

SQL = statements("transact")
SIZES = (1_000, 3_000, 10_000)
KEYS = [["item-a", f"nobody {number}", f"key {number}"] for number in range(250)]
BUYERS = [["item-a", f"nobody {number}"] for number in range(250)]
BINDINGS: dict[str, dict[str, str | int]] = {
    "load_purchase_keys": {"scopes": json.dumps(KEYS)},
    "load_hold_keys": {"scopes": json.dumps(KEYS)},
    "load_bought": {"buyers": json.dumps(BUYERS)},
    "load_held": {"buyers": json.dumps(BUYERS), "now": 0},
}

# Ids and keys as long as real ones: the planner goes by the sizes of the indexes, for it knows nothing else yet.
GROW = """
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)
SELECT gen_random_uuid(), 'item-a', 'A', gen_random_uuid(), 1, gen_random_uuid(), 0
FROM generate_series({first}, {last}) AS n;
INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at)
SELECT gen_random_uuid(), 'item-a', 'A', gen_random_uuid(), 1, gen_random_uuid(), 0, n, n
FROM generate_series({first}, {last}) AS n;
"""

# What autovacuum would find out in the midst of the test.
QUIET = "ALTER TABLE purchases SET (autovacuum_enabled = FALSE); ALTER TABLE holds SET (autovacuum_enabled = FALSE);"
ITEM = """
INSERT INTO inventory (id, item, capacity, sold, max_per_order, hold_seconds, payment_seconds, offer_seconds,
                       created_at, decided_at)
VALUES ('item-a', 'A', 1000000, 0, 10, 600, 600, 600, 0, 0);
"""


@pytest.fixture(scope="module")
def plans() -> dict[tuple[str, int], dict[str, Any]]:
    """What each statement does for a batch of 250, at each size of the tables."""
    url = postgres.fresh_database()

    async def make() -> None:
        await (await open_postgres(url)).close()

    asyncio.run(make())
    found: dict[tuple[str, int], dict[str, Any]] = postgres.run(url, _plans)
    return found


async def _plans(connection: Any) -> dict[tuple[str, int], dict[str, Any]]:
    found = {}
    await connection.execute(QUIET + ITEM)
    for setting, value in SESSION.items():
        await connection.execute(f"SET {setting} = '{value}'")
    for first, last in zip((1, *(size + 1 for size in SIZES)), SIZES, strict=False):
        await connection.execute(GROW.format(first=first, last=last))
        for name, values in BINDINGS.items():
            statement = SQL[name]
            query = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}"
            text = await connection.fetchval(query, *statement.in_order(values))
            found[name, last] = json.loads(text)[0]["Plan"]
    return found


def rows_looked_at(plan: dict[str, Any]) -> Iterator[float]:
    """Of each node, the rows that it found or threw away."""
    yield plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    for part in plan.get("Plans", ()):
        yield from rows_looked_at(part)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_a_batch_never_reads_the_item_for_each_of_its_commands(
    plans: dict[tuple[str, int], dict[str, Any]], name: str, size: int
) -> None:
    assert max(rows_looked_at(plans[name, size])) <= size, json.dumps(plans[name, size], indent=1)
