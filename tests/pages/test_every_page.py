"""What holds for every page in every state: axe finds nothing, nothing is wider than a small telephone, nothing moves
for those who want no motion.
"""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.pages.browser import BUSY, LOST, REFUSED, Visitors
from tests.pages.scenes import SHOP, Scene
from tests.pages.shop import Shop

SMALL = {"width": 320, "height": 640}

WIDER = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))
"""

PLAIN = "document.body.style.background = 'var(--glow)'"
"""Axe cannot judge text on a gradient, so all of the page takes the gradient's strongest colour."""

NO_TEXT = "Element content contains only non-text characters"
"""Signs, such as plus and minus on a button that has a name."""

MOVING = """
() => [...document.querySelectorAll("*")]
  .filter((element) => {
    const style = getComputedStyle(element);
    return style.transitionProperty !== "none" || style.animationName !== "none";
  })
  .map((element) => element.outerHTML.slice(0, 120))
"""

every_page = pytest.mark.parametrize("scene", SHOP.values(), ids=SHOP.keys())


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """Somebody who wants no motion, so that colours do not change while axe looks at them."""
    for complaint in (REFUSED, BUSY, LOST):
        visitors.provoke(complaint)
    return visitors.come(reduced_motion="reduce")


@every_page
def test_axe_finds_nothing(shop: Shop, page: Page, scene: Scene) -> None:
    scene(shop, page)
    assert violations(page, "light") + violations(page, "dark") == []


@every_page
def test_nothing_is_wider_than_a_small_telephone_and_nothing_moves(shop: Shop, page: Page, scene: Scene) -> None:
    page.set_viewport_size({"width": SMALL["width"], "height": SMALL["height"]})
    scene(shop, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"], page.evaluate(WIDER)
    assert page.evaluate(MOVING) == []


def test_axe_would_find_something(shop: Shop, page: Page) -> None:
    SHOP["on sale"](shop, page)
    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.querySelector('.facts dd').style.color = '#ccc'")
    found = "\n".join(violations(page, "light"))
    assert "label" in found
    assert "color-contrast" in found


def violations(page: Page, theme: Literal["light", "dark"]) -> list[str]:
    """What axe finds, a line for each place; and text whose contrast it could not judge."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(PLAIN)
    answer: dict[str, Any] = Axe().run(page).response
    unjudged = [rule for rule in answer["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{theme}: {rule['id']} ({rule['impact']}): {node['html'][:160]}: {node['failureSummary']}"
        for rule in [*answer["violations"], *unjudged]
        for node in rule["nodes"]
        if NO_TEXT not in node["failureSummary"]
    ]
