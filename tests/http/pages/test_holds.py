"""A hold's page: how long it lasts, confirming it, giving it back, and what has become of it."""

from typing import Any

from tests.http.pages.visitor import Visitor, purchase_of
from tests.http.shop import Shop


def held(shop: Shop, visitor: Visitor, **members: Any) -> str:
    """A hold of two units, on the visitor's screen."""
    hold = str(shop.hold(quantity=2, **members).json()["hold_id"])
    visitor.open(f"/holds/{hold}")
    return hold


def test_it_says_what_is_held_for_whom_and_until_when(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor, buyer="Zoë")
    assert (
        "2 units held for you of Item A, for Zoë. Nobody else can have them until the time is over."
        in visitor.page.text
    )
    (countdown,) = [tag for tag in visitor.page.attributes("time") if "data-countdown" in tag]
    assert countdown["data-countdown"] == shop.get(f"/v1/holds/{hold}")["expires_at"]
    assert [button.label for button in visitor.page.buttons] == ["Confirm 2 units", "Give back"]


def test_one_unit_is_it_and_no_name_is_no_name(shop: Shop, visitor: Visitor) -> None:
    hold = shop.hold().json()["hold_id"]
    assert "1 unit held for you of Item A. Nobody else can have it until" in visitor.open(f"/holds/{hold}").text


def test_it_listens_to_its_item(shop: Shop, visitor: Visitor) -> None:
    held(shop, visitor)
    (body,) = visitor.page.attributes("body")
    assert body["data-stream"] == "/v1/items/item-a/stream"
    assert body["data-now"]


def test_confirming_leads_to_the_receipt_however_often_it_is_pressed(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor)
    page = visitor.page
    receipts = {visitor.send("Confirm 2 units", on=page).url.path for _ in range(3)}
    (receipt,) = receipts
    assert shop.get(f"/v1/purchases/{purchase_of(receipt)}")["hold_id"] == hold
    assert (shop.item()["sold"], shop.item()["held"]) == (2, 0)


def test_a_confirmed_hold_leads_on(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor)
    visitor.press("Confirm 2 units")
    receipt = visitor.address
    page = visitor.open(f"/holds/{hold}")
    assert "Yours This hold has become a purchase." in page.text
    assert page.links("See the receipt") == [receipt]
    assert page.buttons == []


def test_giving_back_frees_the_units_however_often_it_is_pressed(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor)
    page = visitor.page
    for _ in range(2):
        answer = visitor.send("Give back", on=page)
        assert answer.url.path == f"/holds/{hold}"
        assert "Given back" in answer.text
    assert shop.item()["available"] == 100


def test_what_was_given_back_cannot_be_confirmed(shop: Shop, visitor: Visitor) -> None:
    held(shop, visitor)
    page = visitor.page
    visitor.press("Give back")
    page = visitor.press("Confirm 2 units", on=page, status=409)
    assert page.alert == "This hold was given back."
    assert "Given back" in page.text
    assert shop.item()["sold"] == 0


def test_what_was_confirmed_cannot_be_given_back_and_leads_to_the_receipt(shop: Shop, visitor: Visitor) -> None:
    held(shop, visitor)
    page = visitor.page
    visitor.press("Confirm 2 units")
    receipt = visitor.address
    assert visitor.send("Give back", on=page).url.path == receipt
    assert shop.item()["sold"] == 2


def test_after_its_time_it_says_so_and_leads_back(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor)
    shop.clock.go_on(601)
    page = visitor.open(f"/holds/{hold}")
    assert "The time is over" in page.text
    assert page.links("Try again") == ["/items/item-a"]
    assert page.buttons == []


def test_a_late_confirmation_gets_the_units_while_they_are_free(shop: Shop, visitor: Visitor) -> None:
    held(shop, visitor)
    shop.clock.go_on(601)
    visitor.press("Confirm 2 units")
    purchase_of(visitor.address)
    assert shop.item()["sold"] == 2


def test_a_late_confirmation_of_units_that_are_gone_says_so(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 1, hold_seconds=5)
    hold = shop.hold(item).json()["hold_id"]
    visitor.open(f"/holds/{hold}")
    page = visitor.page
    shop.clock.go_on(6)
    shop.buy(item)
    page = visitor.press("Confirm 1 unit", on=page, status=409)
    assert page.alert == "The time of this hold is over, and its units are with others now."
    assert "The time is over" in page.text
    assert shop.item(item)["sold"] == 1


def test_a_hold_whose_payment_has_begun_can_be_confirmed(shop: Shop, visitor: Visitor) -> None:
    hold = held(shop, visitor)
    shop.pay(hold)
    visitor.open(f"/holds/{hold}")
    visitor.press("Confirm 2 units")
    purchase_of(visitor.address)


def test_a_hold_that_is_not_there_is_an_error_page(visitor: Visitor) -> None:
    for method, address in (("GET", ""), ("POST", "/confirm"), ("POST", "/release")):
        for hold in ("nothing", "%E2%98%83"):
            answer = visitor.ask(method, f"/holds/{hold}{address}")
            assert answer.status_code == 404
            assert "There is no hold with this id." in answer.text
