"""The receipt: what was bought, for whoever has its address, and a code for the door."""

import re
from typing import Any

import pytest
import segno

from sellout.http.pages.purchases import qr_code
from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop


def bought(shop: Shop, item: str = "item-a", **order: Any) -> str:
    return str(shop.buy(item, **order).json()["purchase_id"])


def test_it_says_what_was_bought_by_whom_and_when(shop: Shop, visitor: Visitor) -> None:
    purchase = bought(shop, buyer="Zoë", quantity=2)
    page = visitor.open(f"/purchases/{purchase}")
    assert "Item Item A Quantity 2 Buyer Zoë Bought" in page.text
    assert f"Purchase id {purchase}" in page.text
    times = [tag["datetime"] for tag in page.attributes("time")]
    assert times == [shop.get(f"/v1/purchases/{purchase}")["purchased_at"]]
    assert page.links("Back to the item") == ["/items/item-a"]


def test_without_a_name_it_names_nobody(shop: Shop, visitor: Visitor) -> None:
    assert "Buyer" not in visitor.open(f"/purchases/{bought(shop)}").text


def test_it_names_the_payment_where_there_is_one(shop: Shop, visitor: Visitor) -> None:
    hold = shop.hold().json()["hold_id"]
    purchase = shop.confirm(hold, payment_ref="pay-123").json()["purchase_id"]
    assert "Payment pay-123" in visitor.open(f"/purchases/{purchase}").text
    assert "Payment" not in visitor.open(f"/purchases/{bought(shop)}").text


def test_it_keeps_the_name_that_the_item_had(shop: Shop, visitor: Visitor) -> None:
    purchase = bought(shop)
    shop.change("item-a", name="Another name")
    assert "Item Item A" in visitor.open(f"/purchases/{purchase}").text


def test_it_is_there_whatever_becomes_of_the_sale(shop: Shop, visitor: Visitor) -> None:
    purchase = bought(shop)
    shop.change("item-a", paused=True)
    assert "Yours" in visitor.open(f"/purchases/{purchase}").text


def test_of_a_refunded_purchase_it_says_so_and_shows_no_code(shop: Shop, visitor: Visitor) -> None:
    purchase = bought(shop)
    shop.refund(purchase)
    page = visitor.open(f"/purchases/{purchase}")
    assert "Refunded These units were given back on" in page.text
    assert "Yours" not in page.text
    assert not page.attributes("svg", **{"class": "qr"})


def test_its_code_is_that_of_the_purchase_id(shop: Shop, visitor: Visitor) -> None:
    purchase = bought(shop)
    page = visitor.open(f"/purchases/{purchase}")
    expected = segno.make_qr(purchase, error="m")
    (drawn,) = re.findall(r'<svg[^>]*class="qr".*?</svg>', page.html, re.DOTALL)
    assert modules(drawn) == [[bool(module) for module in row] for row in expected.matrix]


def modules(svg: str) -> list[list[bool]]:
    """The dark and light squares that a path of horizontal strokes draws."""
    (box,) = re.findall(r'viewBox="0 0 (\d+) \d+"', svg)
    size = int(box)
    drawn = [[False] * size for _ in range(size)]
    (path,) = re.findall(r' d="([^"]*)"', svg)
    x, y = 0.0, 0.0
    for letter, numbers in re.findall(r"([Mmh])([-\d. ]*)", path):
        values = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if letter == "h":
            for column in range(int(x), int(x + values[0])):
                drawn[int(y)][column] = True
            x += values[0]
        elif letter == "M":
            x, y = values
        else:
            x, y = x + values[0], y + values[1]
    return drawn


def test_a_code_carries_no_text_and_no_colour_that_a_style_could_not_change() -> None:
    svg = str(qr_code("<script>"))
    assert "script" not in svg
    assert "style=" not in svg


@pytest.mark.parametrize("purchase", ["nothing", "%E2%98%83", "0190c1f0-0000-7000-8000-000000000000"])
def test_a_purchase_that_is_not_there_is_an_error_page(purchase: str, visitor: Visitor) -> None:
    assert "There is no purchase with this id." in visitor.open(f"/purchases/{purchase}", status=404).text
