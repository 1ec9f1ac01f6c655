"""The countdown goes by the server's clock, whatever the visitor's says."""

import time
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.browser import Visitors
from tests.pages.looking import available, mark, open_live, press, receipt_id, state, was_not_reloaded
from tests.pages.shop import Shop, in_seconds

MINUTES_OFF = 10

SHIFT = """
const Real = Date;
const shifted = () => Real.now() + %d;
globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(shifted()); }
  static now() { return shifted(); }
};
"""

wrong_clocks = pytest.mark.parametrize("minutes_off", [-MINUTES_OFF, MINUTES_OFF], ids=["slow", "fast"])


def come_with_a_wrong_clock(visitors: Visitors, minutes_off: int) -> Page:
    page = visitors.come()
    page.add_init_script(SHIFT % (minutes_off * 60_000))
    return page


def seconds_shown(page: Page) -> int:
    """What the countdown shows, `MM:SS`."""
    minutes, seconds = page.locator("[data-countdown]").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


@wrong_clocks
def test_the_countdown_is_right_under_a_clock_that_is_ten_minutes_off(
    shop: Shop, visitors: Visitors, minutes_off: int
) -> None:
    opens = time.time() + 300
    page = come_with_a_wrong_clock(visitors, minutes_off)
    open_live(page, f"/items/{shop.add(5, opens_at=in_seconds(300))}")
    off = page.evaluate("Date.now()") / 1000 - time.time()
    assert abs(off - minutes_off * 60) < 5, "the visitor's clock is wrong"
    expect(page.locator("[data-countdown]")).to_have_text("04:57")
    assert abs(opens - time.time() - seconds_shown(page)) < 2


@wrong_clocks
def test_the_sale_opens_by_itself_at_the_servers_time(shop: Shop, visitors: Visitors, minutes_off: int) -> None:
    page = come_with_a_wrong_clock(visitors, minutes_off)
    opens = time.time() + 4
    item = shop.add(5, opens_at=in_seconds(4))
    open_live(page, f"/items/{item}")
    mark(page)
    buy = page.get_by_role("button", name="Buy", exact=True)
    expect(page.get_by_role("button", name="Not open yet")).to_be_disabled()
    expect(page.locator("[data-countdown]")).to_have_text("00:02")
    expect(buy).to_be_enabled(timeout=1000 * (opens - time.time() + 1))
    assert opens <= time.time()
    assert was_not_reloaded(page)
    expect(state(page)).to_have_text("On sale", use_inner_text=True)
    expect(page.locator("[data-announcer]")).to_contain_text("On sale")
    press(page, "Buy")
    assert [receipt_id(page)] == shop.purchases(item)


def test_a_page_that_was_long_on_its_way_is_put_right_by_the_stream(shop: Shop, page: Page) -> None:
    """As after a sleep of the visitor's computer, too: what the page was told first is old."""
    item = shop.add(5, opens_at=in_seconds(900))

    def make_old(route: Route) -> None:
        answer = route.fetch()
        told = answer.text().split('data-now="')[1].split('"')[0]
        old = (datetime.fromisoformat(told) - timedelta(minutes=MINUTES_OFF)).isoformat()
        route.fulfill(response=answer, body=answer.text().replace(told, old))

    page.route(f"**/items/{item}", make_old)
    open_live(page, f"/items/{item}")
    expect(page.locator("[data-countdown]")).to_have_text("14:57")


def test_an_opening_that_is_moved_is_shown_without_a_reload(shop: Shop, page: Page) -> None:
    item = shop.add(5, opens_at=in_seconds(7200))
    open_live(page, f"/items/{item}")
    mark(page)
    expect(page.locator("[data-countdown]")).to_contain_text("01:59:5")
    shop.change(item, opens_at=in_seconds(90))
    expect(page.locator("[data-countdown]")).to_contain_text("01:2")
    assert was_not_reloaded(page)


def test_a_sale_of_some_days_ahead_counts_days(shop: Shop, page: Page) -> None:
    open_live(page, f"/items/{shop.add(5, opens_at=in_seconds(3 * 86_400 + 30))}")
    expect(page.locator("[data-countdown]")).to_contain_text("3 d 00:00:2")


def test_without_scripts_the_time_of_the_opening_is_written(shop: Shop, visitors: Visitors) -> None:
    page = visitors.come(scripts=False)
    page.goto(f"/items/{shop.add(5, opens_at='2100-01-31T19:00:00Z')}")
    expect(page.locator("[data-countdown]")).to_have_text("31 January 2100, 19:00 UTC")
    expect(available(page)).to_have_text("5")
