"""A visitor's attempt: its key is in the browser before anything is asked for, so one is got once, whatever is lost."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from sellout.http.pages.attempt import COOKIE, KEPT_SECONDS, Attempt, is_key
from sellout.http.requests import is_plain
from tests.http.pages.visitor import Visitor, purchase_of
from tests.http.shop import Shop, running_shop

ITEM = "/items/item-a"
HOLD = "Hold for 10 minutes"


# The cookie.


def cookie_set(visitor: Visitor) -> str:
    """The header that sets the attempt's cookie."""
    (header,) = visitor.answer.headers.get_list("set-cookie")
    assert header.startswith(f"{COOKIE}=")
    return str(header)


def attributes(header: str) -> set[str]:
    return {part.strip().lower() for part in header.split(";")[1:]}


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_belongs_to_its_item(visitor: Visitor) -> None:
    visitor.open(ITEM)
    kept = f"max-age={KEPT_SECONDS}"
    assert attributes(cookie_set(visitor)) == {"httponly", "samesite=lax", f"path={ITEM}", kept}
    assert KEPT_SECONDS >= 86_400


def test_with_the_setting_it_goes_over_tls_only(database: Path) -> None:
    with running_shop(database, secure_cookies=True) as shop:
        visitor = Visitor(shop)
        visitor.open(ITEM)
        assert "secure" in attributes(cookie_set(visitor))
        answer = visitor.ask("POST", f"{ITEM}/purchases", data={"key": visitor.key, "buyer": "Ada"}, follow=False)
        assert "secure" in attributes(answer.headers["set-cookie"])


def test_the_front_page_sets_none(visitor: Visitor) -> None:
    visitor.open("/")
    assert "set-cookie" not in visitor.answer.headers


def test_its_key_is_that_of_the_form_and_nobody_can_guess_it(shop: Shop) -> None:
    keys = set[str]()
    for _ in range(10):
        visitor = Visitor(shop)
        visitor.open(ITEM)
        assert visitor.cookie is not None
        assert visitor.key in visitor.cookie
        keys.add(visitor.key)
    assert len(keys) == 10
    assert all(re.fullmatch(r"page-[\w-]{22}", key) for key in keys)


def test_it_is_kept_over_reloads(visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key, visitor.cookie
    visitor.open(ITEM)
    assert (visitor.key, visitor.cookie) == first


def test_each_item_has_its_own(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key
    visitor.open(f"/items/{shop.add('Gala', 1)}")
    assert visitor.key != first
    visitor.open(ITEM)
    assert visitor.key == first


def request_with(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode("latin-1"))]})


def sent_back(attempt: Attempt) -> Attempt:
    """An attempt that went to a browser and back."""
    response = Response()
    attempt.remember(response, "item-a", secure=False)
    return Attempt.of(request_with(response.headers["set-cookie"].split("=", 1)[1].split(";")[0]))


@given(buyer=st.text(max_size=128).filter(is_plain))
def test_it_comes_back_as_it_was_whatever_the_buyers_name(buyer: str) -> None:
    attempt = Attempt.new()._replace(buyer=buyer)
    assert sent_back(attempt) == attempt


@given(cookie=st.text(st.characters(max_codepoint=255, exclude_characters=";"), max_size=200))
def test_no_cookie_however_broken_is_a_defect(cookie: str) -> None:
    attempt = Attempt.of(request_with(cookie))
    assert is_key(attempt.key)
    assert is_plain(attempt.buyer)


def base64(text: bytes) -> str:
    return urlsafe_b64encode(text).decode()


BROKEN = [
    "", ":", "nonsense", "page-", "other-key:", "page-é:", f"page-{'x' * 70}:", "page-x:!", "page-x:QQ", "page-x:Q",
    f"page-x:{base64(bytes([255]))}", f"page-x:{base64(b'a' + bytes(1))}", "page-x:" + "QUFB" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("cookie", BROKEN)
def test_a_cookie_that_is_not_ours_is_ignored(cookie: str, shop: Shop) -> None:
    answer = shop.ask("GET", ITEM, headers={"Cookie": f"{COOKIE}={cookie}".encode("latin-1")})
    assert answer.status_code == 200
    assert "Yours" not in answer.text


def test_nor_one_whose_name_no_database_could_keep() -> None:
    for name in (b"a\x00", b"a\nb", "\x85".encode()):
        assert Attempt.of(request_with(f"page-x:{base64(name)}")).buyer == ""


def test_a_forged_cookie_finds_nothing_that_its_key_has_not_got(shop: Shop, visitor: Visitor) -> None:
    shop.buy(key="page-known", buyer="Ada")
    answer = shop.ask("GET", ITEM, headers={"Cookie": f"{COOKIE}=page-known:{base64(b'Bob')}"})
    assert "Yours" not in answer.text


# Binding.


def test_before_anything_is_asked_for_the_browser_has_the_key_and_the_name(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.send("Buy", buyer="Ada", follow=False)
    assert first.status_code == 307
    assert first.headers["location"].startswith(f"{ITEM}/purchases?")
    assert shop.item()["sold"] == 0
    assert visitor.cookie is not None
    assert f"{visitor.key}:{base64(b'Ada')}" in visitor.cookie
    second = visitor.ask("POST", first.headers["location"], data={"key": visitor.key, "buyer": "Ada"}, follow=False)
    assert second.status_code == 303
    assert shop.item()["sold"] == 1


def test_a_form_goes_round_once_and_no_more(visitor: Visitor) -> None:
    visitor.open(ITEM)
    assert [answer.status_code for answer in visitor.send("Buy", buyer="Ada").history] == [307, 303]


def test_one_without_a_name_needs_no_round(visitor: Visitor) -> None:
    visitor.open(ITEM)
    assert [answer.status_code for answer in visitor.send("Buy").history] == [303]


def test_a_browser_that_keeps_no_cookies_can_still_buy_once(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    page = visitor.page
    for _ in range(2):
        visitor.cookies.clear()
        form, button = page.form_of("Buy")
        first = visitor.ask("POST", button.address, data=form.fields | {"buyer": "Ada"}, follow=False)
        visitor.cookies.clear()
        again = visitor.ask("POST", first.headers["location"], data=form.fields | {"buyer": "Ada"}, follow=False)
        assert again.status_code == 303
    assert shop.item()["sold"] == 1


# What gets lost.


@pytest.mark.parametrize("buyer", ["", "Zoë"])
def test_after_a_lost_answer_the_items_page_shows_what_was_got(buyer: str, shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    visitor.send("Buy", buyer=buyer, quantity="2")
    page = visitor.open(ITEM)
    assert "Yours You have bought 2 units." in page.text
    (receipt,) = page.links("See the receipt")
    assert shop.get(f"/v1/purchases/{purchase_of(receipt)}")["buyer"] == (buyer or None)
    assert "Buy" not in [button.label for button in page.buttons]


def test_pressing_again_after_a_lost_answer_leads_to_the_one_purchase(shop: Shop, visitor: Visitor) -> None:
    page = visitor.open(ITEM)
    receipts = {visitor.send("Buy", on=page, buyer="Ada").url.path for _ in range(3)}
    assert len(receipts) == 1
    assert shop.item()["sold"] == 1


def test_a_form_that_got_lost_on_its_way_has_bought_nothing_and_can_be_sent_again(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    visitor.send("Buy", buyer="Ada", follow=False)
    page = visitor.open(ITEM)
    form, _ = page.form_of("Buy")
    assert form.fields["buyer"] == "Ada", "the name is there still"
    visitor.press("Buy")
    assert shop.item()["sold"] == 1


def test_a_restart_of_the_server_changes_nothing(database: Path) -> None:
    with running_shop(database) as shop:
        visitor = Visitor(shop)
        visitor.open(ITEM)
        visitor.send("Buy", buyer="Ada")
    with running_shop(database) as shop:
        visitor.shop = shop
        assert "Yours" in visitor.open(ITEM).text


@pytest.mark.parametrize("second", ["Buy", HOLD])
def test_the_same_press_under_another_name_leads_to_what_was_got(second: str, shop: Shop, visitor: Visitor) -> None:
    page = visitor.open(ITEM)
    first = visitor.send("Buy", on=page, buyer="Ada")
    again = visitor.send(second, on=page, buyer="Bob")
    assert again.url.path == first.url.path
    assert shop.item()["sold"] == 1


def test_the_other_button_of_the_same_form_leads_to_what_was_got(shop: Shop, visitor: Visitor) -> None:
    page = visitor.open(ITEM)
    hold = visitor.send(HOLD, on=page, buyer="Ada")
    assert visitor.send("Buy", on=page, buyer="Ada").url.path == hold.url.path
    assert visitor.send("Buy", on=page, buyer="Ada", quantity="2").url.path == hold.url.path
    assert (shop.item()["held"], shop.item()["sold"]) == (1, 0)


def test_two_tabs_are_one_attempt(shop: Shop, visitor: Visitor) -> None:
    one, other = visitor.open(ITEM), visitor.open(ITEM)
    first = visitor.send("Buy", on=one, buyer="Ada")
    assert visitor.send("Buy", on=other, buyer="Ada").url.path == first.url.path
    assert visitor.send("Buy", on=other, buyer="Bob").url.path == first.url.path
    assert shop.item()["sold"] == 1


@pytest.mark.parametrize("typed", [{"quantity": "0"}, {"buyer": "x" * 129}, {"quantity": "11"}])
def test_a_mistake_in_another_tab_does_not_make_the_browser_forget(
    typed: dict[str, Any], shop: Shop, visitor: Visitor
) -> None:
    one, other = visitor.open(ITEM), visitor.open(ITEM)
    visitor.send("Buy", on=one, buyer="Ada")
    visitor.send("Buy", on=other, **({"buyer": "Ada"} | typed))
    assert "Yours" in visitor.open(ITEM).text


def test_two_visitors_are_two_attempts(shop: Shop, visitor: Visitor) -> None:
    other = Visitor(shop)
    for one in (visitor, other):
        one.open(ITEM)
        one.press("Buy", buyer="Ada")
    assert visitor.address != other.address
    assert shop.item()["sold"] == 2


# A new attempt.


def test_get_more_makes_a_new_key_and_keeps_the_name(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key
    visitor.press("Buy", buyer="Ada")
    receipt = visitor.address
    visitor.open(ITEM)
    page = visitor.press("Get more")
    assert visitor.address == ITEM
    assert visitor.key != first
    assert page.form_of("Buy")[0].fields["buyer"] == "Ada"
    visitor.press("Buy")
    assert visitor.address != receipt
    assert shop.item()["sold"] == 2


def test_pressing_get_more_twice_buys_nothing(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    visitor.press("Buy")
    page = visitor.open(ITEM)
    visitor.send("Get more", on=page)
    visitor.send("Get more", on=page)
    assert shop.item()["sold"] == 1


def test_after_a_refund_the_visitor_may_try_again(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key
    visitor.press("Buy", buyer="Ada")
    shop.refund(purchase_of(visitor.address))
    page = visitor.open(ITEM)
    assert visitor.key != first
    assert "Yours" not in page.text
    assert page.form_of("Buy")[0].fields["buyer"] == "Ada"
    visitor.press("Buy")
    assert shop.item()["sold"] == 1


def test_after_a_hold_has_expired_likewise(shop: Shop, visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key
    visitor.press(HOLD, buyer="Ada")
    page = visitor.open(ITEM)
    assert "Held for you 1 unit held for you." in page.text
    assert page.links("Confirm or give back")
    shop.clock.go_on(601)
    assert "Held for you" not in visitor.open(ITEM).text
    assert visitor.key != first


def test_after_a_hold_was_given_back_likewise(visitor: Visitor) -> None:
    visitor.open(ITEM)
    first = visitor.key
    visitor.press(HOLD)
    visitor.press("Give back")
    visitor.open(ITEM)
    assert visitor.key != first


def test_a_confirmed_hold_is_yours(visitor: Visitor) -> None:
    visitor.open(ITEM)
    visitor.press(HOLD, quantity="2")
    visitor.press("Confirm 2 units")
    receipt = visitor.address
    page = visitor.open(ITEM)
    assert "Yours You have bought 2 units." in page.text
    assert page.links("See the receipt") == [receipt]


class Waiting(NamedTuple):
    """An item of one unit for which the visitor waits, and the purchase of somebody else, who has it."""

    item: str
    purchase: str


@pytest.fixture
def waiting(shop: Shop, visitor: Visitor) -> Waiting:
    item = shop.add("Gala", 1, offer_seconds=60)
    purchase = shop.buy(item).json()["purchase_id"]
    visitor.open(f"/items/{item}")
    visitor.press("Join the waiting list", buyer="Ada")
    return Waiting(item, purchase)


def test_who_waits_is_told_the_place(shop: Shop, visitor: Visitor, waiting: Waiting) -> None:
    entry = visitor.address
    page = visitor.open(f"/items/{waiting.item}")
    assert "Waiting You are number 1 on the waiting list." in page.text
    assert page.links("See your place") == [entry]


def test_who_was_offered_units_has_them_then_buys_them(shop: Shop, visitor: Visitor, waiting: Waiting) -> None:
    entry = visitor.address
    shop.refund(waiting.purchase)
    page = visitor.open(f"/items/{waiting.item}")
    assert "Held for you 1 unit came back, held for you." in page.text
    assert page.links("Confirm or give back") == [entry]
    visitor.open(entry)
    visitor.press("Confirm 1 unit")
    receipt = visitor.address
    page = visitor.open(f"/items/{waiting.item}")
    assert "Yours You have bought 1 unit." in page.text
    assert page.links("See the receipt") == [receipt]


def test_after_an_offer_that_lapsed_the_visitor_may_try_again(shop: Shop, visitor: Visitor, waiting: Waiting) -> None:
    shop.refund(waiting.purchase)
    shop.clock.go_on(61)
    visitor.open(f"/items/{waiting.item}")
    visitor.press("Buy", buyer="Ada")
    purchase_of(visitor.address)


def test_after_leaving_the_list_likewise(shop: Shop, visitor: Visitor, waiting: Waiting) -> None:
    first = visitor.cookie
    visitor.press("Leave the list")
    visitor.open(f"/items/{waiting.item}")
    assert visitor.cookie != first
    visitor.press("Join the waiting list", buyer="Ada")
    assert visitor.address.startswith("/waitlist/")
