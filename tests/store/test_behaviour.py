"""What every store does, whatever its engine: one suite that each engine is put under (`test_readings.py` too)."""

import asyncio
import time
from typing import Any

from sellout.domain import (
    AddItem,
    Bought,
    BuyerTokens,
    Change,
    ChangeItem,
    ItemSaved,
    Kind,
    MovementSum,
    Outcome,
    Reason,
    Refund,
    Refunded,
    Refused,
)
from sellout.store.port import Store
from tests.shelves import kinds
from tests.store.shop import Shop
from tests.words import a_buy, an_item


def test_what_is_committed_is_there_after_reopening(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=3)))
    (sold,) = shop.transact(a_buy(quantity=2, buyer="ada", key="k"))
    assert isinstance(sold, Bought)
    assert shop.item() == an_item(capacity=3, sold=2)
    assert shop.use(lambda store: store.purchase(sold.purchase.id)) == sold.purchase
    assert shop.use(lambda store: store.purchase_by_key("a", "ada", "k")) == sold.purchase
    assert shop.use(lambda store: store.purchase_by_key("a", "", "k")) is None


def test_a_batch_is_decided_in_order_and_its_refusals_leave_no_trace(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=2)))
    assert kinds(shop.transact(a_buy(quantity=4), a_buy(), a_buy(), a_buy())) == [
        "not_enough_left",
        "Bought",
        "Bought",
        "sold_out",
    ]
    assert shop.item().sold == 2


def test_a_key_is_found_again_after_reopening_and_after_the_last_unit(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1)))
    (first,) = shop.transact(a_buy(key="k", buyer="ada"))
    assert isinstance(first, Bought)
    assert shop.transact(a_buy(key="k", buyer="ada")) == [Bought(first.purchase, replayed=True)]
    assert kinds(shop.transact(a_buy(key="k", buyer="ada", quantity=2))) == ["key_reused"]
    assert kinds(shop.transact(a_buy(key="l", buyer="ada"))) == ["sold_out"]


def test_limits_count_what_buyers_have_and_refunds_give_back(shop: Shop) -> None:
    shop.transact(AddItem(an_item(limit_per_buyer=2)))
    (first,) = shop.transact(a_buy(quantity=2, buyer="ada"))
    assert isinstance(first, Bought)
    assert kinds(shop.transact(a_buy(buyer="ada"), a_buy(buyer="bob"))) == ["limit_reached", "Bought"]
    assert kinds(shop.transact(Refund(first.purchase.id))) == ["Refunded"]
    assert kinds(shop.transact(Refund(first.purchase.id), a_buy(buyer="ada"))) == ["already_refunded", "Bought"]
    refunded = shop.use(lambda store: store.purchase(first.purchase.id))
    assert refunded is not None
    assert refunded.refunded_at == shop.now


def test_a_limit_that_is_set_in_the_same_batch_counts_what_was_bought_before(shop: Shop) -> None:
    shop.transact(AddItem(an_item()), a_buy(quantity=2, buyer="ada"))
    limited = ChangeItem("a", (Change("limit_per_buyer", 2),))
    assert kinds(shop.transact(limited, a_buy(buyer="ada"))) == ["ItemSaved", "limit_reached"]


def test_every_member_of_an_item_is_kept(shop: Shop) -> None:
    full = an_item(
        opens_at=5, closes_at=9, paused=True, limit_per_buyer=3, max_per_order=4, hold_seconds=60,
        buyer_tokens=BuyerTokens.REQUIRED,
    )  # fmt: skip
    assert kinds(shop.transact(AddItem(full), AddItem(full))) == ["ItemSaved", "item_exists"]
    assert shop.item() == full
    changes: dict[str, Any] = {
        "name": "New", "capacity": 7, "opens_at": None, "closes_at": None, "paused": False,
        "buyer_tokens": BuyerTokens.OPTIONAL,
    }  # fmt: skip
    (saved,) = shop.transact(ChangeItem("a", tuple(Change(*change) for change in changes.items())))
    assert isinstance(saved, ItemSaved)
    assert shop.item() == saved.item == full._replace(**changes)


def test_the_ledger_adds_up_to_the_counters(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=10)))
    shop.transact(ChangeItem("a", (Change("capacity", 8),)))
    outcomes = shop.transact(a_buy(quantity=3), a_buy(quantity=2))
    assert isinstance(outcomes[0], Bought)
    assert kinds(shop.transact(Refund(outcomes[0].purchase.id))) == ["Refunded"]
    audit = shop.use(lambda store: store.audit("a"))
    assert audit is not None
    assert audit.consistent
    assert audit.sums == {
        Kind.RESTOCK: MovementSum(2, 8, 0, 0),
        Kind.BUY: MovementSum(2, 0, 5, 0),
        Kind.REFUND: MovementSum(1, 0, -3, 0),
    }
    assert shop.use(lambda store: store.audit("no-such-item")) is None


def test_pages_follow_each_other_in_the_order_of_sale(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    mine = [a_buy("a") for _ in range(5)]
    shop.transact(*[command for pair in zip(mine, [a_buy("b") for _ in range(5)], strict=True) for command in pair])

    async def read(store: Store) -> list[list[str]]:
        pages, after = [], 0
        while True:
            page = await store.purchases("a", after, 2)
            pages.append([purchase.id for purchase in page.purchases])
            if page.next_after is None:
                return pages
            after = page.next_after

    ids = [command.purchase_id for command in mine]
    assert shop.use(read) == [ids[:2], ids[2:4], ids[4:]]


def test_time_never_runs_backwards_in_a_decision(shop: Shop) -> None:
    shop.transact(AddItem(an_item(closes_at=shop.now + 100)), a_buy())
    shop.now += 50
    (later,) = shop.transact(a_buy())
    shop.now -= 3_600_000_000
    (after_the_jump,) = shop.transact(a_buy())
    assert isinstance(later, Bought)
    assert isinstance(after_the_jump, Bought)
    assert after_the_jump.purchase.purchased_at == later.purchase.purchased_at
    shop.now += 3_600_000_000 + 100
    assert kinds(shop.transact(a_buy())) == ["closed"]


def test_two_stores_on_one_database_sell_one_stock(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=50)))

    async def sell(one: Store) -> list[Outcome]:
        two = await shop.open(lambda: shop.now)
        try:
            deadline = time.monotonic() + 30
            batches = [store.transact([a_buy(key=f"k{n}") for n in range(i, i + 3)], deadline)
                       for i in range(0, 60, 3) for store in (one, two)]  # fmt: skip
            return [outcome for batch in await asyncio.gather(*batches) for outcome in batch]
        finally:
            await two.close()

    outcomes = shop.use(sell)
    new = [outcome for outcome in outcomes if isinstance(outcome, Bought) and not outcome.replayed]
    assert len(new) == shop.item().sold == 50
    for outcome in outcomes:
        assert isinstance(outcome, Bought) or outcome == Refused(Reason.SOLD_OUT, available=0)


def test_a_reset_removes_the_sale_and_keeps_the_keys(shop: Shop) -> None:
    async def fill_and_reset(store: Store) -> tuple[Any, Any]:
        await store.transact([AddItem(an_item()), a_buy()], time.monotonic() + 30)
        await store.add_first_organiser_key("first", "digest")
        await store.reset()
        return await store.items(), await store.organiser_keys()

    snapshot, keys = shop.use(fill_and_reset)
    assert list(snapshot.items) == []
    assert [key.digest for key in keys] == ["digest"]
    assert kinds(shop.transact(AddItem(an_item()), a_buy())) == ["ItemSaved", "Bought"]


def test_who_looks_during_a_reset_sees_the_items_of_before_or_those_of_after(shop: Shop) -> None:
    async def reset_and_look(store: Store) -> list[list[int]]:
        await store.transact([AddItem(an_item()), a_buy()], time.monotonic() + 30)
        seen = []
        resetting = asyncio.ensure_future(store.reset([AddItem(an_item(capacity=7))]))
        while not resetting.done():
            seen.append([item.sold for item in (await store.items()).items])
        await resetting
        return [*seen, [item.capacity for item in (await store.items()).items]]

    *seen, after = shop.use(reset_and_look)
    assert after == [7]
    assert [] not in seen, "nobody is told that there is no such item"


def test_a_refund_of_an_item_that_others_buy_in_the_same_batch(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1)))
    (first,) = shop.transact(a_buy())
    assert isinstance(first, Bought)
    outcomes = shop.transact(a_buy(), Refund(first.purchase.id), a_buy(), a_buy())
    assert kinds(outcomes) == ["sold_out", "Refunded", "Bought", "sold_out"]
    assert isinstance(outcomes[1], Refunded)
    assert shop.item().available == 0
