"""A visitor of the shop's pages: a browser without scripts, with cookies of its own, that checks every page it gets."""

import re
from typing import Any

import httpx2

from sellout.http.pages.rendering import SECURITY_HEADERS
from tests.http.pages.page import Page
from tests.http.shop import Shop

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Visitor:
    """Somebody with a browser."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.cookies = httpx2.Cookies()
        self.answer: httpx2.Response
        self.page: Page

    def ask(self, method: str, address: str, *, follow: bool = True, **options: Any) -> httpx2.Response:
        """One request with this visitor's cookies, and, where it leads on, those after it."""
        client = self.shop.client
        client.cookies = self.cookies
        headers = {"Accept": ACCEPT} | options.pop("headers", {})
        answer = client.request(method, address, headers=headers, follow_redirects=follow, **options)
        self.cookies = httpx2.Cookies(client.cookies)
        client.cookies.clear()
        for one in (*answer.history, answer):
            check_page(one)
        return answer

    def open(self, address: str, status: int = 200) -> Page:
        """A page, opened."""
        return self._see(self.ask("GET", address), status)

    def press(self, label: str, on: Page | None = None, status: int = 200, **typed: Any) -> Page:
        """Press a button, after typing into the form's fields; the page that it leads to."""
        return self._see(self.send(label, on, **typed), status)

    def send(self, label: str, on: Page | None = None, *, follow: bool = True, **typed: Any) -> httpx2.Response:
        """The answer to a press."""
        form, button = (on or self.page).form_of(label)
        assert not button.disabled
        assert form.method == "post"
        assert typed.keys() <= form.fields.keys()
        return self.ask("POST", button.address, data=form.fields | typed, follow=follow)

    def _see(self, answer: httpx2.Response, status: int) -> Page:
        assert answer.status_code == status, answer.text
        self.answer = answer
        self.page = Page(answer.text)
        return self.page

    @property
    def address(self) -> str:
        """Where the visitor is."""
        return str(self.answer.url.path)

    @property
    def key(self) -> str:
        """The key in the form of the page."""
        (key,) = {form.fields["key"] for form in self.page.forms if "key" in form.fields}
        return key

    @property
    def cookie(self) -> str | None:
        """The cookie of the visitor's attempt."""
        values = [cookie.value for cookie in self.cookies.jar if cookie.name == "attempt"]
        return values[0] if values else None


def check_page(answer: httpx2.Response) -> None:
    """What every page has, whatever it shows."""
    for name, value in SECURITY_HEADERS.items():
        if name == "cache-control" and answer.url.path == "/" and answer.status_code == 200:
            assert answer.headers[name] == "public, max-age=1", "the front page is the same for everybody"
        elif answer.status_code != 307:
            assert answer.headers[name] == value, (answer.url, name)
    if answer.status_code < 300 or answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        if answer.request.method != "HEAD":
            Page(answer.text).check_safe()
            assert re.search("<title>[^<]+ · Sellout</title>", answer.text)
            assert '<html lang="en">' in answer.text


def purchase_of(address: str) -> str:
    """The id of the purchase whose receipt is there."""
    found = re.fullmatch("/purchases/([0-9a-f-]{36})", address)
    assert found, address
    return found[1]
