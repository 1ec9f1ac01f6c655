"""What holds for every page in every state: axe finds nothing, nothing is wider than a small telephone, nothing moves
for those who want no motion.
"""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.pages.browser import BUSY, LOST, REFUSED, Visitors
from tests.pages.desk_scenes import DESK
from tests.pages.scenes import SHOP, Scene
from tests.pages.shop import Shop

SMALL_WIDTH = 320

WIDER = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))
"""

PLAIN = "document.body.style.background = 'var(--glow)'"
"""Axe cannot judge text on a gradient, so all of the page takes the gradient's strongest colour."""

UNJUDGED_MAY_BE = (
    "contains only non-text characters",  # plus and minus on a button that has a name
    "too short to determine",  # one digit beside a chart; its neighbours are judged
    "contains an image node",  # the chart's own figures
)
"""Where axe cannot judge a contrast, and need not."""

MOVING = """
() => [...document.querySelectorAll("*")]
  .filter((element) => {
    const style = getComputedStyle(element);
    return style.transitionProperty !== "none" || style.animationName !== "none";
  })
  .map((element) => element.outerHTML.slice(0, 120))
"""

PAGES = SHOP | {f"desk: {name}": scene for name, scene in DESK.items()}

every_page = pytest.mark.parametrize("scene", PAGES.values(), ids=PAGES.keys())


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """Somebody who wants no motion, so that colours do not change while axe looks at them."""
    for complaint in (REFUSED, BUSY, LOST):
        visitors.provoke(complaint)
    return visitors.come(reduced_motion="reduce")


@every_page
def test_a_page_is_there_for_everybody(shop: Shop, page: Page, scene: Scene) -> None:
    scene(shop, page)
    moving = page.evaluate(MOVING)
    found = violations(page, "light") + violations(page, "dark")
    assert (found, too_wide(page), moving) == ([], [], [])


def test_axe_would_find_something(shop: Shop, page: Page) -> None:
    SHOP["on sale"](shop, page)
    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.querySelector('.facts dd').style.color = '#ccc'")
    found = "\n".join(violations(page, "light"))
    assert "label" in found
    assert "color-contrast" in found
    page.evaluate("document.querySelector('h1').style.width = '400px'")
    assert len(too_wide(page)) >= 1


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
        if not any(reason in node["failureSummary"] for reason in UNJUDGED_MAY_BE)
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than a small telephone."""
    page.set_viewport_size({"width": SMALL_WIDTH, "height": 640})
    wide: list[str] = page.evaluate(WIDER)
    return wide if page.evaluate("document.documentElement.scrollWidth") > SMALL_WIDTH else []
