"""The ledger of an item, movement by movement, and the audit of it."""

import re
from pathlib import Path

import apsw
import pytest

from tests.http.desk.organiser import Organiser
from tests.http.shop import Shop as OpenShop
from tests.http.shop import running_shop


def told(organiser: Organiser) -> list[str]:
    """What the ledger tells, row by row, without the times and ids."""
    rows = re.findall(r'<tr role="row">\n<td.*?</tr>', organiser.page.html, re.DOTALL)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [" ".join(re.sub("<.*?>", "", " ".join(row[1:5])).split()) for row in cells]


def test_every_movement_is_told_in_words_the_newest_first(organiser: Organiser, shop: OpenShop) -> None:
    purchase = shop.buy(quantity=2).json()["purchase_id"]
    shop.refund(purchase)
    confirmed, released, _ = (shop.hold(quantity=units).json()["hold_id"] for units in (1, 3, 4))
    shop.confirm(confirmed)
    shop.release(released)
    shop.change("item-a", capacity=90)
    shop.clock.go_on(700)
    shop.buy()
    organiser.open("/desk/items/item-a/ledger")
    assert told(organiser) == [
        "Bought 1 unit sold +1",
        "Expired 4 units free again: the time of the hold was over −4",
        "Restocked 10 units taken away −10",
        "Released 3 units given back −3",
        "Confirmed 1 unit no longer held, but bought −1",
        "Bought 1 unit sold +1",
        "Held 4 units kept for a buyer +4",
        "Held 3 units kept for a buyer +3",
        "Held 1 unit kept for a buyer +1",
        "Refunded 2 units back in the sale −2",
        "Bought 2 units sold +2",
        "Restocked 100 units added +100",
    ]
    assert f"/purchases/{purchase}" in organiser.page.links(purchase)


def test_the_ledger_comes_page_by_page(database: Path) -> None:
    with running_shop(database, page_size_max=3) as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
        for units in range(1, 8):
            shop.buy(quantity=units)
        page, seen = organiser.open("/desk/items/item-a/ledger"), list[str]()
        while True:
            seen += told(organiser)
            if not page.links("Older movements"):
                break
            page = organiser.open(page.links("Older movements")[0])
        assert len(seen) == 8
        assert seen[0] == "Bought 7 units sold +7"
        assert seen[-1] == "Restocked 100 units added +100"
        assert page.links("Newest") == ["/desk/items/item-a/ledger"]


def test_only_the_items_own_movements_are_told(organiser: Organiser, shop: OpenShop) -> None:
    shop.add("Balcony", 8)
    shop.buy(quantity=5)
    organiser.open("/desk/items/balcony/ledger")
    assert told(organiser) == ["Restocked 8 units added +8"]


@pytest.mark.parametrize("before", ["x", "-1", "1" * 19])
def test_a_place_is_one_of_ours(before: str, organiser: Organiser) -> None:
    organiser.open(f"/desk/items/item-a/ledger?before={before}", 422)


def test_the_audit_of_a_sound_sale_is_consistent(organiser: Organiser, shop: OpenShop) -> None:
    shop.buy(quantity=3)
    shop.hold(quantity=2)
    text = organiser.open("/desk/items/item-a/audit").text
    assert "Counters, ledger, purchases and holds tell the same sale, to the unit." in text
    assert "Capacity 100 100 – Sold 3 3 3 Held 2 2 2" in text
    assert "Buy 1 0 +3 0 Hold 1 0 0 +2 Restock 1 +100 0 0" in text


def test_an_audit_happens_after_all_that_is_due(organiser: Organiser, shop: OpenShop) -> None:
    shop.hold(quantity=2)
    shop.clock.go_on(700)
    text = organiser.open("/desk/items/item-a/audit").text
    assert "Held 0 0 0" in text
    assert "Consistent" in text


def test_the_audit_says_what_differs(organiser: Organiser, shop: OpenShop, database: Path) -> None:
    shop.buy(quantity=3)
    other = apsw.Connection(str(database))  # not Python's own SQLite, which would drop the locks of the shop's
    other.execute("UPDATE inventory SET sold = 4")
    other.close()
    page = organiser.open("/desk/items/item-a/audit")
    assert "Not consistent" in page.text
    assert "Sold 4 3 3" in page.text
    assert len(page.attributes("tr", **{"class": "differs"})) == 1
