"""The books as plain SQL reads them, on both engines: every row of a shop that has done everything once."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sellout.domain import (
    MICROSECONDS,
    AddItem,
    Bought,
    Buy,
    BuyBasket,
    ConfirmHold,
    Item,
    JoinWaitlist,
    PayHold,
    Refund,
    TakeHold,
)
from sellout.domain import commands as ask
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
from sellout.store.clock import Clock
from sellout.store.port import Store
from sellout.store.postgres import open_postgres
from sellout.store.sqlite import SQLiteStore
from sellout.torture.books import read_postgres, read_sqlite
from tests import postgres
from tests.store.behind import BehindPostgres, BehindSQLite
from tests.store.shop import Shop

NOW = 1_700_000_000_000_000
HOLD_SECONDS = 10
LATER = NOW + 60 * MICROSECONDS

Reads = Callable[[], Kept]


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Shop, Reads]:
    """A shop, and what reads its books."""
    if request.param == "postgres":
        url = postgres.fresh_database()
        shop = Shop(lambda clock: open_postgres(url, clock), BehindPostgres(url))
        return shop, lambda: asyncio.run(read_postgres(url))
    file = tmp_path / "shop.db"

    async def open_file(clock: Clock) -> Store:
        return SQLiteStore(file, clock)

    return Shop(open_file, BehindSQLite(file)), lambda: read_sqlite(file)


def item(item_id: str, capacity: int) -> Item:
    return Item(
        id=item_id, name=item_id, capacity=capacity, sold=0, held=0, opens_at=None, closes_at=None, paused=False,
        limit_per_buyer=None, max_per_order=10, hold_seconds=HOLD_SECONDS, payment_seconds=10, offer_seconds=10,
    )  # fmt: skip


def test_every_row_is_read_as_it_was_written(opened: tuple[Shop, Reads]) -> None:
    shop, read = opened
    shop.now = NOW
    shop.transact(AddItem(item("a", 3)), AddItem(item("b", 2)))
    shop.transact(Buy("p1", "a", "ann", 1, "k1"), TakeHold("h1", "a", "bob", 1, "k2"), TakeHold("h2", "b", "", 2, None))
    shop.transact(PayHold("h1", "k3"), ConfirmHold("h1", "p2", "pay-1", "k4"), Refund("p1", "k5"))
    shop.now = LATER
    basket = (ask.Line("p3", "a", 1), ask.Line("p4", "b", 2))
    shop.transact(BuyBasket("basket", "cat", basket, "k6"), JoinWaitlist("e1", "h3", "b", "dan", 1, None, "k7"))
    shop.transact(ConfirmHold("h2", "p5", "pay-2", "k8"))

    kept = read()
    assert kept.items == (KeptItem("a", 3, 2, 0), KeptItem("b", 2, 2, 0))
    assert kept.purchases == (
        KeptPurchase("p1", "a", "ann", 1, "k1", NOW, refunded_at=NOW),
        KeptPurchase("p2", "a", "bob", 1, "k4", NOW, hold_id="h1", payment_ref="pay-1"),
        KeptPurchase("p3", "a", "cat", 1, "k6", LATER, basket_id="basket"),
        KeptPurchase("p4", "b", "cat", 2, "k6", LATER, basket_id="basket"),
    )
    assert [(hold.hold_id, hold.buyer, hold.quantity, hold.key, hold.state) for hold in kept.holds] == [
        ("h1", "bob", 1, "k2", "confirmed"),
        ("h2", "", 2, None, "expired"),
    ]
    assert kept.holds[1] == KeptHold(
        "h2", "b", "", 2, None, NOW, NOW + HOLD_SECONDS * MICROSECONDS, "expired", ended_at=LATER
    )
    assert kept.entries == (KeptEntry("e1", 1, "b", "dan", 1, "waiting", LATER, "h3"),)
    assert set(kept.keys) == {
        KeptKey("a", "bob", "k3", "pay", "h1"),
        KeptKey("a", "ann", "k5", "refund", "p1"),
        KeptKey("", "cat", "k6", "buy_basket", "basket"),
        KeptKey("b", "dan", "k7", "join", "e1"),
    }
    assert kept.late_payments == (KeptLatePayment("pay-2", "h2", "b", 2),)
    moved = [(m.item, m.kind, m.capacity, m.sold, m.held, m.purchase_id or m.hold_id) for m in kept.movements]
    assert sorted(map(str, moved)) == sorted(
        map(
            str,
            [
                ("a", "restock", 3, 0, 0, None),
                ("b", "restock", 2, 0, 0, None),
                ("a", "buy", 0, 1, 0, "p1"),
                ("a", "hold", 0, 0, 1, "h1"),
                ("b", "hold", 0, 0, 2, "h2"),
                ("a", "confirm", 0, 0, -1, "h1"),
                ("a", "buy", 0, 1, 0, "p2"),
                ("a", "refund", 0, -1, 0, "p1"),
                ("b", "expire", 0, 0, -2, "h2"),
                ("a", "buy", 0, 1, 0, "p3"),
                ("b", "buy", 0, 2, 0, "p4"),
            ],
        )
    )
    assert kept.movements[0] == Movement(1, "a", "restock", 3, 0, 0, NOW)
    assert [movement.no for movement in kept.movements] == sorted(movement.no for movement in kept.movements)


def test_reading_changes_nothing_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"

    async def sell() -> None:
        store = SQLiteStore(file, lambda: NOW)
        (_, bought) = await store.transact([AddItem(item("a", 1)), Buy("p1", "a", "", 1, None)], deadline=float("inf"))
        assert isinstance(bought, Bought)
        await store.close()

    asyncio.run(sell())
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(read_sqlite(file).purchases) == 1
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_books_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRun, match=r"none\.db cannot be read"):
        read_sqlite(tmp_path / "none.db")
    with pytest.raises(CouldNotRun, match="the books cannot be read"):
        asyncio.run(read_postgres(postgres.url_of("no_such_shop")))
