"""`sellout audit` and `sellout reset`: checking a whole database, and starting over."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import sellout
from tests.http.shop import ORGANISER_KEY, running_shop
from tests.processes import running


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
    head, *lines = [line.split() for line in done.out.splitlines()[:-1]]
    assert head == ["item", "capacity", "sold", "held", "movements", "sealed", "ledger"]
    assert lines == [
        ["item-a", "100", "1", "0", "4", "4", "consistent"],
        ["gala", "5", "2", "0", "2", "2", "consistent"],
    ]
    ((last,),) = execute(
        sold, "SELECT strftime('%Y-%m-%dT%H:%M:', max(moved_at) / 1000000, 'unixepoch') FROM movements"
    )
    said = done.out.splitlines()[-1]
    assert said.startswith(f"2 items, 3 purchases, 6 movements; the last movement was at {last}")


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
    assert done.out.splitlines()[-2] == (
        f"item-a: seal 2, movements 2 to {number}: the movements or the seal were changed"
    )
    seals = json.loads(sellout("audit", "--json", folder=sold.parent).out)["items"]["item-a"]["seals"]
    assert [(found["first_seal"], found["last_no"]) for found in seals["breaks"]] == [(2, number)]


def test_there_must_be_a_database_to_audit(tmp_path: Path) -> None:
    done = sellout("audit", folder=tmp_path)
    assert done.code == 1
    assert done.error.startswith("sqlite:///inventory.db: there is no such file")
    assert list(tmp_path.iterdir()) == []


WITHOUT_AN_ITEM = {
    "the items are removed": (
        "DROP TRIGGER items_are_not_removed; DELETE FROM inventory",
        {"movements": 6, "purchases": 3, "seals": 6},
    ),
    "a purchase of an unknown item": (
        "INSERT INTO purchases (id, item_id, item, quantity, purchased_at) VALUES ('p', 'x', 'X', 1, 1)",
        {"movements": 1, "purchases": 1},
    ),
    "a hold of an unknown item": (
        """INSERT INTO holds (id, item_id, item, quantity, held_at, held_until, expires_at)
           VALUES ('h', 'x', 'X', 1, 1, 2, 2)""",
        {"movements": 1, "holds": 1},
    ),
    "an entry of an unknown item": (
        """INSERT INTO waitlist (id, item_id, buyer, quantity, hold_id, state, joined_at)
           VALUES ('e', 'x', 'ada', 1, 'h', 'waiting', 1)""",
        {"waitlist": 1},
    ),
    "a seal of an unknown item": (
        "INSERT INTO seals VALUES ('x', 1, 1, 1, 'digest', 1)",
        {"seals": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WITHOUT_AN_ITEM)
def test_rows_without_an_item_are_found(case: str, sold: Path) -> None:
    script, orphans = WITHOUT_AN_ITEM[case]
    with contextlib.closing(sqlite3.connect(sold)) as shell:
        shell.executescript(script)
    done = sellout("audit", "--json", folder=sold.parent)
    found = json.loads(done.out)
    assert (done.code, found["consistent"], found["orphans"]) == (1, False, orphans)
    said = sellout("audit", folder=sold.parent)
    assert said.code == 1
    for table, rows in orphans.items():
        assert f"NOT CONSISTENT: {rows} rows of {table} name an item that is not there" in said.out


NO_SHOP: dict[str, Callable[[Path], object]] = {
    "an empty file": lambda path: path.touch(),
    "a file of another program": lambda path: execute(path, "CREATE TABLE notes (text)"),
    "a database without tables": lambda path: execute(path, "PRAGMA user_version = 1"),
}


@pytest.mark.parametrize("case", NO_SHOP)
def test_where_there_is_no_shop_nothing_is_consistent_and_nothing_is_made(case: str, tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    NO_SHOP[case](path)
    before = path.read_bytes()
    for command in READING:
        done = sellout(*command, folder=tmp_path)
        assert done.code == 1, command
        assert "there is no shop in it" in done.error or "another program" in done.error
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


READING = (
    ("audit",), ("audit", "--json"), ("items", "list"), ("keys", "list"), ("webhooks", "list"), ("webhooks", "events"),
    ("export", "purchases", "item-a"),
)  # fmt: skip
"""Commands that only look."""


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_who_only_looks_changes_nothing_and_may_look_at_what_is_read_only(command: tuple[str, ...], sold: Path) -> None:
    sold.chmod(0o400)
    sold.parent.chmod(0o500)
    before = (sold.read_bytes(), sold.stat().st_mtime_ns)
    try:
        done = sellout(*command, folder=sold.parent)
    finally:
        sold.parent.chmod(0o700)
    assert (done.code, done.err) == (0, "")
    assert (sold.read_bytes(), sold.stat().st_mtime_ns) == before
    assert list(sold.parent.iterdir()) == [sold]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_who_only_looks_sees_what_a_killed_server_has_left_in_the_log(command: tuple[str, ...], sold: Path) -> None:
    log = Path(f"{sold}-wal")
    with contextlib.closing(sqlite3.connect(sold)) as other:  # a copy of file and log, as a killed machine leaves them
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute(
            "INSERT INTO purchases (id, item_id, item, quantity, purchased_at) VALUES ('p', 'gala', 'G', 1, 1)"
        )
        other.execute("UPDATE inventory SET sold = sold + 1 WHERE id = 'gala'")
        other.commit()
        kept = {name: name.read_bytes() for name in (sold, log)}
    for name, content in kept.items():
        name.write_bytes(content)
    done = sellout(*command, folder=sold.parent)
    assert (done.code, done.err) == (0, "")
    assert {name: name.read_bytes() for name in sold.parent.iterdir()} == kept
    if command == ("audit", "--json"):
        assert json.loads(done.out)["items"]["gala"]["sold"] == 3


def test_who_looks_beside_a_server_changes_nothing_either(sold: Path) -> None:
    with running_shop(sold) as shop:
        shop.buy("gala", quantity=1)
        files = sorted(sold.parent.iterdir())
        before = sold.read_bytes()
        done = sellout("audit", "--json", folder=sold.parent)
        assert done.code == 0
        assert json.loads(done.out)["items"]["gala"]["sold"] == 3
        assert sorted(sold.parent.iterdir()) == files
        assert sold.read_bytes() == before


def test_an_older_schema_is_not_upgraded_by_a_look(sold: Path) -> None:
    execute(sold, "DELETE FROM sellout_migrations WHERE number = (SELECT max(number) FROM sellout_migrations)")
    done = sellout("audit", folder=sold.parent)
    assert done.code == 2
    assert "sellout db upgrade" in done.error


def test_what_cannot_be_checked_is_no_difference(tmp_path: Path) -> None:
    damaged = tmp_path / "inventory.db"
    damaged.write_bytes(b"this is no database" * 1000)
    done = sellout("audit", folder=tmp_path)
    assert (done.code, "not a database" in done.error) == (2, True)
    done = sellout("audit", "--database", "postgresql://nobody@127.0.0.1:1/shop", folder=tmp_path,
                   SELLOUT_LOCK_WAIT_SECONDS="0.2")  # fmt: skip
    assert done.code == 2


def test_a_start_pauses_an_item_whose_counters_were_changed_by_hand(
    sold: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    execute(sold, "UPDATE inventory SET sold = 0 WHERE id = 'gala'")
    with running(sold) as server:
        done = sellout("items", "list", "--json", folder=sold.parent)
        assert {item["id"]: item["state"] for item in json.loads(done.out)["items"]} == {
            "item-a": "on_sale",
            "gala": "paused",
        }
        assert server.stop() == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("sellout: gala: sold is 0, and its ledger says 2: ")


def test_reset_goes_back_to_the_fresh_default_item(sold: Path) -> None:
    done = sellout("reset", "--yes", folder=sold.parent, SELLOUT_STOCK="50")
    assert done == (0, "sqlite:///inventory.db: fresh, with 50 units of Item A\n", "")
    with running_shop(sold, organiser_key=None) as shop:
        (item,) = shop.get("/v1/items")["items"]
        assert (item["id"], item["available"]) == ("item-a", 50)
        assert shop.audit()["consistent"]
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
