"""The organiser at the desk, by what is written on its pages."""

from playwright.sync_api import Page, expect

from tests.processes import ORGANISER_KEY


def sign_in(page: Page, key: str = ORGANISER_KEY) -> None:
    page.goto("/desk")
    page.get_by_label("Organiser key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def sit_down(page: Page) -> None:
    """Sign in, and see the desk."""
    sign_in(page)
    expect(page.get_by_role("heading", name="Desk", exact=True)).to_be_visible()
