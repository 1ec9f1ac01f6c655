"""What a key may do at the desk: what it is shown, and what is refused when it is asked for all the same."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from sellout.domain import ALL_SCOPES, KeyScope
from sellout.http.desk.session import Session
from sellout.keys import digest
from tests.http.desk.organiser import Organiser, desk_of
from tests.http.shop import Shop

READ, SELL, MANAGE = KeyScope
KEY = "a key that may not do all"

PAGES = {
    "/desk/items/new": MANAGE,
    "/desk/items/item-a/settings": MANAGE,
    "/desk/items/item-a/close": MANAGE,
    "/desk/purchases/{purchase}/refund": SELL,
}
FORMS = {
    "/desk/items/new": MANAGE,
    "/desk/items/item-a/settings": MANAGE,
    "/desk/items/item-a/open": MANAGE,
    "/desk/items/item-a/pause": MANAGE,
    "/desk/items/item-a/resume": MANAGE,
    "/desk/items/item-a/close": MANAGE,
    "/desk/items/item-a/restock": MANAGE,
    "/desk/purchases/{purchase}/refund": SELL,
}
FIELDS = {"name": "Gala", "capacity": "100", "units": "5", "was": "{}"}


@pytest.fixture
def purchase(shop: Shop) -> str:
    return str(shop.buy(buyer="ada").json()["purchase_id"])


def call(shop: Shop, method: str, *values: Any, **named: Any) -> Any:
    store = shop.client.app._shop.store  # type: ignore[attr-defined]
    return shop.client.portal.call(partial(getattr(store, method), **named), *values)  # type: ignore[union-attr]


def sit_down(shop: Shop, *scopes: KeyScope) -> Organiser:
    """Somebody at the desk whose key has these scopes."""
    assert call(shop, "add_organiser_key", "somebody", digest(KEY), frozenset(scopes))
    organiser = Organiser(shop)
    organiser.sign_in(KEY)
    return organiser


def places(purchase: str, shown: str) -> Iterator[KeyScope]:
    """The scopes of everything on a page that leads to a form or is one."""
    for address, scope in (PAGES | FORMS).items():
        if re.search(rf'(href|action)="{address.format(purchase=purchase)}["?]', shown):
            yield scope


def everything_shown(organiser: Organiser, purchase: str) -> set[KeyScope]:
    """The scopes that the desk's pages invite to use."""
    found = set[KeyScope]()
    for page in ("/desk", "/desk/items/item-a", "/desk/items/item-a/purchases", "/desk/items/item-a/ledger",
                 "/desk/items/item-a/audit"):  # fmt: skip
        found |= set(places(purchase, organiser.open(page).html))
    return found


@pytest.mark.parametrize("more", [(), (SELL,), (MANAGE,), (SELL, MANAGE)])
def test_what_a_key_may_not_do_is_not_shown(more: tuple[KeyScope, ...], shop: Shop, purchase: str) -> None:
    assert everything_shown(sit_down(shop, READ, *more), purchase) == set(more)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_a_form_needs_the_scope_of_the_form(address: str, shop: Shop, purchase: str) -> None:
    organiser = sit_down(shop, *(ALL_SCOPES - {PAGES[address]}))
    page = organiser.open(address.format(purchase=purchase), status=403)
    assert f"“{PAGES[address]}”" in page.html


@pytest.mark.parametrize("address", FORMS)
def test_a_form_that_is_sent_all_the_same_changes_nothing(address: str, shop: Shop, purchase: str) -> None:
    organiser = sit_down(shop, *(ALL_SCOPES - {FORMS[address]}))
    organiser.open("/desk")
    before = shop.get("/v1/items"), shop.get(f"/v1/purchases/{purchase}")
    form = FIELDS | {"csrf": organiser.token}
    answer = organiser.ask("POST", address.format(purchase=purchase), data=form, follow=False)
    assert answer.status_code == 403
    assert "Your key may not do this" in answer.text
    assert f"“{FORMS[address]}”" in answer.text
    assert (shop.get("/v1/items"), shop.get(f"/v1/purchases/{purchase}")) == before


@pytest.mark.parametrize("address", FORMS)
def test_with_the_scope_it_is_done(address: str, shop: Shop, purchase: str) -> None:
    organiser = sit_down(shop, READ, FORMS[address])
    organiser.open("/desk")
    form = FIELDS | {"csrf": organiser.token}
    assert organiser.ask("POST", address.format(purchase=purchase), data=form, follow=False).status_code == 303


def test_a_key_that_may_not_read_begins_no_session(shop: Shop, stranger: Organiser) -> None:
    call(shop, "add_organiser_key", "somebody", digest(KEY), ALL_SCOPES - {READ})
    stranger.open("/desk/sign-in")
    page = stranger.press("Sign in", status=403, key=KEY)
    assert "“read”" in page.alert
    assert stranger.session is None


def test_a_session_of_such_a_key_would_be_none(shop: Shop, stranger: Organiser) -> None:
    call(shop, "add_organiser_key", "somebody", digest(KEY), ALL_SCOPES - {READ})
    stranger.take_session(desk_of(shop).sessions.sign(Session.of_key(digest(KEY))))
    assert not stranger.is_signed_in


def test_a_key_that_is_revoked_ends_its_sessions_at_once(shop: Shop) -> None:
    organiser = sit_down(shop, READ)
    assert organiser.is_signed_in
    call(shop, "revoke_organiser_key", "somebody", last_too=False)
    assert not organiser.is_signed_in
    organiser.open("/desk/sign-in")
    assert "not valid" in organiser.press("Sign in", status=401, key=KEY).alert
