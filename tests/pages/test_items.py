"""The list and an item's page: what they say is how it stands, at once and without a reload."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browser import Visitors
from tests.pages.looking import WITHIN_A_SECOND, available, mark, name_field, open_live, press, state, was_not_reloaded
from tests.pages.shop import Shop, in_seconds


def test_a_purchase_in_one_page_changes_the_counter_in_another_within_a_second(shop: Shop, visitors: Visitors) -> None:
    item = shop.add(10)
    first, second = visitors.come(), visitors.come()
    first.goto(f"/items/{item}")
    open_live(second, f"/items/{item}")
    shop.buy(item)
    expect(available(second)).to_have_text("9")
    press(first, "Buy")
    expect(available(second)).to_have_text("8", timeout=WITHIN_A_SECOND)
    expect(first.get_by_role("heading", name="Yours")).to_be_visible()


def test_the_list_shows_a_purchase_within_a_second(shop: Shop, page: Page) -> None:
    item = shop.add(1234)
    open_live(page, "/")
    card = page.locator(f"[data-item={item}]")
    shop.buy(item)
    expect(card).to_contain_text("1,233 of 1,234 left")
    shop.buy(item)
    expect(card).to_contain_text("1,232 of 1,234 left", timeout=WITHIN_A_SECOND)


def test_the_list_gains_an_item_that_is_added(shop: Shop, page: Page) -> None:
    open_live(page, "/")
    mark(page)
    shop.add(5, "Added later")
    expect(page.get_by_role("link", name="Added later")).to_be_visible()
    assert was_not_reloaded(page)


def test_the_list_leads_to_an_item_and_back(shop: Shop, page: Page) -> None:
    shop.add(5, "Led to")
    page.goto("/")
    page.get_by_role("link", name="Led to").click()
    expect(page.get_by_role("heading", name="Led to")).to_be_visible()
    page.get_by_role("link", name="All items").click()
    expect(page.get_by_role("heading", name="What is on sale")).to_be_visible()


def test_a_name_is_shown_as_it_is_written(shop: Shop, page: Page) -> None:
    name = "<script>alert(1)</script> & <b>Söhne</b>"
    item = shop.add(5, name)
    page.goto(f"/items/{item}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.mark.parametrize(
    ("name", "button", "members"),
    [
        ("Not open yet", "Not open yet", {"opens_at": in_seconds(3600)}),
        ("On sale", "Buy", {}),
        ("Paused", "Paused", {"paused": True}),
        ("Closed", "Closed", {"closes_at": in_seconds(-3600)}),
    ],
)
def test_a_state_is_said_in_a_word_and_on_the_button(
    shop: Shop, page: Page, name: str, button: str, members: dict[str, Any]
) -> None:
    page.goto(f"/items/{shop.add(5, **members)}")
    expect(state(page)).to_have_text(name, use_inner_text=True)
    pressed = page.get_by_role("button", name=button, exact=True)
    expect(pressed).to_be_visible()
    assert pressed.is_enabled() == (name == "On sale")


def test_every_change_of_state_is_shown_and_announced_without_a_reload(shop: Shop, page: Page) -> None:
    item = shop.add(2)
    open_live(page, f"/items/{item}")
    mark(page)
    for members, word in (
        ({"paused": True}, "Paused"),
        ({"paused": False}, "On sale"),
        ({"closes_at": in_seconds(-1)}, "Closed"),
        ({"closes_at": None}, "On sale"),
    ):
        shop.change(item, **members)
        expect(state(page)).to_have_text(word, use_inner_text=True, timeout=WITHIN_A_SECOND)
        expect(page.locator("[data-announcer]")).to_contain_text(word)
    assert was_not_reloaded(page)


def test_sold_out_cannot_be_mistaken(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    open_live(page, f"/items/{item}")
    shop.buy(item)
    buying = page.get_by_role("region", name="Buy")
    expect(buying.get_by_text("Every unit has found its buyer.")).to_be_visible(timeout=WITHIN_A_SECOND)
    expect(buying.locator(".verdict-name:visible")).to_have_text("Sold out")
    expect(state(page)).to_have_text("Sold out", use_inner_text=True)
    expect(page.get_by_role("button", name="Sold out", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Buy", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Hold for 10 minutes")).to_be_hidden()
    expect(available(page)).to_have_text("0")
    assert page.locator(".units.large strong").evaluate("e => getComputedStyle(e).color") == page.locator(
        ".verdict-name:visible"
    ).evaluate("e => getComputedStyle(e).color"), "the number says it, too"


def test_all_held_is_not_sold_out_and_a_release_brings_the_button_back_without_a_reload(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    hold = shop.hold(item)
    open_live(page, f"/items/{item}")
    mark(page)
    expect(page.locator(".verdict-name:visible")).to_have_text("All held")
    expect(page.get_by_role("button", name="All held: may come back")).to_be_disabled()
    expect(page.get_by_text("1 held by others, and may come back")).to_be_visible()
    shop.release(hold)
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled(timeout=WITHIN_A_SECOND)
    expect(page.locator(".verdict-name:visible")).to_have_count(0)
    assert was_not_reloaded(page)
    press(page, "Buy")
    expect(page.get_by_role("heading", name="Yours")).to_be_visible()


def test_a_hold_that_nobody_ends_comes_back_at_its_time(shop: Shop, page: Page) -> None:
    item = shop.add(1, hold_seconds=2)
    shop.hold(item)
    open_live(page, f"/items/{item}")
    expect(state(page)).to_have_text("All held", use_inner_text=True)
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled(timeout=4000)


def test_sold_out_comes_back_when_a_purchase_is_refunded(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    purchase = shop.buy(item)
    open_live(page, f"/items/{item}")
    expect(state(page)).to_have_text("Sold out", use_inner_text=True)
    shop.refund(purchase)
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled(timeout=WITHIN_A_SECOND)


def test_what_is_typed_stays_while_the_numbers_change(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    open_live(page, f"/items/{item}")
    name_field(page).fill("Ada")
    shop.buy(item)
    expect(available(page)).to_have_text("4")
    expect(name_field(page)).to_have_value("Ada")


def test_without_scripts_the_page_says_how_it_stands_and_asks_again_by_itself(shop: Shop, visitors: Visitors) -> None:
    item = shop.add(1, opens_at=in_seconds(2))
    page = visitors.come(scripts=False)
    page.goto(f"/items/{item}")
    expect(state(page)).to_have_text("Not open yet", use_inner_text=True)
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_enabled(timeout=8000)
