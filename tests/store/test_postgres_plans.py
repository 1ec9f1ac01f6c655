"""The plans of the hot statements on PostgreSQL: by index, never by a scan that grows with the sale."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sellout.store.postgres import open_postgres
from sellout.store.postgres_connection import SESSION
from sellout.store.postgres_statements import statements
from tests import postgres
from tests.store.test_query_plans import BINDINGS

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROWS = 20_000
CONDITIONS = {"Index Cond", "Recheck Cond"}
GROWING = ("inventory", "purchases", "holds", "waitlist", "movements", "used_keys", "late_payments", "seals")
SQL = statements("transact") | statements("read")
QUIET = "".join(f"ALTER TABLE {table} SET (autovacuum_enabled = FALSE);" for table in GROWING)
"""Without what autovacuum would find out in the midst of the tests."""

FILL = f"""
INSERT INTO inventory (id, item, capacity, sold, max_per_order, hold_seconds, payment_seconds, offer_seconds,
                       created_at, decided_at)
SELECT CASE n WHEN 0 THEN 'item-a' ELSE 'other-' || n END, 'A', 1000000, 0, 10, 600, 600, 600, 0, 0
FROM generate_series(0, 2000) AS n;
INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at, payment_ref, basket_id)
SELECT 'p' || n, 'item-a', 'A', 'b' || n, 1, 'k' || n, 0, 'r' || n, 'b' || n FROM generate_series(1, {ROWS}) AS n;
INSERT INTO waitlist (id, item_id, buyer, quantity, hold_id, state, joined_at)
SELECT 'e' || n, 'item-a', 'b' || n, 1 + n % 4, 'o' || n, 'waiting', 0 FROM generate_series(1, {ROWS}) AS n;
INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at, basket_id)
SELECT 'h' || n, 'item-a', 'A', 'b' || n, 1, 'k' || n, 0, n, n, 'b' || n FROM generate_series(1, {ROWS}) AS n;
INSERT INTO used_keys (item_id, buyer, idempotency_key, action, subject_id, used_at)
SELECT 'item-a', 'b' || n, 'u' || n, 'pay', 'h' || n, 0 FROM generate_series(1, {ROWS}) AS n;
INSERT INTO late_payments (payment_ref, hold_id, item_id, quantity, recorded_at)
SELECT 'l' || n, 'h' || n, 'item-a', 1, 0 FROM generate_series(1, {ROWS}) AS n;
INSERT INTO seals (item_id, seal_no, through_no, movements, digest, sealed_at)
SELECT 'item-a', n, n, 1, 'digest', 0 FROM generate_series(1, {ROWS}) AS n;
"""


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def filled(request: pytest.FixtureRequest) -> str:
    url = postgres.fresh_database()

    async def make() -> None:
        await (await open_postgres(url)).close()

    asyncio.run(make())
    postgres.run(url, lambda connection: connection.execute(QUIET + FILL))
    if request.param == "with statistics":
        postgres.run(url, lambda connection: connection.execute("ANALYZE"))
    return url


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def plan_of(url: str, name: str) -> dict[str, Any]:
    statement = SQL[name]
    values = statement.in_order(BINDINGS.get(name, {}))

    async def explain(connection: Any) -> Any:
        for setting, value in SESSION.items():
            await connection.execute(f"SET {setting} = '{value}'")
        return await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.sql}", *values)

    plan: dict[str, Any] = json.loads(postgres.run(url, explain))[0]["Plan"]
    return plan


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_a_hot_statement_finds_its_rows_by_an_index(filled: str, name: str) -> None:
    plan = plan_of(filled, name)
    scanned = [node.get("Relation Name") for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    assert not set(scanned) & set(GROWING), json.dumps(plan, indent=1)
    whole = [node for node in nodes(plan) if "Index" in node["Node Type"] and not CONDITIONS & node.keys()]
    assert not whole, "an index that is read from one end to the other is a scan, too"


def test_a_search_by_buyer_reads_a_range_of_the_index(filled: str) -> None:
    plan = plan_of(filled, "purchases_by_buyer")
    conditions = [node["Index Cond"] for node in nodes(plan) if node.get("Index Name") == "one_purchase_per_key"]
    assert len(conditions) == 1
    assert "buyer >= 'b1'" in conditions[0]
    assert "buyer < 'b2'" in conditions[0]


def test_what_is_not_sealed_is_the_end_of_an_items_ledger(filled: str) -> None:
    conditions = {
        node.get("Index Name"): node.get("Index Cond", "") for node in nodes(plan_of(filled, "load_unsealed"))
    }
    assert "movement_no > COALESCE(" in conditions["movements_of_item"]
    assert "item_id = i.id" in conditions["seals_pkey"]


def test_the_last_purchase_is_the_end_of_an_index(filled: str) -> None:
    limit, scan = list(nodes(plan_of(filled, "last_purchase")))[-2:]
    assert limit["Node Type"] == "Limit"
    assert (scan["Index Name"], scan["Scan Direction"]) == ("purchases_pkey", "Backward")


def test_new_purchases_are_the_end_of_an_index(filled: str) -> None:
    used = [node["Index Name"] for node in nodes(plan_of(filled, "purchases_since")) if "Index Name" in node]
    assert used == ["purchases_pkey"]
