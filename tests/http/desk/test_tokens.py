"""Forms of the desk do something only where a page of the same session has sent them."""

from typing import Any

import pytest

from sellout.http.desk.routing import routers
from tests.http.desk.organiser import Organiser
from tests.http.shop import Shop as OpenShop

FORMS = {
    "/desk/sign-out": {},
    "/desk/items/new": {"name": "Item B", "capacity": "5"},
    "/desk/items/{item_id}/settings": {"name": "Another name"},
    "/desk/items/{item_id}/open": {},
    "/desk/items/{item_id}/pause": {},
    "/desk/items/{item_id}/resume": {},
    "/desk/items/{item_id}/close": {},
    "/desk/items/{item_id}/restock": {"capacity": "100", "units": "5"},
    "/desk/purchases/{purchase_id}/refund": {},
}


def test_every_form_is_tried_here() -> None:
    routes: list[Any] = [route for router in routers for route in router.routes]
    posts = {route.path for route in routes if "POST" in route.methods}
    assert posts == FORMS.keys() | {"/desk/sign-in"}, "and signing in needs no session"


@pytest.fixture
def purchase_id(shop: OpenShop) -> str:
    return str(shop.buy(quantity=2).json()["purchase_id"])


def state_of(shop: OpenShop) -> Any:
    return shop.get("/v1/items"), shop.audit()


@pytest.mark.parametrize("address", FORMS)
def test_without_the_sessions_own_token_nothing_is_changed(
    address: str, organiser: Organiser, shop: OpenShop, purchase_id: str
) -> None:
    another = Organiser(shop)
    another.sign_in()
    before = state_of(shop)
    for token in ({}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": another.token}, {"csrf": "ю"}):
        place = address.format(item_id="item-a", purchase_id=purchase_id)
        answer = organiser.ask("POST", place, follow=False, data=FORMS[address] | token)
        assert answer.status_code == 403
        assert "nothing was changed" in answer.text.lower()
    assert state_of(shop) == before
    assert organiser.is_signed_in


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"}])  # fmt: skip
@pytest.mark.parametrize("address", FORMS)
def test_another_sites_form_does_nothing_even_with_the_token(
    address: str, headers: dict[str, str], organiser: Organiser, shop: OpenShop, purchase_id: str
) -> None:
    before = state_of(shop)
    place = address.format(item_id="item-a", purchase_id=purchase_id)
    answer = organiser.ask(
        "POST", place, follow=False, data=FORMS[address] | {"csrf": organiser.token}, headers=headers
    )
    assert answer.status_code == 403
    assert state_of(shop) == before
    assert organiser.is_signed_in


def test_another_site_cannot_sign_anybody_in(stranger: Organiser) -> None:
    stranger.ask("POST", "/desk/sign-in", data={"key": "x"}, headers={"Origin": "https://evil.example"})
    assert stranger.session is None


def test_the_page_of_a_refused_form_leads_back_to_where_it_was(organiser: Organiser) -> None:
    headers = {"Referer": "http://testserver/desk/items/item-a"}
    answer = organiser.ask("POST", "/desk/items/item-a/pause", data={"csrf": "wrong"}, headers=headers)
    assert 'href="/desk/items/item-a">Back to the page' in answer.text


@pytest.mark.parametrize("address", ["/desk/items/new", "/desk/items/item-a/settings"])
def test_what_was_typed_into_a_large_form_is_not_lost(address: str, organiser: Organiser) -> None:
    organiser.open(address)
    button = "Put on sale" if address.endswith("new") else "Save"
    page = organiser.press(button, status=403, csrf="an old one", name="Item B", capacity="7")
    form, _ = page.form_of(button)
    assert (form.fields["name"], form.fields["capacity"]) == ("Item B", "7")
    assert "What you typed is still here" in page.alert
    organiser.press(button)
    assert organiser.result in ("The item is there.", "Your changes are saved.")
