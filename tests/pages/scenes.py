"""Every page in every state: each scene sets it over HTTP, and leads a visitor there."""

import itertools
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.pages.looking import name_field, press
from tests.pages.shop import Shop, in_seconds

Scene = Callable[[Shop, Page], None]

NAME = "The Midnight Orchestra: an Unabridged Evening in the Old Observatory"
"""Long enough to need several lines on a telephone."""

_evenings = itertools.count(1)

BUYER = "a-rather-long-address-of-somebody-who-buys@correspondence.example.org"


def _item(**members: object) -> Scene:
    """An item's page."""

    def scene(shop: Shop, page: Page) -> None:
        page.goto(f"/items/{shop.add(1200, named(), **members)}")

    return scene


def named() -> str:
    """A long name that is still free."""
    return f"{next(_evenings)}: {NAME}"


def all_held(shop: Shop, page: Page) -> None:
    item = shop.add(2, named())
    shop.hold(item, 2)
    page.goto(f"/items/{item}")


def sold_out(shop: Shop, page: Page) -> None:
    item = shop.add(2, named())
    shop.buy(item, 2)
    page.goto(f"/items/{item}")


def refused(shop: Shop, page: Page) -> None:
    item = shop.add(2, named())
    page.goto(f"/items/{item}")
    page.get_by_role("spinbutton", name="Quantity").fill("5")
    name_field(page).fill(BUYER)
    press(page, "Buy")
    expect(page.get_by_role("alert")).to_be_visible()


def receipt(shop: Shop, page: Page) -> None:
    page.goto(f"/purchases/{shop.buy(shop.add(5, named()), 2, BUYER)}")


def refunded(shop: Shop, page: Page) -> None:
    bought = shop.buy(shop.add(5, named()), 2, BUYER)
    shop.refund(bought)
    page.goto(f"/purchases/{bought}")


def yours(shop: Shop, page: Page) -> None:
    item = shop.add(5, named())
    page.goto(f"/items/{item}")
    press(page, "Buy")
    expect(page.get_by_role("heading", name="Yours")).to_be_visible()
    page.goto(f"/items/{item}")
    expect(page.get_by_text("You have bought 1 unit.")).to_be_visible()


def held_for_you(shop: Shop, page: Page) -> None:
    item = shop.add(5, named())
    page.goto(f"/items/{item}")
    press(page, "Hold for 10 minutes")
    expect(page.get_by_role("article", name="Hold")).to_be_visible()
    page.goto(f"/items/{item}")


def held(shop: Shop, page: Page) -> None:
    page.goto(f"/holds/{shop.hold(shop.add(5, named()), 2, BUYER)}")


def nearly_over(shop: Shop, page: Page) -> None:
    page.goto(f"/holds/{shop.hold(shop.add(5, named(), hold_seconds=30))}")
    expect(page.locator(".countdown.soon")).to_be_visible()


def expired(shop: Shop, page: Page) -> None:
    hold = shop.hold(shop.add(5, named(), hold_seconds=1))
    time.sleep(1.1)
    page.goto(f"/holds/{hold}")
    expect(page.get_by_role("heading", name="The time is over")).to_be_visible()


def given_back(shop: Shop, page: Page) -> None:
    hold = shop.hold(shop.add(5, named()))
    shop.release(hold)
    page.goto(f"/holds/{hold}")


def confirmed(shop: Shop, page: Page) -> None:
    hold = shop.hold(shop.add(5, named()))
    shop.confirm(hold)
    page.goto(f"/holds/{hold}")


def waiting(shop: Shop, page: Page) -> None:
    item = shop.add(1, named())
    shop.buy(item)
    page.goto(f"/waitlist/{shop.join(item, BUYER)}")


def _offer(shop: Shop, **members: object) -> str:
    """An entry that has its offer."""
    item = shop.add(1, named(), **members)
    taken = shop.hold(item)
    entry = shop.join(item, BUYER)
    shop.release(taken)
    return entry


def offered(shop: Shop, page: Page) -> None:
    page.goto(f"/waitlist/{_offer(shop)}")
    expect(page.get_by_role("heading", name="1 unit held for you")).to_be_visible()


def lapsed(shop: Shop, page: Page) -> None:
    entry = _offer(shop, offer_seconds=1)
    time.sleep(1.1)
    page.goto(f"/waitlist/{entry}")
    expect(page.get_by_role("heading", name="The time is over")).to_be_visible()


def offer_confirmed(shop: Shop, page: Page) -> None:
    entry = _offer(shop)
    shop.confirm(shop.ask("GET", f"/v1/waitlist/{entry}")["hold_id"])
    page.goto(f"/waitlist/{entry}")


def left(shop: Shop, page: Page) -> None:
    item = shop.add(1, named())
    shop.buy(item)
    page.goto(f"/waitlist/{shop.join(item, BUYER)}")
    press(page, "Leave the list")
    expect(page.get_by_role("heading", name="You have left the list")).to_be_visible()


def full_list(shop: Shop, page: Page) -> None:
    """Items in every state."""
    for members in ({}, {"paused": True}, {"opens_at": in_seconds(3600)}, {"closes_at": in_seconds(-60)}):
        shop.add(1200, named(), **members)
    for take in (shop.buy, shop.hold):
        take(shop.add(1, named()))
    page.goto("/")


def empty_list(shop: Shop, page: Page) -> None:
    """There is always the default item, unless somebody has taken it out of the database."""
    with closing(sqlite3.connect(shop.database)) as database:
        database.execute("DROP TRIGGER items_are_not_removed")
        database.execute("DELETE FROM inventory")
        database.commit()
    page.goto("/")
    expect(page.get_by_text("Nothing is on sale yet.")).to_be_visible()


def unknown(shop: Shop, page: Page) -> None:
    page.goto("/items/there-is-no-such-item")
    expect(page.get_by_role("article", name="Error")).to_be_visible()


def unavailable(shop: Shop, page: Page) -> None:
    """A form without scripts, while another program keeps the database to itself."""
    page.goto(f"/items/{shop.add(5, named())}")
    with shop.locked():
        page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('form'))")
        expect(page.get_by_role("article", name="Error")).to_contain_text("503")


def reconnecting(shop: Shop, page: Page) -> None:
    page.route("**/stream", lambda route: route.abort())
    page.goto(f"/items/{shop.add(5, named())}")
    expect(page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()


SHOP: dict[str, Scene] = {
    "not open": _item(opens_at=in_seconds(86_400 * 2)),
    "on sale": _item(),
    "on sale for who has signed in": _item(buyer_tokens="required"),
    "on sale, with a limit and an end": _item(limit_per_buyer=2, opens_at=in_seconds(-60), closes_at=in_seconds(3600)),
    "paused": _item(paused=True),
    "closed": _item(closes_at=in_seconds(-60)),
    "all held": all_held,
    "sold out": sold_out,
    "refused": refused,
    "yours": yours,
    "held for you": held_for_you,
    "receipt": receipt,
    "refunded": refunded,
    "hold": held,
    "hold, nearly over": nearly_over,
    "hold, expired": expired,
    "hold, given back": given_back,
    "hold, confirmed": confirmed,
    "waiting": waiting,
    "offered": offered,
    "offer lapsed": lapsed,
    "offer confirmed": offer_confirmed,
    "left the waiting list": left,
    "list": full_list,
    "list, empty": empty_list,
    "404": unknown,
    "503": unavailable,
    "reconnecting": reconnecting,
}
