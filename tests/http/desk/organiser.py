"""An organiser at the desk: a browser without scripts, which has signed in."""

import html
import re
from typing import Any

from sellout.http.desk.desk import Desk
from tests.http.pages.page import Page
from tests.http.pages.visitor import Visitor
from tests.http.shop import ORGANISER_KEY, Shop

SECRET = "a secret that only the tests know"


class Organiser(Visitor):
    """Somebody who has the key."""

    def sign_in(self, key: str = ORGANISER_KEY) -> None:
        self.open("/desk/sign-in")
        self.press("Sign in", key=key)

    @property
    def session(self) -> str | None:
        """The cookie of the session."""
        values = [cookie.value for cookie in self.cookies.jar if cookie.name == "desk"]
        return values[0] if values else None

    def take_session(self, cookie: str) -> None:
        """Have this cookie instead of one's own."""
        self.cookies.clear()
        self.cookies.set("desk", cookie, domain="testserver.local", path="/desk")

    @property
    def is_signed_in(self) -> bool:
        return self.ask("GET", "/desk", follow=False).status_code == 200

    @property
    def result(self) -> str:
        """What the page says of what has just been done."""
        said = re.search(r'role="status" data-result>(?:<span>(.*?)</span>)?</p>', self.page.html)
        assert said, "every page has a place for it"
        return said[1] or ""

    @property
    def token(self) -> str:
        """The token that the forms of the page carry."""
        (token,) = {form.fields["csrf"] for form in self.page.forms if "csrf" in form.fields}
        return token


def errors_of(page: Page) -> dict[str, str]:
    """What the page says at each field that is wrong."""
    found = re.findall(r'<p class="field-error" id="([a-z_]+)-error">([^<]*)</p>', page.html)
    for field, _ in found:
        (attributes,) = page.attributes("input", id=field) or page.attributes("select", id=field)
        assert attributes["aria-invalid"] == "true"
        assert f"{field}-error" in attributes["aria-describedby"].split()
    return {field: html.unescape(said) for field, said in found}


def desk_of(shop: Shop) -> Desk:
    """The desk of a running shop."""
    app: Any = shop.client.app
    desk: Desk = app._app.state.desk
    return desk
