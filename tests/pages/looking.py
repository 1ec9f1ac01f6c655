"""What a visitor sees and presses, in the words of the pages."""

from playwright.sync_api import Locator, Page, expect

WITHIN_A_SECOND = 1000.0
"""Milliseconds in which a page shows what has changed."""


def open_live(page: Page, address: str) -> None:
    """Open a page, and wait until its stream has begun."""
    with page.expect_response("**/stream"):
        page.goto(address)


def available(page: Page) -> Locator:
    """How many units are left."""
    return page.locator("[data-field=available]")


def state(page: Page) -> Locator:
    """The state of an item."""
    return page.locator(".state")


def name_field(page: Page) -> Locator:
    """Where a visitor says who they are, in the form that is shown."""
    return page.get_by_role("textbox", name="Name or e-mail")


def quantity_field(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name="Quantity")


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def receipt_id(page: Page) -> str:
    """The purchase id of the receipt that the page shows."""
    expect(page.get_by_role("article", name="Receipt")).to_be_visible()
    shown: str = page.locator(".rows .id").inner_text()
    assert page.url.endswith(f"/purchases/{shown}")
    return shown


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.marked = true")


def was_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.marked === true"))
