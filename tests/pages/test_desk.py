"""A walk over the organiser's desk, with and without scripts, and what a stranger meets there."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.pages.browser import REFUSED, Visitors
from tests.pages.looking import WITHIN_A_SECOND, available, mark, open_live, press, receipt_id, state, was_not_reloaded
from tests.pages.organiser import sign_in, sit_down
from tests.pages.shop import Shop, in_seconds

both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])

LIVE_MS = 3000.0
"""How soon the desk shows what has happened."""


def tile(page: Page, name: str) -> Locator:
    """One of an item's figures."""
    return page.get_by_role("region", name="Figures").locator(".tiles > div", has_text=name).locator("dd")


def result(page: Page) -> Locator:
    return page.locator("[data-result]")


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Item").get_by_role("link", name=name).click()


def create(page: Page, name: str, **fields: str) -> None:
    """Put an item on sale by the form."""
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Name").fill(name)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " ")).fill(value)
    press(page, "Put on sale")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def columns(rows: Iterable[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


@both
def test_a_walk_from_the_first_item_to_the_export(
    shop: Shop, visitors: Visitors, scripts: bool, tmp_path: Path
) -> None:
    desk, buyer = visitors.come(scripts=scripts), visitors.come()
    name = f"The walk {'with' if scripts else 'without'} scripts"
    sit_down(desk)

    create(desk, name, Capacity="3", Opens_at="2100-01-31T19:00")
    item = desk.url.split("/items/")[1].split("?")[0]
    expect(state(desk)).to_have_text("Not open yet")
    open_live(buyer, f"/items/{item}")
    expect(state(buyer)).to_have_text("Not open yet", use_inner_text=True)

    press(desk, "Open now")
    expect(result(desk)).to_have_text("The sale is open.")
    expect(state(desk)).to_have_text("On sale")
    expect(buyer.get_by_role("button", name="Buy", exact=True)).to_be_enabled(timeout=WITHIN_A_SECOND)

    buyer.get_by_role("textbox", name="Name or e-mail").fill("Ada Lovelace")
    press(buyer, "Buy")
    bought = receipt_id(buyer)
    if not scripts:
        desk.reload()
    expect(tile(desk, "Sold")).to_have_text("1", timeout=LIVE_MS)
    expect(tile(desk, "Available")).to_have_text("2")

    press(desk, "Pause")
    expect(result(desk)).to_contain_text("The sale is paused")
    expect(state(desk)).to_have_text("Paused")
    open_live(buyer, f"/items/{item}")
    expect(state(buyer)).to_have_text("Paused", use_inner_text=True)
    press(desk, "Go on")
    expect(state(buyer)).to_have_text("On sale", use_inner_text=True)

    desk.get_by_label("Units to add").fill("7")
    press(desk, "Restock")
    expect(result(desk)).to_have_text("The units are added.")
    expect(available(buyer)).to_have_text("9")

    tab(desk, "Purchases")
    desk.get_by_role("row", name="Ada Lovelace").get_by_role("link", name="Refund").click()
    expect(desk.get_by_text("This cannot be undone.")).to_be_visible()
    press(desk, "Refund")
    expect(result(desk)).to_contain_text("The purchase is refunded")
    expect(available(buyer)).to_have_text("10")
    buyer.goto(f"/purchases/{bought}")
    expect(buyer.get_by_role("heading", name="Refunded")).to_be_visible()

    shop.buy(item, 2, "Grace")
    with desk.expect_download() as downloading:
        desk.get_by_role("link", name="Download CSV").click()
    exported = tmp_path / "purchases.csv"
    downloading.value.save_as(exported)
    assert columns(rows_of(exported), "buyer") == ["Ada Lovelace", "Grace"]
    assert columns(rows_of(exported), "purchase_id") == shop.purchases(item)

    tab(desk, "Audit")
    expect(desk.get_by_role("heading", name="Consistent", exact=True)).to_be_visible()
    tab(desk, "Ledger")
    expect(desk.get_by_role("row", name="Refunded")).to_contain_text("1 unit back in the sale")


def test_the_overview_and_an_item_show_a_purchase_by_themselves(shop: Shop, visitors: Visitors) -> None:
    overview, one = visitors.come(), visitors.come()
    item = shop.add(10, "Watched")
    for page in (overview, one):
        sit_down(page)
    with one.expect_response("**/desk/stream*"):
        one.goto(f"/desk/items/{item}")
    for page in (overview, one):
        mark(page)
    shop.buy(item, 4)
    card = overview.get_by_role("listitem").filter(has_text="Watched")
    expect(card).to_contain_text("4 of 10 sold", timeout=LIVE_MS)
    expect(tile(one, "Sold")).to_have_text("4", timeout=LIVE_MS)
    expect(tile(one, "Available")).to_have_text("6")
    assert was_not_reloaded(overview)
    assert was_not_reloaded(one)


def test_refusals_are_counted_by_reason(shop: Shop, page: Page) -> None:
    item = shop.add(1, "Refusing")
    shop.buy(item)
    sit_down(page)
    page.goto(f"/desk/items/{item}")
    for _ in range(3):
        assert shop.try_to_buy(item) == "sold_out"
    refusals = page.get_by_role("region", name="Refusals")
    expect(refusals.get_by_role("listitem")).to_have_text(["Sold out3"], timeout=LIVE_MS)


def test_what_can_be_pressed_follows_the_state_without_a_reload(shop: Shop, page: Page) -> None:
    item = shop.add(1)
    sit_down(page)
    with page.expect_response("**/desk/stream*"):
        page.goto(f"/desk/items/{item}")
    mark(page)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    shop.change(item, paused=True)
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    assert was_not_reloaded(page)


def test_closing_asks_first_and_can_be_taken_back(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    sit_down(page)
    page.goto(f"/desk/items/{item}")
    page.get_by_role("link", name="Close now…").click()
    assert shop.ask("GET", f"/v1/items/{item}")["state"] == "on_sale"
    press(page, "Close the sale")
    expect(state(page)).to_have_text("Closed")
    press(page, "Open again")
    expect(state(page)).to_have_text("On sale")


def test_a_setting_is_changed_and_a_wrong_one_is_said_at_its_field(shop: Shop, visitors: Visitors, page: Page) -> None:
    visitors.provoke(REFUSED)
    item = shop.add(5)
    shop.buy(item, 3)
    sit_down(page)
    page.goto(f"/desk/items/{item}/settings")
    page.get_by_label("Limit for each buyer").fill("0")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Limit for each buyer")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Limit for each buyer").fill("2")
    press(page, "Save")
    expect(result(page)).to_have_text("Your changes are saved.")
    assert shop.ask("GET", f"/v1/items/{item}")["limit_per_buyer"] == 2
    page.goto(f"/desk/items/{item}/settings")
    page.get_by_label("Capacity").fill("2")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_visible()
    assert shop.ask("GET", f"/v1/items/{item}")["capacity"] == 5, "what is sold stays sold"


def test_a_double_press_restocks_once(shop: Shop, page: Page) -> None:
    item = shop.add(5)
    sit_down(page)
    page.goto(f"/desk/items/{item}")
    page.get_by_label("Units to add").fill("10")
    page.get_by_role("button", name="Restock").dblclick()
    expect(result(page)).to_have_text("The units are added.")
    assert shop.ask("GET", f"/v1/items/{item}")["capacity"] == 15


def test_a_purchase_is_found_by_how_its_buyer_begins(shop: Shop, page: Page) -> None:
    item = shop.add(50)
    for buyer in ("Ada", "Adam", "Grace"):
        shop.buy(item, 1, buyer)
    sit_down(page)
    page.goto(f"/desk/items/{item}/purchases")
    page.get_by_role("searchbox", name="Search by purchase id or buyer").fill("Ada")
    press(page, "Search")
    expect(page.get_by_text("2 purchases found for “Ada”")).to_be_visible()
    expect(page.get_by_role("row", name="Grace")).to_have_count(0)


@both
def test_a_wrong_key_opens_nothing(visitors: Visitors, scripts: bool) -> None:
    visitors.provoke(REFUSED)
    page = visitors.come(scripts=scripts)
    sign_in(page, "a key that nobody has given out")
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto("/desk")
    expect(page.get_by_role("heading", name="The organiser’s desk")).to_be_visible()


def test_a_stranger_is_led_to_the_sign_in_page_and_from_there_on(shop: Shop, page: Page) -> None:
    item = shop.add(5, "Led on")
    page.goto(f"/desk/items/{item}/ledger")
    page.get_by_label("Organiser key").fill("a key for tests only")
    press(page, "Sign in")
    expect(page.get_by_role("table", name="Movements of Led on")).to_be_visible()


@both
def test_who_signs_out_is_out(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    page = visitors.come(scripts=scripts)
    sit_down(page)
    press(page, "Sign out")
    expect(result(page)).to_have_text("You are signed out.")
    page.goto("/desk/items/new")
    expect(page.get_by_label("Organiser key")).to_be_visible()


def test_who_presses_in_a_page_whose_session_has_ended_is_told_that_nothing_was_changed(
    shop: Shop, visitors: Visitors
) -> None:
    """Without scripts, because with them the page may have left by itself before the press."""
    visitors.provoke(REFUSED)
    page = visitors.come(scripts=False)
    item = shop.add(5, opens_at=in_seconds(-60))
    sit_down(page)
    page.goto(f"/desk/items/{item}")
    page.context.clear_cookies()
    press(page, "Pause")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(page.get_by_label("Organiser key")).to_be_visible()
    assert shop.ask("GET", f"/v1/items/{item}")["state"] == "on_sale"


def test_a_page_whose_stream_is_refused_because_the_session_has_ended_leads_to_the_sign_in_page(
    shop: Shop, visitors: Visitors, page: Page
) -> None:
    visitors.provoke(REFUSED)
    item = shop.add(5)
    sit_down(page)

    def end_session(route: Route) -> None:
        page.context.clear_cookies()
        route.continue_()

    page.route("**/desk.js", end_session)  # the page is there, and the script that asks for its stream is not
    page.goto(f"/desk/items/{item}")
    expect(page.get_by_label("Organiser key")).to_be_visible()
