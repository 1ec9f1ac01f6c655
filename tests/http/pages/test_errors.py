"""Errors are pages for those who ask for pages, and problem details for everybody else."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from sellout.committer import Busy
from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop, check_problem

PAGE_ERRORS = [
    ("GET", "/nothing", 404, "Not found There is nothing at this address."),
    ("GET", "/items/nothing", 404, "Unknown item There is no item with this id."),
    ("GET", "/purchases/nothing", 404, "Unknown purchase There is no purchase with this id."),
    ("GET", "/holds/nothing", 404, "Unknown hold There is no hold with this id."),
    ("GET", "/waitlist/nothing", 404, "Unknown entry There is no entry with this id."),
    ("GET", "/static/nothing.css", 404, "Not found There is nothing at this address."),
    ("GET", "/docs/problems/nothing", 404, "Not found There is no problem with this code."),
    ("POST", "/", 405, "Method not allowed"),
    ("DELETE", "/items/item-a", 405, "Method not allowed"),
    ("POST", "/items/item-a/purchases", 422, "The request is not valid key must be the one that the page has given"),
]


@pytest.mark.parametrize(("method", "address", "status", "said"), PAGE_ERRORS)
def test_a_browser_gets_a_page(method: str, address: str, status: int, said: str, visitor: Visitor) -> None:
    page = visitor._see(visitor.ask(method, address), status)
    assert f"{status} {said}" in page.text
    assert page.text.endswith(visitor.answer.headers["Request-Id"])
    assert page.links("All items") == ["/"]
    assert ("Allow" in visitor.answer.headers) == (status == 405)


@pytest.mark.parametrize(("method", "address", "status", "said"), PAGE_ERRORS)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "", "text/plain"])
def test_another_client_gets_the_problem(
    accept: str, method: str, address: str, status: int, said: str, shop: Shop
) -> None:
    answer = shop.ask(method, address, headers={"Accept": accept})
    assert answer.status_code == status
    check_problem(answer)


API = [
    ("GET", "/v1/items/nothing", 404),
    ("GET", "/v1/nothing", 404),
    ("GET", "/v1/items/nothing/stream", 404),
    ("POST", "/v1/items", 401),
    ("GET", "/v1/items/item-a/purchases?limit=0", 401),
    ("POST", "/v1/items/nothing/purchases", 404),
    ("GET", "/buy_ticket", 405),
    ("POST", "/livez", 405),
    ("DELETE", "/openapi.json", 405),
    ("POST", "/metrics", 405),
]


@pytest.mark.parametrize(("method", "address", "status"), API)
def test_the_interface_for_programs_answers_browsers_with_problems_too(
    method: str, address: str, status: int, shop: Shop
) -> None:
    answer = shop.ask(method, address, headers={"Accept": "text/html"})
    assert answer.status_code == status
    check_problem(answer)


def broken(patch: pytest.MonkeyPatch, method: str, error: Exception) -> None:
    async def fail(*_: Any) -> Any:
        raise error

    patch.setattr(SQLiteStore, method, fail)


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (StoreUnavailable("the disk is full"), 503, "Unavailable"),
        (Busy("the queue is full"), 503, "Busy"),
        (ZeroDivisionError("a secret"), 500, "Internal error"),
    ],
)
def test_what_goes_wrong_inside_is_a_page_that_says_what_to_do(
    error: Exception, status: int, title: str, shop: Shop, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "item", error)
    with capture_logs() as logs:
        page = visitor.open("/items/item-a", status=status)
    assert f"{status} {title}" in page.text
    assert "Nothing is lost: go back and press again." in page.text
    assert page.links("Try again") == ["/items/item-a"]
    assert "a secret" not in page.html
    assert all(entry["request_id"] == visitor.answer.headers["Request-Id"] for entry in logs)
    assert ("Retry-After" in visitor.answer.headers) == (status == 503)


def test_a_press_that_met_a_database_that_does_not_answer_can_be_pressed_again(
    shop: Shop, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = visitor.open("/items/item-a")
    with capture_logs():
        broken(monkeypatch, "transact", StoreUnavailable("the disk is full"))
        page = visitor.press("Buy", status=503, buyer="Ada")
    assert page.links("Try again") == [], "an address that takes forms is nothing to look at"
    monkeypatch.undo()
    visitor.press("Buy", on=form, buyer="Ada")
    assert shop.item()["sold"] == 1


def test_head_of_an_error_has_no_body(visitor: Visitor) -> None:
    answer = visitor.ask("HEAD", "/items/nothing")
    assert (answer.status_code, answer.text) == (404, "")
