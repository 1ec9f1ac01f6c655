"""What every store shows of a sale, whatever its engine."""

import pytest

from sellout.domain import (
    AddItem,
    Bought,
    EntryReading,
    EntryState,
    Got,
    Held,
    Hold,
    HoldState,
    Kind,
    Movement,
    MovementPage,
    NewPurchases,
    Purchase,
    PurchasesSince,
)
from sellout.store.port import Store
from tests.store.shop import Shop
from tests.words import a_basket_to_buy, a_buy, a_hold, a_join, after, an_item, confirm, offer_of, pay, refund


def got(shop: Shop, key: str, buyer: str = "ada", item_id: str = "a") -> Got | None:
    return shop.use(lambda store: store.got_by_key(item_id, buyer, key))


def test_a_key_leads_to_the_purchase_that_it_has_got(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    bought = a_buy(buyer="ada", key="k")
    shop.transact(bought, a_buy("b", buyer="ada", key="l"), a_buy(buyer="bob", key="m"), refund(bought, key="r"))
    found = got(shop, "k")
    assert isinstance(found, Purchase)
    assert (found.id, found.refunded_at) == (bought.purchase_id, shop.now)
    assert [got(shop, key) for key in ("l", "m", "r", "", "K")] == [None] * 5


def test_a_key_leads_to_the_hold_that_it_has_got_as_it_stands_now(shop: Shop) -> None:
    shop.transact(AddItem(an_item(hold_seconds=60)))
    first, second = a_hold(buyer="ada", key="k"), a_hold(buyer="ada", key="l")
    paid = confirm(first, key="c")
    held, _, _ = shop.transact(first, second, pay(first, key="p"))
    assert isinstance(held, Held)
    assert got(shop, "l") == held.hold._replace(id=second.hold_id, key="l")
    sold = shop.transact(paid)[0]
    shop.now = after(shop.now, 60)
    confirmed, expired = got(shop, "k"), got(shop, "l")
    assert isinstance(confirmed, Hold)
    assert isinstance(expired, Hold)
    assert (confirmed.state, confirmed.purchase_id) == (HoldState.CONFIRMED, paid.purchase_id)
    assert expired.state is HoldState.EXPIRED
    assert got(shop, "p") is None
    assert isinstance(sold, Bought)
    assert got(shop, "c") == sold.purchase


def test_a_key_leads_to_the_entry_that_it_has_got_with_its_place_and_its_offer(shop: Shop) -> None:
    shop.transact(AddItem(an_item(capacity=1)))
    sold, joined = a_buy(), a_join("ada", key="j")
    shop.transact(sold, a_join("bob", quantity=2), joined)
    waiting = got(shop, "j")
    assert isinstance(waiting, EntryReading)
    assert (waiting.entry.id, waiting.position, waiting.hold) == (joined.entry_id, 2, None)
    shop.transact(refund(sold))
    offered = got(shop, "j")
    assert isinstance(offered, EntryReading)
    assert isinstance(offered.hold, Hold)
    assert (offered.entry.state, offered.hold.id) == (EntryState.OFFERED, offer_of(joined))


def test_the_key_of_a_basket_leads_to_its_line_of_each_item(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    basket = a_basket_to_buy({"a": 1, "b": 2}, key="k")
    shop.transact(basket)
    for line in basket.lines:
        found = got(shop, "k", item_id=line.item_id)
        assert isinstance(found, Purchase)
        assert found.id == line.id
    assert got(shop, "k", item_id="") is None


def search(shop: Shop, text: str, limit: int, item_id: str = "a") -> list[str]:
    return [found.id for found in shop.use(lambda store: store.search_purchases(item_id, text, limit))]


BUYERS = ["anna", "Ann", "ann", "ann\U0010ffffe", "an%a", "an_a", "an\\a", "äda", "anz", "", "ann", "\U0010ffff", "bob"]


@pytest.mark.parametrize(
    "text", ["ann", "A", "an%", "an_", "an\\", "a", "", "ä", "\U0010ffff", "ann\U0010ffff", "%", "*", "annab", "'"]
)
def test_a_search_finds_the_purchases_of_buyers_whose_names_begin_with_a_text(shop: Shop, text: str) -> None:
    shop.transact(AddItem(an_item("a", capacity=50)), AddItem(an_item("b", capacity=50)))
    bought = [a_buy(buyer=buyer) for buyer in BUYERS]
    shop.transact(*bought, *(a_buy("b", buyer=buyer) for buyer in BUYERS))
    expected = sorted((buy for buy in bought if buy.buyer.startswith(text)), key=lambda buy: buy.buyer)
    assert search(shop, text, 50) == [buy.purchase_id for buy in expected]
    assert search(shop, text, 2) == [buy.purchase_id for buy in expected][:2]


def test_a_search_for_an_id_finds_that_purchase_first_and_once(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")))
    wanted = a_buy(buyer="zoe")
    named_alike, itself = a_buy(buyer=f"{wanted.purchase_id} too"), a_buy(buyer="p")
    shop.transact(itself, wanted, named_alike)
    ids = [wanted.purchase_id, named_alike.purchase_id]
    assert search(shop, wanted.purchase_id, 5) == ids
    assert search(shop, wanted.purchase_id, 1) == ids[:1]
    assert search(shop, wanted.purchase_id, 5, "b") == []
    own = a_buy(buyer="own")._replace(purchase_id="own")
    shop.transact(own)
    assert search(shop, "own", 5) == ["own"]


def test_the_ledger_is_shown_from_the_newest_movement_on(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a", capacity=7)), AddItem(an_item("b")))
    began, held = shop.now, a_hold(quantity=2)
    shop.transact(held)
    shop.now = after(began, 1)
    bought, paid = a_buy(quantity=3), confirm(held)
    shop.transact(a_buy("b"), bought, a_buy("b"))
    shop.transact(paid)
    shop.transact(refund(bought))

    async def read(store: Store) -> list[list[Movement]]:
        pages, before = [], 0
        while True:
            page = await store.movements("a", before, 2)
            pages.append([movement._replace(no=0) for movement in page.movements])
            if page.next_before is None:
                return pages
            before = page.next_before

    sale, hold, both = bought.purchase_id, held.hold_id, shop.now
    pages = shop.use(read)
    assert pages[0] == [
        Movement(0, Kind.REFUND, sale, None, 0, -3, 0, both),
        Movement(0, Kind.CONFIRM, None, hold, 0, 0, -2, both),
    ]
    assert pages[1] == [
        Movement(0, Kind.BUY, paid.purchase_id, None, 0, 2, 0, both),
        Movement(0, Kind.BUY, sale, None, 0, 3, 0, both),
    ]
    assert pages[2] == [
        Movement(0, Kind.HOLD, None, hold, 0, 0, 2, began),
        Movement(0, Kind.RESTOCK, None, None, 7, 0, 0, began),
    ]
    assert len(pages) == 3
    assert shop.use(lambda store: store.movements("no-such-item", 0, 2)) == MovementPage([], None)


def history(shop: Shop, points_max: int) -> list[tuple[int, int]]:
    return [(point.at, point.sold) for point in shop.use(lambda store: store.sales_history("a", points_max))]


def test_the_history_of_a_sale_goes_in_equal_steps_from_its_first_sale_to_now(shop: Shop) -> None:
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")), a_buy("b"))
    assert history(shop, 10) == []
    began = shop.now = after(shop.now, 100)
    held, bought = a_hold(), a_buy(quantity=3)
    shop.transact(held, bought)
    shop.now = after(began, 2)
    shop.transact(a_buy(quantity=2), a_buy("b"), confirm(held))
    shop.now = after(began, 7.5)
    shop.transact(refund(bought))
    shop.now = after(began, 9)
    sold = [3, 3, 6, 6, 6, 6, 6, 6, 3, 3]
    assert history(shop, 10) == [(after(began, second), units) for second, units in enumerate(sold)]
    assert history(shop, 2) == [(began, 3), (after(began, 9), 3)]
    assert history(shop, 1) == [(after(began, 9), 3)]


def test_the_history_of_a_sale_ends_when_it_ended_if_the_clock_went_back(shop: Shop) -> None:
    began = shop.now
    shop.transact(AddItem(an_item()), a_buy())
    assert history(shop, 10) == [(began, 1)]
    shop.now += 3
    shop.transact(a_buy())
    shop.now -= 100
    assert history(shop, 10) == [(began, 1), (began + 1, 1), (began + 2, 1), (began + 3, 2)]
    assert history(shop, 3) == [(began + 1, 1), (began + 2, 1), (began + 3, 2)]


def test_purchases_since_a_look_are_counted_once_for_each_item(shop: Shop) -> None:
    def since(last: int | None) -> PurchasesSince:
        return shop.use(lambda store: store.purchases_since(last))

    assert since(None) == PurchasesSince({}, 0)
    held = a_hold("b", quantity=2)
    shop.transact(AddItem(an_item("a")), AddItem(an_item("b")), a_buy("a"), a_buy("b", quantity=3), held)
    begin = since(None)
    assert since(begin.last) == PurchasesSince({}, begin.last)
    shop.transact(a_buy("a", quantity=2), a_buy("a"), confirm(held), a_buy("a", quantity=11))
    new = since(begin.last)
    assert new.items == {"a": NewPurchases(2, 3), "b": NewPurchases(1, 2)}
    assert since(None) == since(new.last) == PurchasesSince({}, new.last)
    assert since(0).items == {"a": NewPurchases(3, 4), "b": NewPurchases(2, 5)}
