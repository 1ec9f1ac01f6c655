"""Buying in a browser, with and without scripts: one press or many, one answer or none, it is one purchase."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.browser import LOST, REFUSED, Visitors
from tests.pages.looking import name_field, open_live, press, quantity_field, receipt_id
from tests.pages.shop import Shop

both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])

BUYING = "**/purchases"


@both
def test_a_press_buys_and_leads_to_the_receipt(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(10), visitors.come(scripts=scripts)
    page.goto(f"/items/{item}")
    name_field(page).fill("Ada Lovelace")
    quantity_field(page).fill("3")
    press(page, "Buy")
    assert [receipt_id(page)] == shop.purchases(item)
    expect(page.get_by_role("heading", name="Yours")).to_be_visible()
    expect(page.locator(".rows")).to_contain_text("Ada Lovelace")
    expect(page.get_by_text("3 units of")).to_be_visible()
    assert shop.ask("GET", f"/v1/items/{item}")["sold"] == 3


@both
def test_a_double_press_buys_once(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(10), visitors.come(scripts=scripts)
    page.goto(f"/items/{item}")
    page.get_by_role("button", name="Buy", exact=True).dblclick()
    assert [receipt_id(page)] == shop.purchases(item)


@both
@pytest.mark.parametrize("name", ["", "Ada"], ids=["nameless", "named"])
def test_where_the_answer_is_lost_a_reload_shows_the_one_purchase(
    shop: Shop, visitors: Visitors, scripts: bool, name: str
) -> None:
    item, page = shop.add(10), visitors.come(scripts=scripts)
    visitors.provoke(LOST)
    page.goto(f"/items/{item}")
    name_field(page).fill(name)
    page.route(BUYING, sell_and_lose_the_answer())
    press(page, "Buy")
    see_the_answer_lost(page, scripts)
    assert len(shop.purchases(item)) == 1, "the server has sold it"
    page.goto(f"/items/{item}")
    expect(page.get_by_text("You have bought 1 unit.")).to_be_visible()
    page.get_by_role("link", name="See the receipt").click()
    assert [receipt_id(page)] == shop.purchases(item)


@both
def test_sending_the_form_again_after_a_lost_answer_buys_nothing_more(
    shop: Shop, visitors: Visitors, scripts: bool
) -> None:
    item, page = shop.add(10), visitors.come(scripts=scripts)
    visitors.provoke(LOST)
    page.goto(f"/items/{item}")
    page.route(BUYING, sell_and_lose_the_answer(), times=1)
    press(page, "Buy")
    see_the_answer_lost(page, scripts)
    if not scripts:
        page.reload()  # sends the form again, as a browser does when it is told to
    assert [receipt_id(page)] == shop.purchases(item)


def test_two_tries_are_lost_on_their_way_and_the_third_buys(shop: Shop, visitors: Visitors, page: Page) -> None:
    item = shop.add(10)
    visitors.provoke(LOST)
    page.goto(f"/items/{item}")
    tried: list[str | None] = []

    def lose_two(route: Route) -> None:
        tried.append(route.request.post_data)
        route.abort() if len(tried) <= 2 else route.continue_()

    page.route(BUYING, lose_two)
    press(page, "Buy")
    see_the_answer_lost(page)
    assert [receipt_id(page)] == shop.purchases(item)
    assert len(tried) == 3
    assert len(set(tried)) == 1, "the same form, with the same key"


def test_the_button_says_that_it_is_buying_and_takes_no_second_press(shop: Shop, page: Page) -> None:
    item = shop.add(10)
    page.goto(f"/items/{item}")
    asked: list[Route] = []

    def keep(route: Route) -> None:
        asked.append(route)

    page.route(BUYING, keep)
    press(page, "Buy")
    busy = page.get_by_role("button", name="Buying…")
    expect(busy).to_have_attribute("aria-busy", "true")
    busy.click()
    assert len(asked) == 1
    asked[0].continue_()
    assert [receipt_id(page)] == shop.purchases(item)


def test_whoever_closes_the_page_and_comes_back_finds_the_receipt(shop: Shop, page: Page) -> None:
    item = shop.add(10)
    page.goto(f"/items/{item}")
    name_field(page).fill("Ada")
    press(page, "Buy")
    bought = receipt_id(page)
    page.close()
    later = page.context.new_page()
    later.goto(f"/items/{item}")
    later.get_by_role("link", name="See the receipt").click()
    assert receipt_id(later) == bought


def test_a_browser_that_was_ended_remembers_too(shop: Shop, visitors: Visitors) -> None:
    item, page = shop.add(10), visitors.come()
    page.goto(f"/items/{item}")
    press(page, "Buy")
    bought = receipt_id(page)
    kept = page.context.storage_state()
    assert all(cookie["expires"] > 0 for cookie in kept["cookies"]), "each outlives its browser"
    later = visitors.come(storage_state=kept)
    later.goto(f"/items/{item}")
    later.get_by_role("link", name="See the receipt").click()
    assert receipt_id(later) == bought


@both
def test_whoever_wants_more_says_so_and_buys_again(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(10), visitors.come(scripts=scripts)
    receipts: set[str] = set()
    for _ in range(2):
        page.goto(f"/items/{item}")
        if receipts:
            press(page, "Get more")
        press(page, "Buy")
        receipts.add(receipt_id(page))
    assert receipts == set(shop.purchases(item))
    assert len(receipts) == 2


def test_the_stepper_counts_within_what_one_order_may_have(shop: Shop, page: Page) -> None:
    item = shop.add(10, max_per_order=3)
    page.goto(f"/items/{item}")
    for presses, quantity in ((1, "2"), (3, "3")):
        for _ in range(presses):
            press(page, "One more")
        expect(quantity_field(page)).to_have_value(quantity)
    for _ in range(4):
        press(page, "One fewer")
    expect(quantity_field(page)).to_have_value("1")


def test_the_stepper_needs_scripts_and_is_not_there_without(shop: Shop, visitors: Visitors) -> None:
    page = visitors.come(scripts=False)
    page.goto(f"/items/{shop.add(10)}")
    expect(page.get_by_role("button", name="One more")).to_have_count(0)


Refuse = Callable[[Shop, str], None]


@both
@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (lambda shop, item: shop.buy(item, 2), "Sold out. Every unit went to somebody who was a moment earlier"),
        (lambda shop, item: shop.buy(item, 1), "Only 1 unit left. Nothing was bought: choose fewer."),
        (lambda shop, item: shop.hold(item, 2), "Every unit is sold or held by somebody who may still give it back."),
        (lambda shop, item: shop.change(item, paused=True), "The organiser has paused the sale. Nothing was bought"),
        (lambda shop, item: shop.change(item, closes_at="2020-01-01T00:00:00Z"), "The sale has ended."),
        (lambda shop, item: shop.change(item, opens_at="2100-01-01T00:00:00Z"), "The sale has not opened yet."),
    ],
    ids=["sold out", "not enough", "all held", "paused", "closed", "not open"],
)
def test_a_refusal_is_said_where_the_button_is(
    shop: Shop, visitors: Visitors, scripts: bool, refuse: Refuse, said: str
) -> None:
    item, page = shop.add(2), visitors.come(scripts=scripts)
    visitors.provoke(REFUSED)
    visitors.provoke(LOST)
    page.route("**/stream", lambda route: route.abort())  # so that the page does not know before it is pressed
    page.goto(f"/items/{item}")
    quantity_field(page).fill("2")
    bought = len(shop.purchases(item))
    refuse(shop, item)
    others = len(shop.purchases(item)) - bought
    press(page, "Buy")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(said)
    if scripts:
        expect(alert).to_be_focused()
    assert len(shop.purchases(item)) == others


@both
def test_a_buyer_has_at_most_the_limit(shop: Shop, visitors: Visitors, scripts: bool) -> None:
    item, page = shop.add(10, limit_per_buyer=1), visitors.come(scripts=scripts)
    visitors.provoke(REFUSED)
    shop.buy(item, buyer="Ada")
    page.goto(f"/items/{item}")
    expect(page.get_by_text("at most 1 unit, 10 at a time")).to_be_visible()
    press(page, "Buy")
    expect(name_field(page)).to_be_focused()
    name_field(page).fill("Ada")
    press(page, "Buy")
    expect(page.get_by_role("alert")).to_contain_text("more than one buyer may have. Nothing was bought.")
    name_field(page).fill("Grace")
    press(page, "Buy")
    assert receipt_id(page) in shop.purchases(item)
    assert len(shop.purchases(item)) == 2


def test_after_a_refusal_the_form_buys(shop: Shop, visitors: Visitors, page: Page) -> None:
    item = shop.add(3)
    visitors.provoke(REFUSED)
    open_live(page, f"/items/{item}")
    name_field(page).fill("Ada")
    quantity_field(page).fill("4")
    press(page, "Buy")
    expect(page.get_by_role("alert")).to_contain_text("Only 3 units left.")
    expect(name_field(page)).to_have_value("Ada")
    quantity_field(page).fill("3")
    press(page, "Buy")
    assert [receipt_id(page)] == shop.purchases(item)


def test_two_visitors_press_at_the_last_unit_and_one_has_it(shop: Shop, visitors: Visitors) -> None:
    item = shop.add(1)
    visitors.provoke(REFUSED)
    pages = [visitors.come() for _ in range(2)]
    for page in pages:
        page.goto(f"/items/{item}")
    for page in pages:
        page.evaluate("document.querySelector('form').requestSubmit()")
    for page in pages:
        expect(page.get_by_role("heading", name="Yours").or_(page.get_by_role("alert"))).to_be_visible()
    assert sum(page.get_by_role("heading", name="Yours").count() for page in pages) == 1
    assert len(shop.purchases(item)) == 1


def sell_and_lose_the_answer() -> Callable[[Route], None]:
    """The first request reaches the server, and its answer nobody; later ones do not even reach the server."""
    sold = False

    def handle(route: Route) -> None:
        nonlocal sold
        if not sold:
            sold = True
            assert route.fetch().ok
        route.abort()

    return handle


def see_the_answer_lost(page: Page, scripts: bool = True) -> None:
    """What a visitor sees: the page says so; without scripts the browser does."""
    if scripts:
        expect(page.get_by_text("Connection lost. Trying again: you cannot buy twice by this…")).to_be_visible()
    else:
        page.wait_for_url("chrome-error://**")
