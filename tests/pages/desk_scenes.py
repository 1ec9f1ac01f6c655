"""Every page of the organiser's desk in every state."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.pages.looking import press
from tests.pages.organiser import sign_in, sit_down
from tests.pages.scenes import BUYER, Scene, named
from tests.pages.shop import Shop, in_seconds

LEFT = 8
"""Units that are free where a sale is under way."""


def under_way(shop: Shop) -> str:
    """An item that some have bought and one holds, and of which others have wanted too many; its id."""
    item = shop.add(40, named())
    for number in range(9):
        shop.buy(item, 1 + number % 5, f"{number} {BUYER}")
    shop.refund(shop.purchases(item)[0])
    shop.hold(item, shop.ask("GET", f"/v1/items/{item}")["available"] - LEFT)
    for _ in range(3):
        assert shop.try_to_buy(item, LEFT + 1) == "not_enough_left"
    return item


def _item(address: str = "") -> Scene:
    """A page of an item that is under way."""

    def scene(shop: Shop, page: Page) -> None:
        sit_down(page)
        page.goto(f"/desk/items/{under_way(shop)}{address}")

    return scene


def _in_state(capacity: int = 5, **members: Any) -> Scene:
    """The page of an item that nobody has bought."""

    def scene(shop: Shop, page: Page) -> None:
        sit_down(page)
        page.goto(f"/desk/items/{shop.add(capacity, named(), **members)}")

    return scene


def signing_in(shop: Shop, page: Page) -> None:
    page.goto("/desk")


def not_signed_in(shop: Shop, page: Page) -> None:
    sign_in(page, "a key that nobody has given out")
    expect(page.get_by_role("alert")).to_be_visible()


def overview(shop: Shop, page: Page) -> None:
    under_way(shop)
    under_way(shop)
    shop.add(5, named(), paused=True)
    sit_down(page)


def new(shop: Shop, page: Page) -> None:
    sit_down(page)
    page.goto("/desk/items/new")


def wrong_fields(shop: Shop, page: Page) -> None:
    new(shop, page)
    page.get_by_label("Capacity").fill("-1")
    press(page, "Put on sale")
    expect(page.get_by_role("alert")).to_be_visible()


def sold_out(shop: Shop, page: Page) -> None:
    item = shop.add(1, named())
    shop.buy(item)
    assert shop.try_to_buy(item) == "sold_out"
    sit_down(page)
    page.goto(f"/desk/items/{item}")


def just_restocked(shop: Shop, page: Page) -> None:
    _item()(shop, page)
    page.get_by_label("Units to add").fill("5")
    press(page, "Restock")
    expect(page.get_by_text("The units are added.")).to_be_visible()


def empty(address: str) -> Scene:
    """A page of an item of which nothing has been bought."""

    def scene(shop: Shop, page: Page) -> None:
        sit_down(page)
        page.goto(f"/desk/items/{shop.add(0, named())}{address}")

    return scene


def refund(shop: Shop, page: Page) -> None:
    sit_down(page)
    page.goto(f"/desk/purchases/{shop.buy(shop.add(5, named()), 2, BUYER)}/refund")


def refunded(shop: Shop, page: Page) -> None:
    bought = shop.buy(shop.add(5, named()), 2, BUYER)
    shop.refund(bought)
    sit_down(page)
    page.goto(f"/desk/purchases/{bought}/refund")


def not_ours(shop: Shop, page: Page) -> None:
    """A form of an earlier session."""
    _in_state()(shop, page)
    page.locator("input[name=csrf]").evaluate_all("all => { for (const one of all) one.value = 'of another'; }")
    press(page, "Pause")
    expect(page.get_by_role("heading", name="Nothing was changed")).to_be_visible()


DESK: dict[str, Scene] = {
    "sign in": signing_in,
    "sign in, refused": not_signed_in,
    "overview": overview,
    "new item": new,
    "new item, wrong": wrong_fields,
    "item": _item(),
    "item, not open": _in_state(opens_at=in_seconds(86_400)),
    "item, paused": _in_state(paused=True),
    "item, closed": _in_state(closes_at=in_seconds(-60)),
    "item, sold out": sold_out,
    "item, just restocked": just_restocked,
    "close": _item("/close"),
    "purchases": _item("/purchases"),
    "purchases, found": _item("/purchases?search=1"),
    "purchases, none": empty("/purchases"),
    "refund": refund,
    "refund, done before": refunded,
    "ledger": _item("/ledger"),
    "ledger, empty": empty("/ledger"),
    "audit": _item("/audit"),
    "settings": _item("/settings"),
    "not ours": not_ours,
}
