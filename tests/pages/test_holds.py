"""A hold's page: its time, confirming, giving back, and what is said when the time is over."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browser import LOST, REFUSED, Visitors
from tests.pages.looking import available, mark, name_field, open_live, press, receipt_id, was_not_reloaded
from tests.pages.shop import Shop

both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def hold(page: Page, item: str, button: str = "Hold for 10 minutes") -> None:
    page.goto(f"/items/{item}")
    press(page, button)
    expect(page.get_by_role("heading", name="1 unit held for you")).to_be_visible()


@both
def test_a_hold_is_confirmed_and_becomes_a_receipt(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(5), visitors.come(scripts=scripts)
    page.goto(f"/items/{item}")
    name_field(page).fill("Ada")
    press(page, "Hold for 10 minutes")
    expect(page.get_by_text("for Ada. Nobody else can have it")).to_be_visible()
    assert shop.purchases(item) == []
    press(page, "Confirm 1 unit")
    assert [receipt_id(page)] == shop.purchases(item)


@both
def test_a_hold_is_given_back_and_others_can_have_it_at_once(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page, other = shop.add(1), visitors.come(scripts=scripts), visitors.come()
    hold(page, item)
    open_live(other, f"/items/{item}")
    expect(available(other)).to_have_text("0")
    press(page, "Give back")
    expect(page.get_by_role("heading", name="Given back")).to_be_visible()
    expect(available(other)).to_have_text("1")
    page.get_by_role("link", name="Back to the item").click()
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled()


def test_the_time_that_is_left_is_shown_second_by_second(shop: Shop, page: Page) -> None:
    hold(page, shop.add(5))
    expect(page.locator("[data-countdown]")).to_have_text("09:58")
    expect(page.locator("[data-countdown]")).to_have_text("09:56")


def test_when_the_time_is_over_the_page_says_so_by_itself(shop: Shop, page: Page) -> None:
    item = shop.add(5, hold_seconds=2)
    hold(page, item, "Hold for 2 seconds")
    mark(page)
    expect(page.get_by_role("heading", name="The time is over")).to_be_visible()
    assert was_not_reloaded(page)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled()


@both
def test_confirming_too_late_is_refused_in_words(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(1, hold_seconds=1), visitors.come(scripts=scripts)
    visitors.provoke(REFUSED)
    page.add_init_script("globalThis.setInterval = () => 0")  # so that the page does not know before it is pressed
    hold(page, item, "Hold for 1 second")
    time.sleep(1.1)
    shop.buy(item)
    press(page, "Confirm 1 unit")
    expect(page.get_by_role("alert")).to_contain_text("The time of this hold is over")
    expect(page.get_by_role("heading", name="The time is over")).to_be_visible()


def test_who_comes_back_to_the_item_finds_the_hold(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    hold(page, item)
    page.goto(f"/items/{item}")
    expect(page.get_by_text("Held for you", exact=True)).to_be_visible()
    page.get_by_role("link", name="Confirm or give back").click()
    press(page, "Confirm 1 unit")
    receipt_id(page)
    page.goto(f"/items/{item}")
    expect(page.get_by_text("You have bought 1 unit.")).to_be_visible()


def test_a_double_press_confirms_once(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    hold(page, item)
    page.get_by_role("button", name="Confirm 1 unit").dblclick()
    assert [receipt_id(page)] == shop.purchases(item)


@both
def test_where_the_answer_to_confirming_is_lost_a_reload_leads_to_the_receipt(
    shop: Shop, visitors: Visitors, scripts: bool
) -> None:
    item, page = shop.add(5), visitors.come(scripts=scripts)
    visitors.provoke(LOST)
    hold(page, item)
    address = page.url
    shop.confirm(address.rsplit("/", 1)[1])  # it has reached the server
    page.route("**/confirm", lambda route: route.abort())
    press(page, "Confirm 1 unit")
    if scripts:
        expect(page.get_by_text("Connection lost. Trying again: you cannot buy twice by this…")).to_be_visible()
    else:
        page.wait_for_url("chrome-error://**")
    page.goto(address)
    page.get_by_role("link", name="See the receipt").click()
    assert [receipt_id(page)] == shop.purchases(item)
