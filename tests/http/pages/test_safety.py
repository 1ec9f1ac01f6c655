"""No page lets a name, an address or another site do anything: everything is escaped, and nothing stands inline."""

from collections.abc import Iterator
from typing import Any

import pytest

from sellout.http.pages.rendering import SECURITY_HEADERS
from tests.http.pages.page import Page
from tests.http.pages.test_items import SEEN, in_state
from tests.http.pages.visitor import Visitor, check_page
from tests.http.shop import Shop

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    "javascript:alert(1)",
    "</title></main></body><h1>gone",
    "{{ 7 * 7 }}{% include 'x' %}",
    "&lt;b&gt;&amp;",
    "https://evil.example/",
    "\u202egnp.exe",
]


def policy() -> dict[str, str]:
    """What the Content-Security-Policy says, by its directives."""
    parts = (part.partition(" ")[::2] for part in SECURITY_HEADERS["content-security-policy"].split("; "))
    return dict(parts)


def test_nothing_but_our_own_files_may_run_or_be_loaded() -> None:
    assert policy()["default-src"] == "'none'"
    for name, value in policy().items():
        assert value in ("'self'", "'none'"), (name, value)
    assert policy().keys() >= {"script-src", "style-src", "form-action", "base-uri", "frame-ancestors"}


def test_a_page_is_kept_nowhere_and_told_nobody() -> None:
    assert SECURITY_HEADERS["cache-control"] == "no-store"
    assert SECURITY_HEADERS["referrer-policy"] == "same-origin"
    assert SECURITY_HEADERS["x-content-type-options"] == "nosniff"


class Sale:
    """A sale in which everything has a nasty name, and the pages of all that there is in it."""

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop = shop
        self.name = name
        self.item = shop.add(name, 3, id="nasty", hold_seconds=60)
        self.hold = str(shop.hold(self.item, buyer=name).json()["hold_id"])
        paid = shop.hold(self.item, buyer=name).json()["hold_id"]
        self.purchase = str(shop.confirm(paid, payment_ref=name).json()["purchase_id"])
        self.refunded = str(shop.buy(self.item, buyer=name).json()["purchase_id"])
        self.entry = str(shop.join(name, self.item, contact=name).json()["entry_id"])

    def addresses(self) -> Iterator[str]:
        yield "/"
        yield f"/items/{self.item}"
        yield f"/holds/{self.hold}"
        yield f"/purchases/{self.purchase}"
        yield f"/waitlist/{self.entry}"
        self.shop.refund(self.refunded)
        yield f"/purchases/{self.refunded}"
        yield f"/waitlist/{self.entry}"
        self.shop.clock.go_on(601)
        yield f"/holds/{self.hold}"


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_shown_as_it_is_and_does_nothing(name: str, shop: Shop, visitor: Visitor) -> None:
    plain = Visitor(shop)
    plain.open("/items/item-a")
    for address in Sale(shop, name).addresses():
        page = visitor.open(address)
        assert " ".join(name.split()) in page.text
        page.check_safe()
        assert not page.attributes("img")
        assert not page.attributes("b")
        assert all(value != "alert(1)" for tag in page.tags for value in tag.attributes.values())


@pytest.mark.parametrize("typed", NASTY)
def test_what_is_typed_stands_in_the_form_again_and_does_nothing(typed: str, shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, "on_sale")
    visitor.open(f"/items/{item}")
    shop.buy(item, quantity=2)
    page = visitor.press("Buy", status=410, buyer=typed)
    assert page.form_of("Join the waiting list")[0].fields["buyer"] == typed
    page = visitor.open(f"/items/{item}")
    assert page.form_of("Join the waiting list")[0].fields["buyer"] == typed
    page = visitor.press("Join the waiting list", status=422, quantity=f"{typed} is no number")
    assert page.form_of("Join the waiting list")[0].fields["quantity"] == f"{typed} is no number"
    page = visitor.press("Join the waiting list", quantity="1")
    assert " ".join(f"as {typed}.".split()) in page.text


@pytest.mark.parametrize("address", ["/<script>alert(1)</script>", "/items/<img src=x>", '/holds/"><b>', "/%3Cb%3E"])
def test_an_error_page_repeats_no_address(address: str, visitor: Visitor) -> None:
    page = visitor.open(address, status=404)
    assert not page.attributes("img")
    assert not page.attributes("b")
    assert "alert(1)" not in page.html


def test_a_forged_key_does_nothing_in_the_form_either(shop: Shop) -> None:
    key = "page-'><b>&"
    answer = shop.ask("GET", "/items/item-a", headers={"Cookie": f"attempt={key}:"})
    page = Page(answer.text)
    assert page.form_of("Buy")[0].fields["key"] == key
    assert not page.attributes("b")


@pytest.mark.parametrize("state", SEEN)
def test_every_page_is_safe_whatever_the_state(state: str, shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, state)
    for address in ("/", f"/items/{item}"):
        check_page(visitor.ask("GET", address))


@pytest.mark.parametrize(
    "broken",
    [
        "<main><p onclick='x()'></p></main>",
        "<script>x()</script>",
        "<style>p {}</style>",
        "<p style='color: red'></p>",
        "<a href='https://evil.example/'></a>",
        "<a href='//evil.example/'></a>",
        "<a href='javascript:x()'></a>",
        "<form action='https://evil.example/' method='post'></form>",
        "<link href='https://evil.example/x.css'>",
        "<base href='/'>",
        "<meta http-equiv='refresh' content='0; url=https://evil.example/'>",
    ],
)
def test_the_look_at_pages_sees_what_is_not_safe(broken: str) -> None:
    page: Any = Page(broken) if "<base" not in broken else Page(broken + "</base>")
    with pytest.raises(AssertionError):
        page.check_safe()


def test_pages_are_no_part_of_the_interface_for_programs(shop: Shop) -> None:
    document = shop.get("/openapi.json")
    assert {"/v1/stream", "/v1/items/{item_id}/stream"} <= set(document["paths"])
    for path in document["paths"]:
        assert path.startswith(("/v1/", "/buy_ticket", "/livez", "/readyz", "/metrics")), path


def test_the_streams_are_described_as_what_they_are(shop: Shop) -> None:
    paths = shop.get("/openapi.json")["paths"]
    for path in ("/v1/stream", "/v1/items/{item_id}/stream"):
        described = paths[path]["get"]
        assert list(described["responses"]["200"]["content"]) == ["text/event-stream"]
        assert "503" in described["responses"]
    assert "404" in paths["/v1/items/{item_id}/stream"]["get"]["responses"]
