"""The ledger's seals, whatever the engine: every movement is sealed, and whatever is changed afterwards is found."""

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellout.auditing import audit_all, check_ledger
from sellout.domain import AddItem, Change, ChangeItem
from sellout.ledger import Checker
from sellout.store import sealing
from sellout.store.port import Store
from tests.store.shop import Shop
from tests.words import a_buy, a_hold, an_item, confirm, refund, release

MOVEMENTS = "movement_no, item_id, kind, capacity, sold, held, purchase_id, hold_id, moved_at"
SEALS = "item_id, seal_no, through_no, movements, digest, sealed_at"
Table = list[tuple[Any, ...]]


def movements(shop: Shop, item_id: str = "a") -> Table:
    return shop.behind.ask(f"SELECT {MOVEMENTS} FROM movements WHERE item_id = '{item_id}' ORDER BY movement_no")


def seals(shop: Shop, item_id: str = "a") -> Table:
    return shop.behind.ask(f"SELECT {SEALS} FROM seals WHERE item_id = '{item_id}' ORDER BY seal_no")


def check(shop: Shop, item_id: str = "a") -> Checker:
    return shop.use(lambda store: check_ledger(store, item_id))


def sell(shop: Shop) -> None:
    """Several batches of two items, with movements of every kind."""
    shop.transact(AddItem(an_item("a", capacity=20)), AddItem(an_item("b")))
    kept, given_back, bought = a_hold(), a_hold(), a_buy(quantity=2)
    shop.transact(a_buy("b"), kept, bought, a_buy("b"), given_back)
    shop.now += 5
    shop.transact(confirm(kept), release(given_back), a_buy("b"))
    shop.transact(refund(bought), ChangeItem("a", (Change("capacity", 15),)), a_hold())
    shop.now += 700_000_000
    shop.transact(a_buy(buyer="ada"))


def digest_by_hand(rows: Table, seal: tuple[Any, ...], previous: str) -> str:
    """As the docstring of `sellout.ledger` tells it, and with nothing of that module."""
    item_id, seal_no, through_no, count, _, sealed_at = seal
    lines: list[Sequence[Any]] = [*rows, ("sellout-ledger-1", item_id, seal_no, through_no, count, sealed_at, previous)]
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def assert_sealed(shop: Shop, item_id: str) -> None:
    """Every movement is covered by one seal, and every digest is what anybody makes it to be."""
    rows, found, previous, covered = movements(shop, item_id), seals(shop, item_id), "", 0
    assert [seal[1] for seal in found] == list(range(1, len(found) + 1))
    for seal in found:
        mine = [row for row in rows if covered < row[0] <= seal[2]]
        assert (len(mine), mine[-1][0]) == (seal[3], seal[2])
        assert digest_by_hand(mine, seal, previous) == seal[4]
        previous, covered = seal[4], seal[2]
    assert covered == rows[-1][0]


def test_every_batch_seals_the_movements_of_its_items(shop: Shop) -> None:
    sell(shop)
    assert_sealed(shop, "a")
    assert_sealed(shop, "b")
    assert [seal[3] for seal in seals(shop)] == [1, 3, 3, 3, 2]
    assert shop.behind.ask("SELECT id, seals FROM inventory ORDER BY id") == [("a", 5), ("b", 3)]
    checked = check(shop)
    assert (checked.breaks, checked.seals, checked.movements, checked.unsealed) == ([], 5, 12, 0)
    assert checked.digest == seals(shop)[-1][4]


def test_what_moves_nothing_is_not_sealed(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a", capacity=1)), a_buy())
    before = seals(shop)
    shop.transact(a_buy(), ChangeItem("a", (Change("name", "New"),)))
    assert seals(shop) == before


ODD = 'ö"\\\x01\n\t\x7f\u2028💥/é'


def test_ids_of_any_characters_are_sealed_alike(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), a_buy()._replace(purchase_id=ODD))
    assert_sealed(shop, "a")
    assert check(shop).unbroken


def by_another_program(shop: Shop, purchase_id: str) -> None:
    shop.behind.write(
        "INSERT INTO purchases (id, item_id, item, buyer, quantity, purchased_at)"
        f" VALUES ('{purchase_id}', 'a', 'A', 'x', 1, {shop.now})",
        "UPDATE inventory SET sold = sold + 1 WHERE id = 'a'",
    )


def test_the_next_batch_seals_what_another_program_has_sold(shop: Shop) -> None:
    shop.transact(AddItem(an_item()))
    by_another_program(shop, "other")
    checked = check(shop)
    assert (checked.unbroken, checked.unsealed) == (True, 1)
    shop.transact(a_buy())
    assert_sealed(shop, "a")
    assert [seal[3] for seal in seals(shop)] == [1, 2]
    assert check(shop).unsealed == 0


def test_what_nobody_has_sealed_is_sealed_in_pieces(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOVEMENTS_MAX", 3)
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    for number in range(7):
        by_another_program(shop, f"other-{number}")

    async def seal_all(store: Store) -> list[int]:
        return [await store.seal_rest() for _ in range(4)]

    assert shop.use(seal_all) == [3, 3, 1, 0]
    assert_sealed(shop, "a")
    assert [seal[3] for seal in seals(shop)] == [1, 3, 3, 1]
    assert len(seals(shop, "b")) == 1


def test_a_batch_seals_no_more_than_it_may_and_the_next_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOVEMENTS_MAX", 3)
    shop.transact(AddItem(an_item("a", capacity=100)), *(a_buy() for _ in range(6)))
    assert (check(shop).unbroken, check(shop).unsealed) == (True, 4)
    shop.transact(a_buy())
    shop.transact(a_buy())
    assert_sealed(shop, "a")


@pytest.mark.parametrize(("page", "look"), [(1, 1), (2, 3), (3, 100)])
def test_a_ledger_is_checked_in_pages_of_any_size(
    shop: Shop, page: int, look: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop)
    whole = check(shop)
    monkeypatch.setattr(sealing, "SEALS_IN_PAGE", page)
    monkeypatch.setattr(sealing, "MOVEMENTS_IN_PAGE", page)
    monkeypatch.setattr(sealing, "MOVEMENTS_IN_LOOK", look)
    paged = check(shop)
    assert (paged.breaks, paged.seals, paged.movements) == ([], whole.seals, whole.movements)


def test_a_ledger_is_checked_while_it_grows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sell(shop)
    monkeypatch.setattr(sealing, "SEALS_IN_PAGE", 1)

    async def check_and_sell(store: Store) -> Checker:
        checker = Checker("a")
        while await store.check_ledger(checker):
            if checker.seals < 8:
                await store.transact([a_hold()], time.monotonic() + 30)
        return checker

    checked = shop.use(check_and_sell)
    assert (checked.breaks, checked.unsealed, checked.movements) == ([], 0, len(movements(shop)))


@pytest.mark.parametrize(
    "statement", ["UPDATE seals SET sealed_at = 0", "DELETE FROM seals", "UPDATE seals SET digest = ''"]
)
def test_seals_are_append_only(shop: Shop, statement: str) -> None:
    sell(shop)
    with pytest.raises(Exception, match="append-only"):
        shop.behind.write(statement)


NEVER = {
    "DELETE FROM inventory": "an item is never removed",
    "UPDATE inventory SET id = 'other'": "the id of an item is never changed",
    "UPDATE purchases SET item = 'other'": "a purchase is never changed",
    "UPDATE purchases SET purchase_no = purchase_no + 9": "a purchase is never changed|can only be updated to DEFAULT",
    "UPDATE holds SET hold_no = hold_no + 9": "a hold is never changed|can only be updated to DEFAULT",
    "UPDATE holds SET item = 'other'": "a hold is never changed",
}


@pytest.mark.parametrize("statement", NEVER)
def test_what_sales_name_stays(shop: Shop, statement: str) -> None:
    sell(shop)
    with pytest.raises(Exception, match=NEVER[statement]):
        shop.behind.write(statement)


def test_a_sale_goes_on_behind_a_seal_that_is_missing(shop: Shop) -> None:
    sell(shop)
    shop.behind.tamper("DELETE FROM seals WHERE item_id = 'a' AND seal_no = 5")
    shop.transact(a_buy())
    assert [seal[1] for seal in seals(shop)] == [1, 2, 3, 4, 6]
    (found,) = check(shop).breaks
    assert (found.first_seal, found.last_seal, found.what) == (5, 5, "the seal is missing")


# Whatever is changed.

_VALUES: dict[str, list[str | int]] = {"text": ["", "x", "a", "0" * 64], "number": [-1, 0, 1, 2, 7, 10**12]}
_NUMBERS = {"movement_no", "capacity", "sold", "held", "moved_at", "seal_no", "through_no", "movements", "sealed_at"}


def _columns(table: str) -> list[str]:
    return (MOVEMENTS if table == "movements" else SEALS).split(", ")


def _written(value: object) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return "'" + str(value).replace("'", "''") + "'"


def put_back(shop: Shop, table: str, rows: Table) -> None:
    values = ", ".join(f"({', '.join(map(_written, row))})" for row in rows)
    columns, anyhow = ", ".join(_columns(table)), shop.behind.any_number if table == "movements" else ""
    shop.behind.tamper(f"DELETE FROM {table}", f"INSERT INTO {table} ({columns}) {anyhow} VALUES {values}")


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str, int, str, Any]:
    table = draw(st.sampled_from(["movements", "seals"]))
    what = draw(st.sampled_from(["change", "remove", "add"]))
    columns = [column for column in _columns(table) if what != "add" or column != "item_id"]
    column = draw(st.sampled_from(columns))
    value = draw(st.sampled_from(_VALUES["number" if column in _NUMBERS else "text"]))
    return table, what, draw(st.integers(0, 11)), column, value


def changed(rows: Table, change: tuple[str, str, int, str, Any]) -> Table:
    """The rows of a table after a change."""
    table, what, place, column, value = change
    place %= len(rows)
    row, at = list(rows[place]), _columns(table).index(column)
    if what == "remove":
        return [*rows[:place], *rows[place + 1 :]]
    row[at] = value
    if what == "change":
        return [*rows[:place], tuple(row), *rows[place + 1 :]]
    key = 0 if table == "movements" else 1
    row[key] = max(each[key] for each in rows) + (1 if table == "seals" else -100)
    return [*rows, tuple(row)]


def test_any_change_of_a_movement_or_a_seal_is_found(shop: Shop) -> None:
    sell(shop)
    tables = {
        "movements": shop.behind.ask(f"SELECT {MOVEMENTS} FROM movements ORDER BY movement_no"),
        "seals": shop.behind.ask(f"SELECT {SEALS} FROM seals ORDER BY item_id, seal_no"),
    }

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(changes())
    def find(change: tuple[str, str, int, str, Any]) -> None:
        table = change[0]
        after = changed(tables[table], change)
        keys = [row[:1] if table == "movements" else row[:2] for row in after]
        if sorted(after, key=repr) == sorted(tables[table], key=repr) or len(set(keys)) < len(keys):
            return  # it is the same, or the database keeps it out
        put_back(shop, table, after)
        try:
            assert not all(found.ledger.unbroken for found in shop.use(audit_all).items), change
        finally:
            put_back(shop, table, tables[table])

    find()
    for name, column in [(table, column) for table in tables for column in _columns(table)]:
        value: object = 10**9 if column in _NUMBERS else "other"
        put_back(shop, name, changed(tables[name], (name, "change", 4, column, value)))
        assert not all(found.ledger.unbroken for found in shop.use(audit_all).items), column
        put_back(shop, name, tables[name])
    assert shop.use(audit_all).consistent
