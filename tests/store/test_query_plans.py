"""The plans of the hot statements: by index, never by a scan that grows with the sale."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from sellout.store.queries import load_queries
from sellout.store.sqlite_file import open_database

ROWS = 20_000
ITEMS = 2_000
SQL = load_queries("sqlite", "transact") | load_queries("sqlite", "read")
BINDINGS: dict[str, dict[str, str | int]] = {
    "load_items": {"ids": json.dumps(["item-a"])},
    "load_purchase_keys": {"scopes": json.dumps([["item-a", "b1", "k1"]])},
    "load_hold_keys": {"scopes": json.dumps([["item-a", "b1", "k1"]])},
    "load_used_keys": {"scopes": json.dumps([["item-a", "b1", "k1"]])},
    "load_held": {"buyers": json.dumps([["item-a", "b1"]]), "now": 0},
    "load_holds": {"ids": json.dumps(["h1"])},
    "load_entries": {"ids": json.dumps(["e1"])},
    "load_due": {"item_id": "item-a", "now": 0, "max": 10},
    "load_deadlines": {"item_id": "item-a", "now": 0, "max": 10},
    "load_waiting": {"item_id": "item-a", "units": 3, "max": 10},
    "count_waiting": {"item_id": "item-a"},
    "load_payments": {"refs": json.dumps(["r1"])},
    "load_basket_purchases": {"ids": json.dumps(["b1"])},
    "load_basket_holds": {"ids": json.dumps(["b1"])},
    "expire_holds": {"ids": json.dumps(["h1"]), "now": 0},
    "update_holds": {"holds": json.dumps([["h1", 1, "paying", None]])},
    "update_entries": {"entries": json.dumps([["e1", "left"]])},
    "load_bought": {"buyers": json.dumps([["item-a", "b1"]])},
    "load_purchases": {"ids": json.dumps(["p1"])},
    "update_items": {"items": json.dumps([["item-a", "A", 1, 0, 0, None, None, 0, None, 1, 1]]), "now": 0},
    "update_refunds": {"ids": json.dumps(["p1"]), "now": 0},
    "item": {"id": "item-a", "now": 0},
    "hold": {"id": "h1"},
    "entry": {"id": "e1"},
    "late_payments": {"item_id": "item-a", "after": "", "limit": 10},
    "purchase": {"id": "p1"},
    "purchase_by_key": {"item_id": "item-a", "buyer": "b1", "key": "k1"},
    "got_by_key": {"item_id": "item-a", "buyer": "b1", "key": "k1"},
    "movements": {"item_id": "item-a", "before": 2**63 - 1, "limit": 10},
    "load_unsealed": {"ids": json.dumps(["item-a"]), "max": 10},
    "ledger": {"item_id": "item-a", "after": 10, "limit": 10},
    "ledger_end": {"item_id": "item-a", "after": 10},
    "seals": {"item_id": "item-a", "after": 10, "limit": 10},
    "first_sale": {"item_id": "item-a"},
    "last_sale": {"item_id": "item-a"},
    "last_seal": {"item_id": "item-a"},
    "sold_by_steps": {"item_id": "item-a", "now": 100, "apart": 10, "first": 10},
    "purchases_since": {"after": ROWS - 10},
    "purchases_by_buyer": {"item_id": "item-a", "text": "b1", "limit": 10},
    "purchases": {"item_id": "item-a", "after": 10, "limit": 10},
}

SMALL = re.compile(r"VIRTUAL TABLE|CONSTANT ROW|SCAN sizes|SCAN \(subquery")
"""What is no table of the sale: the batch itself, the few quantities that people wait for, and what was found."""


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "shop.db"
    connection = open_database(path, lambda: 0, 1)
    connection.execute(
        "INSERT INTO inventory (id, item, capacity, sold, max_per_order, hold_seconds, created_at, decided_at)"
        " VALUES ('item-a', 'A', 1000000, ?, 10, 600, 0, 0)",
        (ROWS,),
    )
    connection.execute(
        "INSERT INTO inventory (id, item, capacity, max_per_order, hold_seconds, created_at, decided_at)"
        " SELECT 'other-' || value, 'B', 1, 10, 600, 0, 0 FROM json_each(?)",
        (json.dumps(list(range(ITEMS))),),
    )
    connection.execute(
        "INSERT INTO purchases (id, item_id, item, buyer, quantity, idempotency_key, purchased_at)"
        " SELECT 'p' || value, 'item-a', 'A', 'b' || value, 1, 'k' || value, 0 FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    connection.execute(
        "INSERT INTO waitlist (id, item_id, buyer, quantity, hold_id, state, joined_at)"
        " SELECT 'e' || value, 'item-a', 'b' || value, 1 + value % 4, 'o' || value, 'waiting', 0 FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    connection.execute(
        "INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at)"
        " SELECT 'h' || value, 'item-a', 'A', 'b' || value, 1, 'k' || value, 0, value, value FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    connection.execute(
        "INSERT INTO used_keys (item_id, buyer, idempotency_key, action, subject_id, used_at)"
        " SELECT 'item-a', 'b' || value, 'u' || value, 'pay', 'h' || value, 0 FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    connection.execute(
        "INSERT INTO late_payments (payment_ref, hold_id, item_id, quantity, recorded_at)"
        " SELECT 'r' || value, 'h' || value, 'item-a', 1, 0 FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    connection.execute(
        "INSERT INTO seals (item_id, seal_no, through_no, movements, digest, sealed_at)"
        " SELECT 'item-a', 1 + value, 1 + value, 1, 'digest', 0 FROM json_each(?)",
        (json.dumps(list(range(ROWS))),),
    )
    if request.param == "with statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_a_hot_statement_finds_its_rows_by_an_index(filled: apsw.Connection, name: str) -> None:
    rows = filled.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", BINDINGS[name]).fetchall()
    plan = [str(row[3]) for row in rows]
    scans = [step for step in plan if step.startswith("SCAN") and not SMALL.search(step)]
    assert scans == [], plan
    assert any(re.match(r"SEARCH \w+ USING", step) for step in plan), plan
    assert not any("AUTOMATIC" in step for step in plan), plan


def test_a_batch_is_read_first_and_then_the_table(filled: apsw.Connection) -> None:
    rows = filled.execute(f"EXPLAIN QUERY PLAN {SQL['load_purchase_keys']}", BINDINGS["load_purchase_keys"]).fetchall()
    plan = [str(row[3]) for row in rows]
    assert "VIRTUAL TABLE" in plan[0]
    assert "one_purchase_per_key" in plan[1]


def test_what_is_not_sealed_is_the_end_of_an_items_ledger(filled: apsw.Connection) -> None:
    rows = filled.execute(f"EXPLAIN QUERY PLAN {SQL['load_unsealed']}", BINDINGS["load_unsealed"]).fetchall()
    plan = [str(row[3]) for row in rows]
    assert "SEARCH movements USING INDEX movements_of_item (item_id=? AND rowid>?)" in plan
    assert "SEARCH last USING PRIMARY KEY (item_id=?)" in plan


def test_the_last_purchase_is_the_end_of_the_table(filled: apsw.Connection) -> None:
    plan = [str(row[3]) for row in filled.execute(f"EXPLAIN QUERY PLAN {SQL['last_purchase']}")]
    assert plan == ["SEARCH purchases"]


def test_new_purchases_are_the_end_of_the_table(filled: apsw.Connection) -> None:
    rows = filled.execute(f"EXPLAIN QUERY PLAN {SQL['purchases_since']}", BINDINGS["purchases_since"]).fetchall()
    assert rows[0][3] == "SEARCH purchases USING INTEGER PRIMARY KEY (rowid>?)"
