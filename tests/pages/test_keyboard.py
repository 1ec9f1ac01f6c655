"""The keyboard alone: everything can be reached and pressed, and one sees where one is."""

from playwright.sync_api import Page, expect

from tests.pages.looking import open_live, receipt_id
from tests.pages.shop import Shop

STEPS_MAX = 20

FOCUSED = """
() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const after = getComputedStyle(element, "::after");
  const drawn = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2;
  const named = element.labels?.[0]?.innerText ?? element.ariaLabel ?? element.innerText;
  return { name: named.trim(), visible: drawn(style) || drawn(after) };
}
"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what bears this name has the focus; all on the way have a visible focus."""
    passed = []
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        passed.append(focused["name"])
        assert focused["visible"], f"one does not see that {focused['name']} has the focus"
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached: {passed}")


def test_an_item_is_found_and_bought(shop: Shop, page: Page) -> None:
    item = shop.add(5, "By keyboard")
    open_live(page, "/")
    tab_to(page, "By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()
    tab_to(page, "Name or e-mail")
    page.keyboard.type("Ada")
    tab_to(page, "Quantity")
    page.keyboard.press("ArrowUp")
    tab_to(page, "Buy")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 units of By keyboard")).to_be_visible()
    assert [receipt_id(page)] == shop.purchases(item)


def test_enter_in_a_field_buys(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    page.goto(f"/items/{item}")
    tab_to(page, "Name or e-mail")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    assert [receipt_id(page)] == shop.purchases(item)


def test_a_hold_is_taken_and_given_back(shop: Shop, page: Page) -> None:
    page.goto(f"/items/{shop.add(5)}")
    tab_to(page, "Hold for 10 minutes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 unit held for you")).to_be_visible()
    tab_to(page, "Give back")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Given back")).to_be_visible()


def test_the_first_step_skips_to_the_content(shop: Shop, page: Page) -> None:
    page.goto(f"/items/{shop.add(5)}")
    tab_to(page, "Skip to the content")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    tab_to(page, "Name or e-mail")
