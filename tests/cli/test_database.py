"""`sellout audit` and `sellout reset`: checking a whole database, and starting over."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import sellout
from tests.http.shop import ORGANISER_KEY, running_shop


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """A database in which something was sold and refunded."""
    database = tmp_path / "inventory.db"
    with running_shop(database) as shop:
        shop.add("Gala", 5)
        shop.buy("gala", quantity=2)
        shop.refund(shop.ticket(quantity=3).json()["purchase_id"])
        shop.ticket()
    return database


def execute(database: Path, *statements: str) -> list[Any]:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        return [row for statement in statements for row in connection.execute(statement)]
    finally:
        connection.close()


def test_a_sound_database_is_consistent(sold: Path) -> None:
    done = sellout("audit", "--json", folder=sold.parent)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["consistent"] is True
    assert {name: item["sold"] for name, item in found["items"].items()} == {"item-a": 1, "gala": 2}


def test_people_get_a_table(sold: Path) -> None:
    done = sellout("audit", "--database", f"sqlite:///{sold}", folder=sold.parent)
    head, *lines = [line.split() for line in done.out.splitlines()]
    assert head == ["item", "capacity", "sold", "held", "movements", "sealed", "ledger"]
    assert lines == [
        ["item-a", "100", "1", "0", "4", "4", "consistent"],
        ["gala", "5", "2", "0", "2", "2", "consistent"],
    ]


TAMPERED = {
    "a counter is lowered": ["UPDATE inventory SET sold = sold - 1 WHERE id = 'item-a'"],
    "a counter is raised": ["UPDATE inventory SET sold = sold + 1 WHERE id = 'item-a'"],
    "a movement is removed": [
        "DROP TRIGGER movements_are_not_removed",
        "DELETE FROM movements WHERE kind = 'buy' AND item_id = 'item-a'",
    ],
    "a movement is changed": [
        "DROP TRIGGER movements_are_not_changed",
        "UPDATE movements SET sold = sold + 1 WHERE kind = 'buy' AND item_id = 'item-a'",
    ],
    "a movement is changed that no counter shows": [
        "DROP TRIGGER movements_are_not_changed",
        "UPDATE movements SET moved_at = moved_at + 1 WHERE kind = 'buy' AND item_id = 'item-a'",
    ],
    "a seal is changed": [
        "DROP TRIGGER seals_are_not_changed",
        "UPDATE seals SET sealed_at = sealed_at + 1 WHERE seal_no = 2 AND item_id = 'item-a'",
    ],
    "the last seal is removed": [
        "DROP TRIGGER seals_are_not_removed",
        "DELETE FROM seals WHERE item_id = 'item-a' AND seal_no = (SELECT max(seal_no) FROM seals)",
    ],
    "a purchase is removed": [
        "PRAGMA foreign_keys = OFF",
        "DROP TRIGGER purchases_are_not_removed",
        "DELETE FROM purchases WHERE item_id = 'item-a' AND refunded_at IS NULL",
    ],
    "a purchase grows": [
        "DROP TRIGGER purchases_are_not_changed",
        "UPDATE purchases SET quantity = quantity + 1 WHERE item_id = 'item-a' AND refunded_at IS NULL",
    ],
}


@pytest.mark.parametrize("case", TAMPERED)
def test_tampering_is_found(case: str, sold: Path) -> None:
    execute(sold, *TAMPERED[case])
    done = sellout("audit", "--json", folder=sold.parent)
    assert done.code == 1
    found = json.loads(done.out)
    assert found["consistent"] is False
    assert {name: item["consistent"] for name, item in found["items"].items()} == {"item-a": False, "gala": True}


def test_people_see_which_item_it_is(sold: Path) -> None:
    execute(sold, *TAMPERED["a counter is lowered"])
    done = sellout("audit", folder=sold.parent)
    assert done.code == 1
    lines = [line.rstrip() for line in done.out.splitlines()[1:]]
    assert lines[0].endswith(" NOT CONSISTENT")
    assert lines[1].endswith(" consistent")


def test_a_break_of_the_ledger_is_named(sold: Path) -> None:
    execute(sold, *TAMPERED["a seal is changed"])
    done = sellout("audit", folder=sold.parent)
    assert done.code == 1
    (number,) = [no for (no,) in execute(sold, "SELECT through_no FROM seals WHERE item_id = 'item-a' AND seal_no = 2")]
    assert done.out.splitlines()[-1] == (
        f"item-a: seal 2, movements 2 to {number}: the movements or the seal were changed"
    )
    seals = json.loads(sellout("audit", "--json", folder=sold.parent).out)["items"]["item-a"]["seals"]
    assert [(found["first_seal"], found["last_no"]) for found in seals["breaks"]] == [(2, number)]


def test_there_must_be_a_database_to_audit(tmp_path: Path) -> None:
    done = sellout("audit", folder=tmp_path)
    assert done.code == 1
    assert done.error.startswith("sqlite:///inventory.db: there is no such file")
    assert list(tmp_path.iterdir()) == []


def test_reset_goes_back_to_the_fresh_default_item(sold: Path) -> None:
    done = sellout("reset", "--yes", folder=sold.parent, SELLOUT_STOCK="50")
    assert done == (0, "sqlite:///inventory.db: fresh, with 50 units of Item A\n", "")
    with running_shop(sold, organiser_key=None) as shop:
        (item,) = shop.get("/v1/items")["items"]
        assert (item["id"], item["available"]) == ("item-a", 50)
        assert shop.get("/v1/items/item-a/audit")["consistent"]
        assert shop.refund("unknown").status_code == 404, "organiser keys stay"
        assert shop.ticket().is_success


def test_reset_leaves_the_ledger_append_only(sold: Path) -> None:
    sellout("reset", "--yes", folder=sold.parent)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        execute(sold, "DELETE FROM movements")


def test_reset_needs_a_yes(sold: Path) -> None:
    done = sellout("reset", folder=sold.parent)
    assert done.code == 2
    assert "--yes" in done.error
    assert execute(sold, "SELECT sum(sold) FROM inventory") == [(3,)]


def test_the_key_of_the_tests_is_not_in_the_database(sold: Path) -> None:
    assert ORGANISER_KEY.encode() not in sold.read_bytes()
