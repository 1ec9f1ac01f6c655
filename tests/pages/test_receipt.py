"""The receipt, on a screen and on paper."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browser import Visitors
from tests.pages.qr import expected, seen
from tests.pages.shop import Shop


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_the_qr_code_is_dark_on_light_and_says_the_purchase_id(
    shop: Shop, visitors: Visitors, theme: str, media: str
) -> None:
    bought, page = shop.buy(shop.add(5)), visitors.come()
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", media="print" if media == "print" else None)
    page.goto(f"/purchases/{bought}")
    code = expected(bought)
    assert seen(page.locator(".qr"), len(code)) == code
    frame = page.get_by_role("img", name="QR code of the purchase id")
    assert frame.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"


def test_the_receipt_says_what_was_bought_by_whom(shop: Shop, page: Page) -> None:
    bought = shop.buy(shop.add(5, "Night of the proofs"), 2, "Ada <Lovelace>")
    page.goto(f"/purchases/{bought}")
    rows = page.locator(".rows")
    for said in ("Night of the proofs", "2", "Ada <Lovelace>", bought):
        expect(rows).to_contain_text(said)


def test_print_takes_the_receipt_alone(shop: Shop, page: Page) -> None:
    page.add_init_script("globalThis.print = () => { globalThis.printed = true; }")
    page.goto(f"/purchases/{shop.buy(shop.add(5))}")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("globalThis.printed")
    page.emulate_media(media="print")
    for gone in (page.get_by_role("banner"), page.get_by_role("button", name="Print"), page.locator(".below")):
        expect(gone).to_be_hidden()
    expect(page.locator(".qr")).to_be_visible()
    expect(page.get_by_role("heading", name="Yours")).to_be_visible()


def test_without_scripts_there_is_no_button_that_does_nothing(shop: Shop, visitors: Visitors) -> None:
    page = visitors.come(scripts=False)
    page.goto(f"/purchases/{shop.buy(shop.add(5))}")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator(".qr")).to_be_visible()


def test_a_refunded_purchase_has_no_code_that_could_be_shown_at_the_door(shop: Shop, page: Page) -> None:
    bought = shop.buy(shop.add(5))
    shop.refund(bought)
    page.goto(f"/purchases/{bought}")
    expect(page.get_by_role("heading", name="Refunded")).to_be_visible()
    expect(page.locator(".qr")).to_have_count(0)


def test_the_time_is_told_in_the_visitors_zone(shop: Shop, visitors: Visitors) -> None:
    bought = shop.buy(shop.add(5))
    shown = []
    for zone in ("Asia/Tokyo", "America/Lima"):
        page = visitors.come(timezone_id=zone)
        page.goto(f"/purchases/{bought}")
        shown.append(page.locator("time[data-local]").inner_text())
    assert shown[0] != shown[1]
