"""Items at the desk: seeing all of them, putting one on sale, changing its settings."""

from typing import Any

import pytest

from tests.http.desk.organiser import Organiser, errors_of
from tests.http.shop import Shop as OpenShop

ALL_FIELDS: dict[str, Any] = {
    "name": "Front row", "capacity": "40", "opens_at": "2099-01-31T19:00", "closes_at": "2099-02-01T19:00:30",
    "limit_per_buyer": "4", "max_per_order": "2", "hold_seconds": "60", "payment_seconds": "120", "offer_seconds": "90",
    "id": "row-1",
}  # fmt: skip

WRONG = {
    "name": ("", "Is needed."),
    "capacity": ("-1", "Must be greater than or equal to 0."),
    "opens_at": ("tomorrow", "Must be a date and a time."),
    "closes_at": ("2099-13-01T00:00", "Must be a date and a time."),
    "limit_per_buyer": ("0", "Must be greater than or equal to 1."),
    "max_per_order": ("a few", "Must be a whole number."),
    "hold_seconds": ("1.5", "Must be a whole number."),
    "payment_seconds": ("86401", "Must be less than or equal to 86400."),
    "offer_seconds": ("9" * 40, "Must be a whole number."),
    "id": ("No Slug", "Must have 1 to "),
}


def test_all_items_are_on_the_desk(organiser: Organiser, shop: OpenShop) -> None:
    shop.add("Balcony", 8)
    shop.buy("balcony", quantity=3)
    shop.hold("balcony", quantity=2)
    page = organiser.open("/desk")
    assert page.links("Balcony") == ["/desk/items/balcony"]
    assert page.links("Item A") == ["/desk/items/item-a"]
    assert "3 of 8 sold" in page.text
    assert "Available 3 Held 2" in page.text


def test_a_desk_without_items_says_what_to_do(organiser: Organiser, shop: OpenShop) -> None:
    assert organiser.open("/desk").links("New item") == ["/desk/items/new"]


def test_an_item_is_put_on_sale_with_all_that_was_typed(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/new")
    organiser.press("Put on sale", **ALL_FIELDS)
    assert (organiser.address, organiser.result) == ("/desk/items/row-1", "The item is there.")
    item = shop.item("row-1")
    assert item.items() >= {
        "name": "Front row", "capacity": 40, "limit_per_buyer": 4, "max_per_order": 2, "hold_seconds": 60,
        "payment_seconds": 120, "offer_seconds": 90, "opens_at": "2099-01-31T19:00:00.000000Z",
        "closes_at": "2099-02-01T19:00:30.000000Z", "paused": False,
    }.items()  # fmt: skip


def test_what_is_left_empty_is_as_the_settings_say(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/new")
    organiser.press("Put on sale", name="Zoë at night", capacity="5")
    usual, item = shop.item(), shop.item("zoe-at-night")
    names = ("opens_at", "closes_at", "limit_per_buyer", "max_per_order", "hold_seconds", "payment_seconds")
    assert [item[name] for name in names] == [usual[name] for name in names]


@pytest.mark.parametrize("field", WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    field: str, organiser: Organiser, shop: OpenShop
) -> None:
    text, said = WRONG[field]
    typed = ALL_FIELDS | {field: text}
    organiser.open("/desk/items/new")
    page = organiser.press("Put on sale", status=422, **typed)
    errors = errors_of(page)
    assert errors.keys() == {field}
    assert errors[field].startswith(said)
    assert "look at the fields" in page.alert
    form, _ = page.form_of("Put on sale")
    assert form.fields.items() >= typed.items()
    assert len(shop.get("/v1/items")["items"]) == 1


def test_all_that_is_wrong_is_said_at_once(organiser: Organiser) -> None:
    organiser.open("/desk/items/new")
    page = organiser.press("Put on sale", status=422, name=" ", capacity="", hold_seconds="x")
    assert errors_of(page).keys() == {"name", "capacity", "hold_seconds"}


def test_a_sale_that_closes_before_it_opens_is_refused(organiser: Organiser) -> None:
    organiser.open("/desk/items/new")
    typed = ALL_FIELDS | {"closes_at": "2099-01-31T18:00"}
    page = organiser.press("Put on sale", status=422, **typed)
    assert errors_of(page) == {"closes_at": "Must be later than opens_at."}


def test_an_id_is_taken_once(organiser: Organiser) -> None:
    organiser.open("/desk/items/new")
    page = organiser.press("Put on sale", status=409, name="Item A", capacity="5")
    assert errors_of(page) == {"id": "An item with this id exists already."}


def test_a_name_of_which_no_id_can_be_made_needs_one(organiser: Organiser) -> None:
    organiser.open("/desk/items/new")
    page = organiser.press("Put on sale", status=422, name="!!!", capacity="5")
    assert errors_of(page).keys() == {"id"}


NAMES = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "Tom & 'Jerry' </title>"]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_only_text(name: str, organiser: Organiser, shop: OpenShop) -> None:
    item = shop.add(name, 10)
    shop.buy(item, buyer=name)
    refund = organiser.open(f"/desk/items/{item}/purchases").links(f"Refund 1 unit of {name}")
    addresses = ["/desk", *(f"/desk/items/{item}{page}" for page in ("", "/settings", "/purchases", "/ledger", "/audit",
                                                                      "/close")), *refund]  # fmt: skip
    assert len(addresses) == 8
    for address in addresses:
        page = organiser.open(address)
        assert name in page.text or any(form.fields.get("name") == name for form in page.forms)
        assert not page.attributes("img")


def test_settings_show_what_is_and_change_what_was_changed(organiser: Organiser, shop: OpenShop) -> None:
    shop.change("item-a", opens_at="2001-01-31T19:00:00.123456Z", limit_per_buyer=3)
    page = organiser.open("/desk/items/item-a/settings")
    form, _ = page.form_of("Save")
    assert (form.fields["name"], form.fields["capacity"], form.fields["limit_per_buyer"]) == ("Item A", "100", "3")
    assert form.fields["opens_at"] == "2001-01-31T19:00:00"
    shop.change("item-a", capacity=200)  # somebody else restocks meanwhile
    organiser.press("Save", page, name="Item One", limit_per_buyer="")
    assert (organiser.address, organiser.result) == ("/desk/items/item-a", "Your changes are saved.")
    item = shop.item()
    assert (item["name"], item["capacity"], item["limit_per_buyer"]) == ("Item One", 200, None)
    assert item["opens_at"] == "2001-01-31T19:00:00.123456Z", "what was not touched is as exact as before"


def test_saving_what_is_not_different_changes_nothing(organiser: Organiser, shop: OpenShop) -> None:
    before = shop.item()
    organiser.open("/desk/items/item-a/settings")
    organiser.press("Save")
    assert organiser.result == "Nothing was different, so nothing was changed."
    assert shop.item() == before


@pytest.mark.parametrize("was", ["", "no json", "[]", "7", "null"])
def test_a_form_that_does_not_say_what_it_was_filled_with_changes_all(
    was: str, organiser: Organiser, shop: OpenShop
) -> None:
    organiser.open("/desk/items/item-a/settings")
    organiser.press("Save", was=was, capacity="150")
    assert shop.item()["capacity"] == 150


def test_the_capacity_cannot_be_below_what_is_sold_and_held(organiser: Organiser, shop: OpenShop) -> None:
    shop.buy(quantity=7)
    organiser.open("/desk/items/item-a/settings")
    page = organiser.press("Save", status=409, capacity="6", name="Another")
    assert errors_of(page) == {"capacity": "The capacity can be lowered by 93 at most."}
    form, _ = page.form_of("Save")
    assert (form.fields["capacity"], form.fields["name"]) == ("6", "Another")
    organiser.press("Save", capacity="7")
    assert (shop.item()["capacity"], shop.item()["name"]) == (7, "Another"), "what it was filled with is remembered"


@pytest.mark.parametrize(("field", "text"), [("max_per_order", ""), ("name", ""), ("capacity", ""), ("opens_at", "x")])
def test_settings_are_checked_like_a_new_item(field: str, text: str, organiser: Organiser, shop: OpenShop) -> None:
    before = shop.item()
    organiser.open("/desk/items/item-a/settings")
    assert errors_of(organiser.press("Save", status=422, **{field: text})).keys() == {field}  # type: ignore[arg-type]
    assert shop.item() == before


def test_a_sale_is_not_changed_to_close_before_it_opens(organiser: Organiser, shop: OpenShop) -> None:
    organiser.open("/desk/items/item-a/settings")
    page = organiser.press("Save", status=409, opens_at="2099-01-02T00:00", closes_at="2099-01-01T00:00")
    assert errors_of(page) == {"closes_at": "Must be later than opens_at."}


@pytest.mark.parametrize("page", ["", "/settings", "/close", "/purchases", "/purchases.csv", "/ledger", "/audit"])
def test_there_must_be_such_an_item(page: str, organiser: Organiser) -> None:
    assert "Unknown item" in organiser.open(f"/desk/items/nothing{page}", 404).text


def test_times_say_that_they_are_utc(organiser: Organiser) -> None:
    page = organiser.open("/desk/items/new")
    assert "Opens at (UTC)" in page.text
    assert "Closes at (UTC)" in page.text
    assert page.attributes("input", id="opens_at")[0]["type"] == "datetime-local"


def test_the_page_works_without_scripts(organiser: Organiser) -> None:
    assert '<noscript><meta http-equiv="refresh"' in organiser.open("/desk").html
    assert '<noscript><meta http-equiv="refresh"' in organiser.open("/desk/items/item-a").html
