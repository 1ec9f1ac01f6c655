"""Buying, holding and joining by a form: each leads to what was got, and a refusal says so and loses nothing typed."""

from typing import Any

import pytest

from sellout.domain import State
from tests.http.pages.test_items import in_state
from tests.http.pages.visitor import Visitor, purchase_of
from tests.http.shop import Shop


def test_a_purchase_leads_to_its_receipt(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    page = visitor.press("Buy", buyer="Zoë", quantity="3")
    purchase = shop.get(f"/v1/purchases/{purchase_of(visitor.address)}")
    assert (purchase["item"], purchase["buyer"], purchase["quantity"]) == ("item-a", "Zoë", 3)
    assert "Yours 3 units of Item A, sold and safely written down." in page.text
    assert shop.item()["sold"] == 3


def test_without_a_limit_no_name_is_needed(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    visitor.press("Buy")
    assert shop.get(f"/v1/purchases/{purchase_of(visitor.address)}")["buyer"] is None


def test_a_hold_leads_to_its_page(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    page = visitor.press("Hold for 10 minutes", buyer="Ada", quantity="2")
    hold = shop.get(f"/v1{visitor.address}")
    assert (hold["item"], hold["buyer"], hold["quantity"], hold["state"]) == ("item-a", "Ada", 2, "held")
    assert "2 units held for you of Item A, for Ada." in page.text


def test_joining_the_waiting_list_leads_to_the_entry(shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, "sold_out")
    visitor.open(f"/items/{item}")
    page = visitor.press("Join the waiting list", buyer="Ada", quantity="2")
    entry = shop.get(f"/v1{visitor.address}")
    assert (entry["item"], entry["buyer"], entry["quantity"], entry["state"]) == (item, "Ada", 2, "waiting")
    assert "You are on the list Your place 1" in page.text


def test_spaces_around_what_was_typed_do_not_count(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    visitor.press("Buy", buyer="  Ada ", quantity=" 2 ")
    purchase = shop.get(f"/v1/purchases/{purchase_of(visitor.address)}")
    assert (purchase["buyer"], purchase["quantity"]) == ("Ada", 2)


# Refusals.


def all_sold(shop: Shop, item: str) -> None:
    shop.buy(item, quantity=2)


def all_held(shop: Shop, item: str) -> None:
    shop.hold(item, quantity=2)


def one_left(shop: Shop, item: str) -> None:
    shop.buy(item)


def paused(shop: Shop, item: str) -> None:
    shop.change(item, paused=True)


def closed(shop: Shop, item: str) -> None:
    shop.clock.go_on(2 * 3600 + 1)


def not_open(shop: Shop, item: str) -> None:
    shop.change(item, opens_at="2999-01-01T00:00:00Z", closes_at=None)


def enough_for_this_buyer(shop: Shop, item: str) -> None:
    shop.change(item, limit_per_buyer=1)


def fewer_at_a_time(shop: Shop, item: str) -> None:
    shop.change(item, max_per_order=1)


REFUSALS = [
    (all_sold, 410, "Sold out. Every unit went to somebody who was a moment earlier, and nothing was bought for you."),
    (all_held, 409, "Every unit is sold or held by somebody who may still give it back. Nothing was bought."),
    (one_left, 409, "Only 1 unit left. Nothing was bought: choose fewer."),
    (paused, 403, "The organiser has paused the sale. Nothing was bought; try again when it goes on."),
    (closed, 403, "The sale has ended. Nothing was bought."),
    (not_open, 403, "The sale has not opened yet. Nothing was bought."),
    (enough_for_this_buyer, 409, "With these you would have more than one buyer may have. Nothing was bought."),
    (fewer_at_a_time, 422, "quantity"),
]


@pytest.mark.parametrize("button", ["Buy", "Hold for 10 minutes"])
@pytest.mark.parametrize(("happens", "status", "said"), REFUSALS)
def test_what_has_come_in_between_is_said_and_nothing_typed_is_lost(
    button: str, happens: Any, status: int, said: str, shop: Shop, visitor: Visitor
) -> None:
    item = in_state(shop, "on_sale")
    visitor.open(f"/items/{item}")
    key = visitor.key
    happens(shop, item)
    before = shop.item(item)
    page = visitor.press(button, status=status, buyer="Zoë", quantity="2")
    assert said in page.alert
    assert visitor.key == key, "the attempt goes on"
    for form in page.forms:
        assert (form.fields["buyer"], form.fields["quantity"]) == ("Zoë", "2")
    assert page.attributes("main")[0]["data-state"] == before["state"], "and the page shows how it stands now"
    assert shop.item(item) == before


def test_whoever_was_refused_may_press_again_and_gets_one(shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, "on_sale")
    visitor.open(f"/items/{item}")
    shop.buy(item)
    visitor.press("Buy", status=409, quantity="2")
    visitor.press("Buy", quantity="1")
    purchase_of(visitor.address)
    assert shop.item(item)["sold"] == 2


def test_a_waiting_list_outside_the_sale_takes_nobody(shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, "sold_out")
    visitor.open(f"/items/{item}")
    closed(shop, item)
    page = visitor.press("Join the waiting list", status=403, buyer="Ada")
    assert page.alert.startswith("The sale has ended.")


# What is typed.

WRONG = ["0", "-1", "1.5", "1,000", "two", "²", "٣", "9" * 10, "9" * 5000]


@pytest.mark.parametrize("quantity", WRONG)
def test_a_quantity_that_is_none_is_said_and_left_as_it_was_typed(quantity: str, shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    page = visitor.press("Buy", status=422, buyer="Ada", quantity=quantity)
    assert page.alert == "quantity must be a whole number, 1 or more"
    form, _ = page.form_of("Buy")
    assert (form.fields["buyer"], form.fields["quantity"]) == ("Ada", quantity)
    assert shop.item()["sold"] == 0


@pytest.mark.parametrize("buyer", ["x" * 129, "a\x00b", "a\nb"])
def test_a_name_that_is_none_is_said_and_left_as_it_was_typed(buyer: str, shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    page = visitor.press("Buy", status=422, buyer=buyer, quantity="2")
    assert page.alert == "buyer must have 1 to 128 characters and no control characters"
    form, _ = page.form_of("Buy")
    assert form.fields["quantity"] == "2"
    assert len(form.fields["buyer"]) == len(buyer)
    assert shop.item()["sold"] == 0


@pytest.mark.parametrize("buyer", ["", "   "])
@pytest.mark.parametrize("button", ["Buy", "Hold for 10 minutes"])
def test_where_there_is_a_limit_a_name_is_needed(button: str, buyer: str, shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 10, limit_per_buyer=2)
    visitor.open(f"/items/{item}")
    page = visitor.press(button, status=422, buyer=buyer, quantity="2")
    assert page.alert == "buyer is needed, because there is a limit for each buyer"
    assert page.form_of(button)[0].fields["quantity"] == "2"
    assert shop.item(item)["available"] == 10


def test_a_place_on_the_waiting_list_needs_a_name(shop: Shop, visitor: Visitor) -> None:
    visitor.open(f"/items/{in_state(shop, 'sold_out')}")
    page = visitor.press("Join the waiting list", status=422, buyer="")
    assert page.alert == "buyer is needed: it says whose place it is"


def test_a_quantity_that_is_left_out_is_one(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    visitor.press("Buy", quantity="")
    assert shop.item()["sold"] == 1


@pytest.mark.parametrize("what", ["purchases", "holds", "waitlist", "attempts"])
@pytest.mark.parametrize("item", ["nothing", "%E2%98%83", "a%3BDomain=example.org"])
def test_of_an_item_that_is_not_there_nothing_can_be_had(what: str, item: str, visitor: Visitor) -> None:
    answer = visitor.ask("POST", f"/items/{item}/{what}", data={"key": "page-1"})
    assert answer.status_code == 404
    assert "There is no item with this id." in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "1", "page-:", "page-é", "page-" + "x" * 60])
def test_a_key_that_no_page_has_given_is_refused(key: str, shop: Shop, visitor: Visitor) -> None:
    answer = visitor.ask("POST", "/items/item-a/purchases", data={"key": key, "quantity": "1"})
    assert answer.status_code == 422
    assert shop.item()["sold"] == 0


def test_what_a_visitor_takes_the_interface_for_programs_shows_as_well(shop: Shop, visitor: Visitor) -> None:
    visitor.open("/items/item-a")
    key = visitor.key
    visitor.press("Buy", buyer="Ada")
    found = shop.get(f"/v1/items/item-a/purchases/lookup?key={key}&buyer=Ada")
    assert found["purchase_id"] == purchase_of(visitor.address)
    assert shop.item()["state"] == State.ON_SALE


@pytest.mark.parametrize("form", ["purchases", "holds", "waitlist"])
@pytest.mark.parametrize("item", ["item-a", "no-such-item", "%C3%A9%22%3E"])
def test_the_address_of_a_form_leads_back_to_its_item(form: str, item: str, shop: Shop) -> None:
    answer = shop.ask("GET", f"/items/{item}/{form}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/items/{item}")
