"""What the schema itself says of holds, whoever writes to the file: the ledger, the ends, one payment for one hold."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sellout.domain import AddItem, ConfirmHold, JoinWaitlist, TakeHold
from sellout.store.sqlite import SQLiteStore
from tests.words import an_item

NEW_HOLD = """
INSERT INTO holds (id, item_id, item, quantity, held_at, held_until, expires_at) VALUES ('x', 'a', 'A', 1, 5, 9, 9)
"""
NEW_PURCHASE = "INSERT INTO purchases (id, item_id, item, quantity, purchased_at, hold_id, payment_ref) VALUES "


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """Three holds, `h1` of two units still open and `h2` and `h3` of one unit confirmed; one who waits."""

    async def fill() -> None:
        store = SQLiteStore(path)
        try:
            await store.transact(
                [
                    AddItem(an_item(capacity=4)),
                    TakeHold("h1", "a", "ada", 2, "k"),
                    TakeHold("h2", "a", "bob", 1, None),
                    TakeHold("h3", "a", "bob", 1, None),
                    ConfirmHold("h2", "p2", "pay-2", None),
                    ConfirmHold("h3", "p3", "pay-3", None),
                    JoinWaitlist("e1", "offer-1", "a", "cyd", 1, None, None),
                ],
                time.monotonic() + 30,
            )
        finally:
            await store.close()

    asyncio.run(fill())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE inventory SET held = 3", "never_oversold"),
        ("UPDATE inventory SET held = -1", "held_is_not_negative"),
        ("DELETE FROM holds", "never removed"),
        ("UPDATE holds SET quantity = 1", "never changed"),
        ("UPDATE holds SET held_until = 0", "never changed"),
        ("UPDATE holds SET state = 'held', ended_at = NULL WHERE id = 'h2'", "stays ended"),
        ("UPDATE holds SET expires_at = expires_at + 1 WHERE id = 'h2'", "stays ended"),
        ("UPDATE holds SET state = 'lost' WHERE id = 'h1'", "state_is_known"),
        ("UPDATE holds SET state = 'released' WHERE id = 'h1'", "open_or_ended"),
        ("UPDATE holds SET ended_at = 5 WHERE id = 'h1'", "open_or_ended"),
        ("UPDATE holds SET expires_at = held_until - 1 WHERE id = 'h1'", "payment_moves_the_deadline_later"),
        (NEW_HOLD.replace("1, 5", "0, 5"), "quantity_is_positive"),
        (NEW_HOLD.replace("'x'", "'h1'"), "UNIQUE"),
        (NEW_PURCHASE + "('x', 'a', 'A', 1, 0, 'h2', NULL)", "UNIQUE.*hold_id"),
        (NEW_PURCHASE + "('x', 'a', 'A', 1, 0, 'h1', 'pay-2')", "UNIQUE.*payment_ref"),
        (NEW_PURCHASE + "('x', 'a', 'A', 1, 0, 'nothing', NULL)", "FOREIGN KEY"),
        ("UPDATE purchases SET payment_ref = 'other'", "never changed"),
        ("UPDATE waitlist SET state = 'lost'", "state_is_known"),
        ("UPDATE waitlist SET buyer = ''", "buyer_has_a_name"),
        ("INSERT INTO movements (item_id, kind, capacity, sold, held, moved_at) VALUES ('a','hold',0,0,1,0)", "cause"),
        ("INSERT INTO used_keys VALUES ('a', 'b', 'c', 'steal', 'd', 0)", "action_is_known"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_another_program_must_not_do(
    held: sqlite3.Connection, statement: str, says: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=says):
        held.execute(statement)


def test_whoever_holds_and_ends_a_hold_leaves_movements(held: sqlite3.Connection) -> None:
    for number, state in enumerate(("released", "expired", "confirmed")):
        held.execute(NEW_HOLD.replace("'x'", f"'x{number}'"))
        held.execute("UPDATE holds SET state = ?, ended_at = 6 WHERE id = ?", (state, f"x{number}"))
    rows = held.execute("SELECT kind, held, hold_id FROM movements ORDER BY movement_no DESC LIMIT 6").fetchall()
    assert rows[::-1] == [
        ("hold", 1, "x0"), ("release", -1, "x0"),
        ("hold", 1, "x1"), ("expire", -1, "x1"),
        ("hold", 1, "x2"), ("confirm", -1, "x2"),
    ]  # fmt: skip


def test_a_late_confirmation_is_the_one_way_out_of_an_end_and_moves_no_held_unit(held: sqlite3.Connection) -> None:
    held.execute("UPDATE holds SET state = 'expired', ended_at = 6 WHERE id = 'h1'")
    held.execute("UPDATE holds SET state = 'confirmed', ended_at = 7 WHERE id = 'h1'")
    kinds = held.execute("SELECT kind FROM movements WHERE hold_id = 'h1' ORDER BY movement_no").fetchall()
    assert kinds == [("hold",), ("expire",)]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE inventory SET held = held - 1",
        "UPDATE holds SET state = 'released', ended_at = 5 WHERE id = 'h1'",
        NEW_HOLD,
        "DROP TRIGGER movements_are_not_removed; DELETE FROM movements WHERE kind = 'hold' AND hold_id = 'h1'",
        "DROP TRIGGER holds_are_not_changed; UPDATE holds SET quantity = 1 WHERE id = 'h1'",
        "DROP TRIGGER ended_holds_stay_ended; UPDATE holds SET state = 'held', ended_at = NULL WHERE id = 'h2'",
    ],
)
def test_the_audit_finds_what_was_tampered_with(path: Path, held: sqlite3.Connection, tampering: str) -> None:
    async def consistent() -> bool:
        store = SQLiteStore(path)
        try:
            audit = await store.audit("a")
        finally:
            await store.close()
        assert audit is not None
        return audit.consistent

    assert asyncio.run(consistent())
    held.executescript(tampering)
    assert not asyncio.run(consistent())
