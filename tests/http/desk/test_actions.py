"""What an organiser does with a sale, from the buttons of its page."""

from typing import Any

import pytest

from sellout.domain import CAPACITY_MAX
from tests.http.desk.organiser import Organiser
from tests.http.shop import Shop as OpenShop

LATER, LONG_AGO = "2099-01-31T19:00:00Z", "2001-01-31T19:00:00Z"

STATES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "on_sale": ({}, {"Pause", "Restock"}),
    "paused": ({"paused": True}, {"Go on", "Restock"}),
    "not_open": ({"opens_at": LATER}, {"Open now", "Restock"}),
    "closed": ({"closes_at": LONG_AGO}, {"Open again", "Restock"}),
    "sold_out": ({"capacity": 0}, {"Pause", "Restock"}),
}


@pytest.mark.parametrize("state", STATES)
def test_the_page_offers_what_can_be_done_in_each_state(state: str, organiser: Organiser, shop: OpenShop) -> None:
    members, buttons = STATES[state]
    shop.change("item-a", **members)
    page = organiser.open("/desk/items/item-a")
    assert {button.label for button in page.buttons} == buttons | {"Sign out"}
    assert shop.item()["state"] == state


def test_a_sale_is_opened_now(organiser: Organiser, shop: OpenShop) -> None:
    shop.change("item-a", opens_at=LATER, paused=True)
    organiser.open("/desk/items/item-a")
    organiser.press("Open now")
    assert organiser.address == "/desk/items/item-a"
    assert organiser.result == "The sale is open."
    assert shop.buy().status_code == 201
    assert shop.item()["opens_at"] < LATER


def test_a_closed_sale_is_opened_again(organiser: Organiser, shop: OpenShop) -> None:
    shop.change("item-a", opens_at="2000-01-01T00:00:00Z", closes_at=LONG_AGO)
    organiser.open("/desk/items/item-a")
    organiser.press("Open again")
    item = shop.item()
    assert (item["state"], item["closes_at"]) == ("on_sale", None)
    assert item["opens_at"] == "2000-01-01T00:00:00.000000Z", "it has long been open, so this is left as it is"


def test_a_sale_is_paused_and_goes_on(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/item-a")
    organiser.press("Pause")
    assert "paused" in organiser.result
    assert shop.buy().status_code == 403
    organiser.press("Go on")
    assert organiser.result == "The sale goes on."
    assert shop.buy().status_code == 201


def test_closing_asks_first(organiser: Organiser, shop: OpenShop) -> None:
    shop.buy(quantity=3)
    shop.hold(quantity=2)
    (asks,) = organiser.open("/desk/items/item-a").links("Close now…")
    page = organiser.open(asks)
    assert "3 units are sold; 2 units held now can still be confirmed" in page.text
    assert page.links("Keep it open") == ["/desk/items/item-a"]
    assert shop.item()["state"] == "on_sale", "asking changes nothing"
    organiser.press("Close the sale")
    assert organiser.result == "The sale is closed."
    assert shop.item()["state"] == "closed"


def test_a_sale_that_has_not_begun_can_be_closed(organiser: Organiser, shop: OpenShop) -> None:
    shop.change("item-a", opens_at=LATER)
    organiser.open("/desk/items/item-a/close")
    organiser.press("Close the sale")
    assert shop.item()["state"] == "closed"


def test_units_are_added(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/item-a")
    organiser.press("Restock", units="25")
    assert organiser.result == "The units are added."
    assert shop.item()["capacity"] == 125


def test_units_are_added_once_however_often_the_form_is_sent(organiser: Organiser, shop: OpenShop) -> None:
    page = organiser.open("/desk/items/item-a")
    organiser.press("Restock", page, units="25")
    again = organiser.press("Restock", page, status=409, units="25")
    assert "it is 125 now. Nothing was added" in again.alert
    form, _ = again.form_of("Restock")
    assert form.fields["units"] == "25", "what was typed is still there"
    assert shop.item()["capacity"] == 125
    organiser.press("Restock", again)
    assert shop.item()["capacity"] == 150


@pytest.mark.parametrize("units", ["", "0", "-5", "1.5", "many", "1" * 30, str(CAPACITY_MAX)])
def test_what_cannot_be_added_is_said(units: str, organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/item-a")
    page = organiser.press("Restock", status=409, units=units)
    assert "Nothing was added" in page.alert or "must be a whole number" in page.alert
    assert shop.item()["capacity"] == 100


def test_who_waits_gets_what_is_added(organiser: Organiser, shop: OpenShop) -> None:
    shop.change("item-a", capacity=0)
    entry = shop.join("ada", quantity=2).json()["entry_id"]
    organiser.open("/desk/items/item-a")
    organiser.press("Restock", units="2")
    assert shop.get(f"/v1/waitlist/{entry}")["state"] == "offered"


@pytest.mark.parametrize("action", ["open", "pause", "resume", "close", "restock"])
def test_there_must_be_such_an_item(action: str, organiser: Organiser) -> None:
    data = {"csrf": organiser.token, "units": "1", "capacity": "1"}
    assert organiser.ask("POST", f"/desk/items/nothing/{action}", data=data).status_code == 404


def test_a_result_is_one_of_those_that_there_are(organiser: Organiser) -> None:
    organiser.open("/desk/items/item-a?done=%3Cb%3ECall+0900-666%3C/b%3E")
    assert organiser.result == ""
    assert "0900" not in organiser.page.html
