"""Forms are taken from pages of ours only, and only where they are forms."""

from typing import Any

import httpx2
import pytest

from sellout.http.pages.forms import FIELDS_MAX
from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop

ITEM = "/items/item-a"
FORM = "application/x-www-form-urlencoded"


class Addresses(dict[str, str]):
    """An address of every form, by what it does."""

    def __init__(self, shop: Shop) -> None:
        hold = shop.hold().json()["hold_id"]
        entry = shop.join("Ada").json()["entry_id"]
        super().__init__(
            buy=f"{ITEM}/purchases", hold=f"{ITEM}/holds", join=f"{ITEM}/waitlist", more=f"{ITEM}/attempts",
            confirm=f"/holds/{hold}/confirm", release=f"/holds/{hold}/release", leave=f"/waitlist/{entry}/leave",
        )  # fmt: skip


FORMS = ["buy", "hold", "join", "more", "confirm", "release", "leave"]


def send(visitor: Visitor, what: str, **options: Any) -> httpx2.Response:
    """Send a form as a client would that says these headers."""
    address = Addresses(visitor.shop)[what]
    return visitor.ask("POST", address, **({"data": {"key": "page-k", "buyer": "Ada"}} | options))


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:81"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
]


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_form_of_another_sites_page_is_refused(
    what: str, headers: dict[str, str], shop: Shop, visitor: Visitor
) -> None:
    answer = send(visitor, what, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert "set-cookie" not in answer.headers
    audit = shop.audit()
    kinds = {kind: movements["count"] for kind, movements in audit["movements"].items()}
    assert {kind for kind, count in kinds.items() if count} <= {"restock", "hold"}, "only what the test has set up"
    assert kinds["hold"] == 2


OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://testserver"},
    {},
]


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("headers", OURS)
def test_a_form_of_ours_is_taken(what: str, headers: dict[str, str], visitor: Visitor) -> None:
    assert send(visitor, what, headers=headers).status_code == 200


@pytest.mark.parametrize("what", ["buy", "hold", "join", "confirm", "release", "leave"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_what_is_no_form_is_refused(what: str, content_type: str, visitor: Visitor) -> None:
    answer = send(visitor, what, data=None, content=b"key=page-k", headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert FORM in answer.text


def test_a_form_may_name_its_encoding(visitor: Visitor) -> None:
    headers = {"Content-Type": f"{FORM}; charset=UTF-8"}
    assert send(visitor, "buy", data=None, content=b"key=page-k", headers=headers).status_code == 200


BAD = {
    "too many fields": "&".join(f"field{number}=1" for number in range(FIELDS_MAX + 1)).encode(),
    "bytes that are no text": b"key=page-k&buyer=%ff",
    "text that is not encoded": "key=page-k&buyer=Zoë".encode(),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("what", ["buy", "confirm", "leave"])
def test_a_form_that_cannot_be_read_is_refused(case: str, what: str, shop: Shop, visitor: Visitor) -> None:
    answer = send(visitor, what, data=None, content=BAD[case], headers={"Content-Type": FORM})
    assert answer.status_code == 422
    assert "is not a valid form" in answer.text
    assert shop.item()["sold"] == 0


def test_as_many_fields_as_may_be_are_taken(visitor: Visitor) -> None:
    more = {f"field{number}": "1" for number in range(FIELDS_MAX - 1)}
    assert send(visitor, "buy", data={"key": "page-k"} | more).status_code == 200


def test_of_a_field_that_comes_twice_the_last_counts(shop: Shop, visitor: Visitor) -> None:
    body = b"key=page-k&quantity=5&quantity=2"
    assert send(visitor, "buy", data=None, content=body, headers={"Content-Type": FORM}).status_code == 200
    assert shop.item()["sold"] == 2


def test_a_form_that_is_too_large_is_refused(shop: Shop, visitor: Visitor) -> None:
    answer = shop.ask("POST", f"{ITEM}/purchases", data={"key": "page-k", "buyer": "x" * 20_000})
    assert answer.status_code == 413
    assert shop.item()["sold"] == 0


@pytest.mark.parametrize("what", FORMS)
def test_nothing_is_done_by_looking(what: str, shop: Shop, visitor: Visitor) -> None:
    address = Addresses(shop)[what]
    before = (shop.item()["sold"], shop.item()["held"])
    answer = visitor.ask("GET", address)
    if what in ("buy", "hold", "join"):
        assert answer.url.path == ITEM, "it leads back to the item"
    else:
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
    assert (shop.item()["sold"], shop.item()["held"]) == before
