"""Purchases at the desk: the list, searching, the file for spreadsheets, refunding."""

import csv
import io
import re
from pathlib import Path

import pytest

from sellout.http.desk.export import harmless
from tests.http.desk.organiser import Organiser
from tests.http.shop import Shop as OpenShop
from tests.http.shop import running_shop


def shown(organiser: Organiser) -> list[str]:
    """The ids of the purchases on the page."""
    return re.findall(r'<a class="id" href="/purchases/([0-9a-f-]+)">', organiser.page.html)


def bought(shop: OpenShop, *buyers: str) -> list[str]:
    return [str(shop.buy(buyer=buyer).json()["purchase_id"]) for buyer in buyers]


def test_an_item_without_purchases_says_so(organiser: Organiser) -> None:
    assert "No purchases yet." in organiser.open("/desk/items/item-a/purchases").text


def test_purchases_come_page_by_page_in_the_order_of_their_sale(database: Path) -> None:
    with running_shop(database, page_size_max=3) as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
        ids, seen = bought(shop, *"abcdefgh"), list[str]()
        page = organiser.open("/desk/items/item-a/purchases")
        while True:
            seen += shown(organiser)
            if not page.links("Next page"):
                break
            page = organiser.open(page.links("Next page")[0])
        assert seen == ids
        assert page.links("First page") == ["/desk/items/item-a/purchases"]


def test_a_purchase_is_shown_with_its_buyer_units_and_time_in_utc(organiser: Organiser, shop: OpenShop) -> None:
    purchase = shop.buy(buyer="ada", quantity=3).json()
    page = organiser.open("/desk/items/item-a/purchases")
    assert f"{purchase['purchased_at'][:19].replace('T', ' ')} ada 3 {purchase['purchase_id']}" in page.text


def test_purchases_are_found_by_id_and_by_how_the_buyer_begins(organiser: Organiser, shop: OpenShop) -> None:
    ada, adam, _, percent = bought(shop, "ada", "adam", "bob", "100%")
    for text, found in (("ada", [ada, adam]), ("adam", [adam]), (ada, [ada]), (" ada ", [ada, adam]),
                        ("Ada", []), ("da", []), ("%", []), ("_", []), ("100%", [percent])):  # fmt: skip
        organiser.open(f"/desk/items/item-a/purchases?search={text.replace('%', '%25')}")
        assert shown(organiser) == found, text


def test_a_search_says_how_many_were_found_and_for_what(organiser: Organiser, shop: OpenShop) -> None:
    bought(shop, "ada")
    page = organiser.open("/desk/items/item-a/purchases?search=ada")
    assert "1 purchase found for “ada”" in page.text
    assert page.links("Show all") == ["/desk/items/item-a/purchases"]
    assert page.attributes("input", id="search", value="ada")
    assert "No purchase is found." in organiser.open("/desk/items/item-a/purchases?search=<script>").text


@pytest.mark.parametrize("text", ["%00", "a%00", "%0a", "x" * 5000, "%F0%9F%98%80", "%C3%28"])
def test_any_text_can_be_searched_for(text: str, organiser: Organiser) -> None:
    organiser.open(f"/desk/items/item-a/purchases?search={text}")
    assert shown(organiser) == []


def test_more_than_a_page_of_findings_is_cut_and_said(database: Path) -> None:
    with running_shop(database, page_size_max=3) as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
        bought(shop, *[f"ada{number}" for number in range(5)])
        page = organiser.open("/desk/items/item-a/purchases?search=ada")
        assert len(shown(organiser)) == 3
        assert "The first 3 purchases found for “ada”: type more to find others" in page.text


@pytest.mark.parametrize("cursor", ["x", "-1", "1" * 19, ""])
def test_a_cursor_is_one_of_ours(cursor: str, organiser: Organiser) -> None:
    organiser.open(f"/desk/items/item-a/purchases?cursor={cursor}", 422)


def the_file(organiser: Organiser) -> list[list[str]]:
    address = "/desk/items/item-a/purchases.csv"
    answer = organiser.shop.client.get(address, headers={"Cookie": f"desk={organiser.session}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="purchases-item-a.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(answer.text)))


def test_the_file_has_every_purchase_of_every_page(database: Path) -> None:
    with running_shop(database, page_size_max=3) as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
        ids = bought(shop, *"abcdefgh")
        header, *rows = the_file(organiser)
        assert header[:4] == ["purchase_id", "item", "quantity", "buyer"]
        assert [row[0] for row in rows] == ids


def test_the_file_of_no_purchases_has_only_its_header(organiser: Organiser) -> None:
    assert len(the_file(organiser)) == 1


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil")', "-", "="]


def test_no_cell_is_a_formula(organiser: Organiser, shop: OpenShop) -> None:
    harmless_ones = ["ada", "a=1", "1-2", "“quoted”, with a comma", 'a "b" c']
    bought(shop, *DANGEROUS, *harmless_ones)
    _, *rows = the_file(organiser)
    assert [row[3] for row in rows] == [f"'{name}" for name in DANGEROUS] + harmless_ones
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_beginning_of_a_formula_is_made_harmless(start: str) -> None:
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless(f"1{start}") == f"1{start}"
    assert harmless("") == ""


def test_a_refund_asks_first_and_says_what_will_happen(organiser: Organiser, shop: OpenShop) -> None:
    bought(shop, "ada")
    (asks,) = organiser.open("/desk/items/item-a/purchases?search=ada").links("Refund 1 unit of ada")
    page = organiser.open(asks)
    assert "Refund 1 unit?" in page.text
    assert "cannot be undone" in page.text
    assert page.links("Keep the purchase") == ["/desk/items/item-a/purchases?search=ada"]
    assert shop.item()["sold"] == 1, "asking changes nothing"


def test_a_refund_leads_back_to_the_same_list_with_a_message(organiser: Organiser, shop: OpenShop) -> None:
    bought(shop, "ada")
    (asks,) = organiser.open("/desk/items/item-a/purchases?search=ada").links("Refund 1 unit of ada")
    organiser.open(asks)
    page = organiser.press("Refund")
    assert organiser.address == "/desk/items/item-a/purchases"
    assert organiser.result == "The purchase is refunded, and its units are back."
    assert page.attributes("input", id="search", value="ada")
    assert "Refunded" in page.text
    assert shop.item()["sold"] == 0


def test_a_second_refund_is_said_calmly_and_changes_nothing(organiser: Organiser, shop: OpenShop) -> None:
    (purchase,) = bought(shop, "ada")
    shop.buy(buyer="bob")
    page = organiser.open(f"/desk/purchases/{purchase}/refund")
    organiser.press("Refund", page)
    organiser.press("Refund", page)
    assert organiser.result == "This purchase had been refunded before. Nothing was changed."
    assert shop.item()["sold"] == 1
    page = organiser.open(f"/desk/purchases/{purchase}/refund")
    assert "Already refunded" in page.text
    assert "Refund" not in [button.label for button in page.buttons]


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/", "/desk/../x", ""])
def test_a_refund_leads_to_no_other_place(back: str, organiser: Organiser, shop: OpenShop) -> None:
    (purchase,) = bought(shop, "ada")
    page = organiser.open(f"/desk/purchases/{purchase}/refund?back={back}")
    assert page.links("Keep the purchase") == ["/desk/items/item-a/purchases"]
    organiser.press("Refund", back=back)
    assert organiser.address == "/desk/items/item-a/purchases"


def test_there_must_be_such_a_purchase(organiser: Organiser) -> None:
    token = organiser.token
    organiser.open("/desk/purchases/nothing/refund", 404)
    assert organiser.ask("POST", "/desk/purchases/nothing/refund", data={"csrf": token}).status_code == 404
