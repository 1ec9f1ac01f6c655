"""At the desk an item is told to ask who buys, where there is a key of the login's to verify it by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.desk.organiser import Organiser, errors_of
from tests.http.shop import Shop, problem_of, running_shop
from tests.logins import SECRET


@pytest.fixture
def shop(database: Path) -> Iterator[Shop]:
    with running_shop(database, buyer_token_key=SECRET) as opened:
        yield opened


def test_a_new_item_asks_where_that_was_chosen(organiser: Organiser, shop: Shop) -> None:
    for name, chosen in (("For all", "optional"), ("For some", "required")):
        page = organiser.open("/desk/items/new")
        form, _ = page.form_of("Put on sale")
        assert form.fields["buyer_tokens"] == "optional"
        organiser.press("Put on sale", name=name, capacity="5", buyer_tokens=chosen)
        assert shop.item(name.lower().replace(" ", "-"))["buyer_tokens"] == chosen
    problem_of(shop.buy("for-some", buyer="ada"), 401, "unauthorized")


def test_settings_show_and_change_whether_it_asks(organiser: Organiser, shop: Shop) -> None:
    for was, now in (("optional", "required"), ("required", "optional")):
        page = organiser.open("/desk/items/item-a/settings")
        form, _ = page.form_of("Save")
        assert form.fields["buyer_tokens"] == was
        organiser.press("Save", page, buyer_tokens=now)
        assert organiser.result == "Your changes are saved."
        assert shop.item()["buyer_tokens"] == now


def test_what_somebody_else_has_chosen_meanwhile_stays(organiser: Organiser, shop: Shop) -> None:
    page = organiser.open("/desk/items/item-a/settings")
    assert shop.change("item-a", buyer_tokens="required").status_code == 200
    organiser.press("Save", page, name="Another")
    assert (shop.item()["name"], shop.item()["buyer_tokens"]) == ("Another", "required")


def test_another_word_is_refused_at_its_field(organiser: Organiser, shop: Shop) -> None:
    organiser.open("/desk/items/new")
    page = organiser.press("Put on sale", status=422, name="Gala", capacity="5", buyer_tokens="sometimes")
    assert errors_of(page) == {"buyer_tokens": "Must be 'optional' or 'required'."}


def test_without_a_key_of_the_login_s_it_is_refused_at_its_field_and_nothing_is_lost(tmp_path: Path) -> None:
    with running_shop(tmp_path / "another.db") as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
        for address, button in (("/desk/items/new", "Put on sale"), ("/desk/items/item-a/settings", "Save")):
            organiser.open(address)
            page = organiser.press(button, status=422, name="Gala", capacity="5", buyer_tokens="required")
            assert errors_of(page) == {"buyer_tokens": "Needs a key: set SELLOUT_BUYER_TOKEN_KEY."}
            form, _ = page.form_of(button)
            assert (form.fields["name"], form.fields["buyer_tokens"]) == ("Gala", "required")
        assert shop.item()["buyer_tokens"] == "optional"
