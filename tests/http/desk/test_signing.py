"""Signing in at the desk, what a session is, and when it ends."""

import asyncio
import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from sellout.http.desk.overview import while_signed_in
from sellout.http.desk.session import LIFETIME_SECONDS, Session, Sessions
from sellout.keys import digest
from tests.http.desk.organiser import SECRET, Organiser, desk_of
from tests.http.shop import ORGANISER_KEY, problem_of, running_shop
from tests.http.shop import Shop as OpenShop

PAGES = [
    "/desk",
    "/desk/items/new",
    "/desk/items/item-a",
    "/desk/items/item-a/settings",
    "/desk/items/item-a/close",
    "/desk/items/item-a/purchases?search=ada&cursor=0",
    "/desk/items/item-a/purchases.csv",
    "/desk/items/item-a/ledger?before=7",
    "/desk/items/item-a/audit",
    "/desk/purchases/unknown/refund",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_is_led_to_the_sign_in_page_and_sees_nothing(address: str, stranger: Organiser) -> None:
    answer = stranger.ask("GET", address, follow=False)
    assert (answer.status_code, answer.text) == (303, "")
    assert answer.headers["Location"].startswith("/desk/sign-in?next=")


def test_signing_in_leads_to_where_the_visitor_was_going(stranger: Organiser) -> None:
    stranger.open("/desk/items/item-a/ledger?before=7")
    assert stranger.address == "/desk/sign-in"
    stranger.press("Sign in", key=ORGANISER_KEY)
    assert (stranger.address, stranger.answer.url.query) == ("/desk/items/item-a/ledger", b"before=7")


def test_whoever_is_signed_in_is_led_on_from_the_sign_in_page(organiser: Organiser) -> None:
    organiser.open("/desk/sign-in?next=/desk/items/new")
    assert organiser.address == "/desk/items/new"


@pytest.mark.parametrize("key", ["", "wrong", ORGANISER_KEY[:-1], ORGANISER_KEY.upper(), digest(ORGANISER_KEY), "ключ"])
def test_a_wrong_key_is_said_and_begins_no_session(key: str, stranger: Organiser) -> None:
    stranger.open("/desk/sign-in?next=/desk/items/new")
    page = stranger.press("Sign in", status=401, key=key)
    assert "This key is not valid." in page.alert
    assert key not in page.html or not key
    assert stranger.session is None
    stranger.press("Sign in", key=ORGANISER_KEY)
    assert stranger.address == "/desk/items/new"


@pytest.mark.parametrize(
    "going",
    ["https://evil.example/desk", "//evil.example/desk", "/\\evil.example", "/desk\\@evil.example",
     "/desk@evil.example", "/desktop", "/", "/desk/../v1/items", "/desk/\r\nSet-Cookie: a=b", "javascript:alert(1)",
     "/desk/sign-in", "/desk/" + "a" * 1000],
)  # fmt: skip
def test_nobody_is_led_anywhere_else(going: str, stranger: Organiser) -> None:
    answer = stranger.ask(
        "POST", "/desk/sign-in", follow=False, data={"key": ORGANISER_KEY, "next": going}
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")


def test_the_cookie_is_for_the_desk_alone_and_for_no_script(stranger: Organiser) -> None:
    answer = stranger.ask("POST", "/desk/sign-in", follow=False, data={"key": ORGANISER_KEY})
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert cookie.startswith("desk=")
    assert set(attributes) == {"HttpOnly", "Path=/desk", "SameSite=strict", f"Max-Age={LIFETIME_SECONDS}"}


def test_the_cookie_goes_over_tls_only_where_that_is_set(database: Path) -> None:
    with running_shop(database, secure_cookies=True) as shop:
        answer = Organiser(shop).ask("POST", "/desk/sign-in", follow=False, data={"key": ORGANISER_KEY})
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_the_cookie_does_not_tell_what_is_known_of_the_key(organiser: Organiser) -> None:
    assert organiser.session is not None
    payload = urlsafe_b64decode(organiser.session.split(".")[0] + "==").decode()
    assert ORGANISER_KEY not in payload
    assert digest(ORGANISER_KEY)[:16] not in payload


def test_every_session_has_a_token_of_its_own(organiser: Organiser, shop: OpenShop) -> None:
    another = Organiser(shop)
    another.sign_in()
    assert another.token != organiser.token


def test_a_changed_cookie_is_none(organiser: Organiser) -> None:
    cookie = organiser.session
    assert cookie is not None
    for place in range(0, len(cookie), 7):
        other = "A" if cookie[place] != "A" else "B"
        organiser.take_session(cookie[:place] + other + cookie[place + 1 :])
        assert not organiser.is_signed_in, place
    organiser.take_session(cookie)
    assert organiser.is_signed_in


@pytest.mark.parametrize("cookie", ["", ".", "..", "a.b.c", "x" * 5000, '"', "WyJhIiwiYiJd"])
def test_what_is_no_cookie_of_ours_is_none(cookie: str, stranger: Organiser) -> None:
    stranger.take_session(cookie)
    assert not stranger.is_signed_in


class EarlierSigner(TimestampSigner):
    """Signs as if it were earlier."""

    seconds = 0

    def get_timestamp(self) -> int:
        return super().get_timestamp() - self.seconds


@pytest.mark.parametrize(("age", "holds"), [(LIFETIME_SECONDS - 60, True), (LIFETIME_SECONDS + 60, False)])
def test_a_session_lasts_twelve_hours(age: int, holds: bool, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EarlierSigner, "seconds", age)
    monkeypatch.setattr(URLSafeTimedSerializer, "default_signer", EarlierSigner)
    cookie = Sessions(lambda: SECRET, secure=False).sign(Session.of_key(digest(ORGANISER_KEY)))
    monkeypatch.undo()
    with running_shop(database, session_secret=SECRET) as shop:
        organiser = Organiser(shop)
        organiser.take_session(cookie)
        assert organiser.is_signed_in == holds


def test_whoever_takes_the_key_away_ends_its_sessions(organiser: Organiser, database: Path) -> None:
    assert organiser.is_signed_in
    with running_shop(database, organiser_key="another key of the tests"):
        assert not organiser.is_signed_in
        organiser.sign_in("another key of the tests")
        assert organiser.is_signed_in


@pytest.mark.parametrize("secrets", [(SECRET, SECRET), (SECRET, SECRET[::-1]), (SECRET, None), (None, None)])
def test_nodes_know_each_others_sessions_by_their_secret(secrets: tuple[str | None, ...], database: Path) -> None:
    first, second = secrets
    with running_shop(database, session_secret=first) as shop:
        organiser = Organiser(shop)
        organiser.sign_in()
    with running_shop(database, session_secret=second) as shop:
        organiser.shop = shop
        assert organiser.is_signed_in == (first == second), "without a setting both have that of the database"


def test_signing_out_ends_the_session_in_this_browser(organiser: Organiser) -> None:
    organiser.open("/desk")
    organiser.press("Sign out")
    assert organiser.address == "/desk/sign-in"
    assert organiser.result == "You are signed out."
    assert organiser.session is None
    assert not organiser.is_signed_in


def test_a_form_of_a_session_that_is_over_changes_nothing_and_leads_back(organiser: Organiser, shop: OpenShop) -> None:
    page = organiser.open("/desk/items/item-a")
    organiser.cookies.clear()
    headers = {"Referer": "http://testserver/desk/items/item-a?done=saved"}
    form, button = page.form_of("Pause")
    again = organiser.ask("POST", button.address, data=form.fields, headers=headers)
    assert again.status_code == 401
    assert "Nothing was changed" in again.text
    assert shop.item()["state"] == "on_sale"
    assert re.search(r'name="next" value="/desk/items/item-a\?done=saved"', again.text)


def test_a_stream_is_refused_with_a_problem_because_a_browser_could_not_show_a_page(shop: OpenShop) -> None:
    problem_of(shop.ask("GET", "/desk/stream", headers={"Accept": "text/event-stream"}), 401, "unauthorized")


def test_a_stream_ends_with_its_session(organiser: Organiser, shop: OpenShop, database: Path) -> None:
    sessions = desk_of(shop).sessions
    app: Any = shop.client.app
    request: Any = type("Request", (), {"cookies": {"desk": organiser.session}})

    async def told() -> AsyncIterator[bytes]:
        yield b"while the key is valid"
        await asyncio.to_thread(revoke)
        yield b"afterwards"

    def revoke() -> None:
        with running_shop(database, organiser_key="another key of the tests"):
            pass

    async def hear() -> list[bytes]:
        watch: Any = told()
        return [one async for one in while_signed_in(watch, request, sessions, app._shop.store)]

    portal: Any = shop.client.portal
    assert portal.call(hear) == [b"while the key is valid"]
