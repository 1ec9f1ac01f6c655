"""The waiting list in a browser: joining, one's place, the offer that comes by itself."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browser import REFUSED, Visitors
from tests.pages.looking import mark, name_field, open_live, press, receipt_id, was_not_reloaded
from tests.pages.shop import Shop

both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])

LOOKS_AGAIN_MS = 12_000
"""How soon a page that waits looks again, without scripts too."""


def join(page: Page, item: str, name: str) -> None:
    page.goto(f"/items/{item}")
    name_field(page).fill(name)
    press(page, "Join the waiting list")
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()


@both
def test_who_waits_is_told_the_place_gets_the_offer_by_itself_and_buys(
    shop: Shop, visitors: Visitors, scripts: bool
) -> None:
    item, page = shop.add(1), visitors.come(scripts=scripts)
    held = shop.hold(item)
    join(page, item, "Ada")
    expect(page.locator(".digits")).to_have_text("1")
    if scripts:
        mark(page)
    shop.release(held)
    expect(page.get_by_role("heading", name="1 unit held for you")).to_be_visible(timeout=LOOKS_AGAIN_MS)
    if scripts:
        assert was_not_reloaded(page)
        expect(page.locator("[data-countdown]")).to_contain_text("09:5")
    press(page, "Confirm 1 unit")
    assert [receipt_id(page)] == shop.purchases(item)


def test_a_place_moves_up_when_somebody_leaves(shop: Shop, visitors: Visitors) -> None:
    item, first, second = shop.add(1), visitors.come(), visitors.come()
    shop.buy(item)
    join(first, item, "Ada")
    join(second, item, "Grace")
    expect(second.locator(".digits")).to_have_text("2")
    press(first, "Leave the list")
    expect(first.get_by_role("heading", name="You have left the list")).to_be_visible()
    expect(second.locator(".digits")).to_have_text("1")


def test_an_offer_that_is_given_back_goes_to_the_next(shop: Shop, visitors: Visitors) -> None:
    item, first, second = shop.add(1), visitors.come(), visitors.come()
    bought = shop.buy(item)
    join(first, item, "Ada")
    join(second, item, "Grace")
    shop.refund(bought)
    expect(first.get_by_role("heading", name="1 unit held for you")).to_be_visible()
    press(first, "Give back")
    expect(second.get_by_role("heading", name="1 unit held for you")).to_be_visible()


def test_an_offer_that_nobody_takes_is_over_by_itself(shop: Shop, page: Page) -> None:
    item = shop.add(1, offer_seconds=5)
    held = shop.hold(item)
    join(page, item, "Ada")
    shop.release(held)
    expect(page.get_by_role("heading", name="1 unit held for you")).to_be_visible()
    expect(page.get_by_role("heading", name="The time is over")).to_be_visible(timeout=LOOKS_AGAIN_MS)
    page.get_by_role("link", name="Back to the item").click()
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled()


def test_who_comes_back_to_the_item_finds_the_place(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    shop.buy(item)
    join(page, item, "Ada")
    page.goto(f"/items/{item}")
    expect(page.get_by_text("You are number 1 on the waiting list.")).to_be_visible()
    page.get_by_role("link", name="See your place").click()
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()


def test_a_double_press_joins_once(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    shop.buy(item)
    open_live(page, f"/items/{item}")
    name_field(page).fill("Ada")
    page.get_by_role("button", name="Join the waiting list").dblclick()
    expect(page.locator(".digits")).to_have_text("1")
    assert shop.ask("GET", f"/v1/waitlist/{shop.join(item, 'Grace')}")["position"] == 2


@both
def test_who_would_have_too_many_is_refused_in_words(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(1, limit_per_buyer=1), visitors.come(scripts=scripts)
    visitors.provoke(REFUSED)
    shop.buy(item, buyer="Ada")
    page.goto(f"/items/{item}")
    name_field(page).fill("Ada")
    press(page, "Join the waiting list")
    expect(page.get_by_role("alert")).to_contain_text("more than one buyer may have")
