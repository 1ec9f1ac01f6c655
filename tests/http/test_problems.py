"""Errors: problem details from every layer, with a page for each, and never an inside told."""

import re
from html import unescape
from typing import Any

import pytest
from structlog.testing import capture_logs

from sellout.http.problems import PROBLEMS
from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from tests.http.shop import Shop, problem_of

PURCHASES = "/v1/items/item-a/purchases"
SECRET = "password=hunter2"


@pytest.mark.parametrize("address", ["/nothing", "/v1", "/v1/items/", "/v1/items/a/b/purchases", "/docs/", "/items/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_without_anything_is_not_found(method: str, address: str, shared: Shop) -> None:
    problem_of(shared.ask(method, address), 404, "not_found")


@pytest.mark.parametrize("address", ["/docs/problems/nothing", "/docs/static/nothing.js", "/docs/static/../api.py"])
def test_documentation_that_is_not_there_is_not_found(address: str, shared: Shop) -> None:
    problem_of(shared.ask("GET", address), 404, "not_found")


ALLOWED = {
    "/": "GET, HEAD",
    "/buy_ticket": "POST",
    "/v1/items": "GET, HEAD, POST",
    "/v1/items/item-a": "GET, HEAD, PATCH",
    PURCHASES: "GET, HEAD, POST",
    f"{PURCHASES}/lookup": "GET, HEAD",
    "/v1/purchases/unknown/refund": "POST",
    "/livez": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs": "GET, HEAD",
    "/docs/static/docs.css": "GET, HEAD",
}


@pytest.mark.parametrize("address", ALLOWED)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "TRACE"])
def test_a_method_that_an_address_has_not_is_told_which_it_has(method: str, address: str, shared: Shop) -> None:
    answer = shared.ask(method, address)
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == ALLOWED[address]


def test_head_is_answered_like_get(shared: Shop) -> None:
    for address in ("/livez", "/v1/items/item-a", "/openapi.json", "/docs"):
        head, get = shared.ask("HEAD", address), shared.ask("GET", address)
        assert head.status_code == get.status_code == 200
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_every_answer_has_an_id_of_its_own(shop: Shop) -> None:
    addresses = ["/livez", "/docs", "/openapi.json", "/metrics", "/nothing", "/v1/items", "/docs/static/docs.css"]
    answers = [shop.ask("GET", address) for address in addresses] + [
        shop.buy(),
        shop.ticket(),
        shop.buy("item-b"),
    ]
    assert len({answer.headers["Request-Id"] for answer in answers}) == len(answers)
    assert all(len(answer.headers.get_list("Request-Id")) == 1 for answer in answers)


@pytest.mark.parametrize("code", PROBLEMS)
def test_the_type_of_every_problem_leads_to_its_page(code: str, shared: Shop) -> None:
    page = shared.ask("GET", f"/docs/problems/{code}")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert PROBLEMS[code].title in unescape(page.text)
    assert str(PROBLEMS[code].status) in page.text


def test_all_problems_are_listed(shared: Shop) -> None:
    links = re.findall(r'href="/docs/problems/(\w+)"', shared.ask("GET", "/docs/problems").text)
    assert sorted(links) == sorted(PROBLEMS)


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_says_in_whole_sentences_when_it_comes_and_what_to_do(code: str) -> None:
    kind = PROBLEMS[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert 400 <= kind.status < 600
    for text in (kind.when, kind.cure):
        assert re.fullmatch(r"[A-Z/].*[.]", text)


BROKEN = {
    "the fast lane": ("transact", "POST", PURCHASES),
    "the seed's route": ("transact", "POST", "/buy_ticket"),
    "a reading": ("items", "GET", "/v1/items"),
    "an organiser's route": ("organiser_keys", "POST", "/v1/items"),
    "readiness": ("ping", "GET", "/readyz"),
}


def break_store(monkeypatch: pytest.MonkeyPatch, method: str, error: Exception) -> None:
    async def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(SQLiteStore, method, fail)


@pytest.mark.parametrize("case", BROKEN)
def test_a_defect_is_a_500_that_tells_nothing_of_the_inside(
    case: str, shared: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, method, address = BROKEN[case]
    break_store(monkeypatch, broken, RuntimeError(SECRET))
    with capture_logs() as logs:
        answer = shared.organise(method, address)
    problem = problem_of(answer, 500, "internal_error")
    assert SECRET not in answer.text
    assert "RuntimeError" not in answer.text
    (entry,) = [entry for entry in logs if entry["event"] == "internal_error"]
    assert entry["request_id"] == problem["request_id"], "the log has the rest, under the same id"
    assert SECRET in str(entry["exc_info"])


@pytest.mark.parametrize("case", BROKEN)
def test_a_database_that_cannot_answer_is_a_503(case: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, method, address = BROKEN[case]
    break_store(monkeypatch, broken, StoreUnavailable("the disk is full"))
    with capture_logs() as logs:
        problem = problem_of(shop.organise(method, address), 503, "unavailable")
    assert "the disk is full" in problem["detail"]
    assert [entry["request_id"] for entry in logs] == [problem["request_id"]]
    monkeypatch.undo()
    assert shop.buy().is_success, "the next request finds it again"


def test_the_instance_of_a_problem_is_the_address_without_its_question(shared: Shop) -> None:
    problem = problem_of(shared.ask("GET", "/v1/items/item-b?key=secret"), 404, "unknown_item")
    assert problem["instance"] == "/v1/items/item-b"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/v1/items/%00/purchases", "unknown_item"),
        ("/v1/holds/a%00b", "unknown_hold"),
        ("/v1/purchases/%1b", "unknown_purchase"),
        ("/v1/waitlist/%07", "unknown_entry"),
        ("/%0d%0a", "not_found"),
    ],
)
def test_an_address_with_control_characters_leads_nowhere(shared: Shop, method: str, address: str, code: str) -> None:
    problem_of(shared.ask(method, address), 404, code)


def test_text_that_no_database_could_keep_is_refused(shared: Shop) -> None:
    for body in (b'{"buyer": "\\u0000"}', b'{"buyer": "\\ud800"}', b'{"buyer": "a\xff"}'):
        answer = shared.ask("POST", "/buy_ticket", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        basket = b'{"lines": [{"item": "item-a"}], ' + body[1:]
        answer = shared.ask("POST", "/v1/baskets/holds", content=basket, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        waits = body[:-1] + b', "contact": "\\ud800"}'
        address = "/v1/items/item-a/waitlist"
        answer = shared.ask("POST", address, content=waits, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
