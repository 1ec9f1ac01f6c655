"""What an answer means: every code of the server has its class, and what is not known breaks nothing."""

import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout import client
from sellout.client import (
    AllHeld,
    CapacityBelowCommitted,
    HoldExpired,
    InternalError,
    InvalidRequest,
    NoAnswer,
    NotEnoughLeft,
    NotOpen,
    Problem,
    Purchase,
    Refused,
    SelloutError,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from sellout.client.answers import CLASSES, Answer, read_answer
from sellout.client.buying import reads
from sellout.client.errors import NO_ANSWER, UNREADABLE_ANSWER
from sellout.http.problems import PROBLEMS
from tests.client.play import BOUGHT, LOST, PURCHASE, problem

GENERIC = {
    "challenge_required",
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "body_too_large",
    "unsupported_media_type",
}
"""Codes that mean a wrong address or a wrong client, which nobody catches one by one."""


def error_from(answer: Any) -> SelloutError:
    """The error that an answer stands for."""
    error = read_answer(reads(Purchase), answer, "k", 3)
    assert isinstance(error, SelloutError)
    return error


def test_every_code_of_the_server_has_its_class_or_is_known_to_be_generic() -> None:
    assert PROBLEMS.keys() - CLASSES.keys() == GENERIC
    assert CLASSES.keys() - PROBLEMS.keys() == {NO_ANSWER, UNREADABLE_ANSWER}


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_code_becomes_an_error_that_says_which_it_is(code: str) -> None:
    error = error_from(problem(PROBLEMS[code].status, code))
    assert type(error) is CLASSES.get(code, Refused)
    assert isinstance(error, Unavailable if PROBLEMS[code].status in (429, 500, 503) else Refused)
    assert (error.code, error.status, error.request_id) == (code, PROBLEMS[code].status, "r-1")
    assert (error.key, error.tries, error.detail, str(error)) == ("k", 3, "So it is.", f"{code}: So it is.")


def test_classes_are_named_after_their_codes() -> None:
    special = {"no_answer": "NoAnswer", "unreadable_answer": "Unreadable"}
    for code, kind in CLASSES.items():
        assert kind.__name__ == special.get(code, code.title().replace("_", ""))
        assert getattr(client, kind.__name__) is kind


def test_what_helps_with_an_error_is_typed() -> None:
    held = error_from(problem(409, "all_held", retry_after=12))
    few = error_from(problem(409, "not_enough_left", available=2))
    closed = error_from(problem(403, "not_open", opens_at="2027-01-31T19:00:00Z"))
    low = error_from(problem(409, "capacity_below_committed", available=5))
    assert isinstance(held, AllHeld)
    assert isinstance(few, NotEnoughLeft)
    assert isinstance(closed, NotOpen)
    assert isinstance(low, CapacityBelowCommitted)
    assert (held.retry_after, few.available, low.available) == (12, 2, 5)
    assert closed.opens_at == datetime(2027, 1, 31, 19, tzinfo=UTC)


def test_a_payment_that_is_due_back_is_said_only_where_it_is() -> None:
    due = error_from(problem(409, "hold_expired", refund_due=True, hold_expires_at="2027-01-31T19:00:00Z"))
    not_due = error_from(problem(409, "hold_expired"))
    assert isinstance(due, HoldExpired)
    assert isinstance(not_due, HoldExpired)
    assert (due.refund_due, not_due.refund_due) == (True, False)
    assert (due.hold_expires_at, not_due.hold_expires_at) == (datetime(2027, 1, 31, 19, tzinfo=UTC), None)


def test_wrong_members_are_named() -> None:
    error = error_from(problem(422, "invalid_request", errors=[{"field": "buyer", "message": "is required"}]))
    assert isinstance(error, InvalidRequest)
    assert [(wrong.field, wrong.message) for wrong in error.errors] == [("buyer", "is required")]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(409, Refused), (418, Refused), (429, client.RateLimited), (503, Unavailable), (500, InternalError)],
)
def test_a_code_of_a_newer_server_counts_by_its_status(status: int, kind: type[SelloutError]) -> None:
    error = error_from(problem(status, "invented_later", new_member={"deep": [1]}))
    assert type(error) is kind
    assert error.code == "invented_later"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "http_400", Refused),
        (401, "unauthorized", Unauthorized),
        (429, "rate_limited", client.RateLimited),
        (500, "internal_error", InternalError),
        (502, "no_answer", NoAnswer),
        (503, "unavailable", Unavailable),
        (504, "no_answer", NoAnswer),
        (302, "unreadable_answer", Unreadable),
        (200, "unreadable_answer", Unreadable),
    ],
)
def test_an_answer_that_is_not_sellouts_counts_by_its_status(status: int, code: str, kind: type[SelloutError]) -> None:
    for body in (b"", b"<html>", b"\xff", b"[]", b'{"code": 1}'):
        error = error_from(Answer(status, {"request-id": "r-9"}, body))
        assert (error.code, type(error), error.status) == (code, kind, status)
        assert error.request_id == ("" if code == "no_answer" else "r-9")


def test_no_answer_has_no_status() -> None:
    error = error_from(LOST)
    assert (error.code, error.status, error.request_id) == ("no_answer", 0, "")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Sun, 31 Jan 2027 19:00:30 GMT", "date": "Sun, 31 Jan 2027 19:00:00 GMT"}, 30),
        ({"retry-after": "Sun, 31 Jan 2027 19:00:00 GMT", "date": "Sun, 31 Jan 2027 19:00:09 GMT"}, 0),
        ({"retry-after": "Sun, 31 Jan 2027 19:00:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_from_the_header_too(headers: dict[str, str], seconds: int | None) -> None:
    error = error_from(Answer(503, headers, b""))
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


@given(
    status=st.integers(200, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text()),
    body=st.binary(),
)
def test_whatever_comes_has_its_meaning(status: int, headers: dict[str, str], body: bytes) -> None:
    got = read_answer(reads(Purchase), Answer(status, headers, body), None, 1)
    assert isinstance(got, SelloutError)


def test_members_of_a_newer_server_are_passed_over_and_new_states_are_read() -> None:
    newer = json.dumps(PURCHASE | {"seat": "A1", "state": "given_away"}).encode()
    got = read_answer(reads(Purchase), Answer(201, {}, newer), None, 1)
    assert isinstance(got, Purchase)
    assert got.state == "given_away"


def test_times_are_aware() -> None:
    got = read_answer(reads(Purchase), BOUGHT, None, 1)
    assert isinstance(got, Purchase)
    assert got.purchased_at == datetime(2027, 1, 31, 19, tzinfo=UTC)
    without_zone = json.dumps(PURCHASE | {"purchased_at": "2027-01-31T19:00:00"}).encode()
    assert isinstance(error_from(Answer(201, {}, without_zone)), Unreadable)


@pytest.mark.parametrize("kind", list(CLASSES.values()), ids=list(CLASSES))
def test_errors_travel_between_processes(kind: type[SelloutError]) -> None:
    error = kind(Problem(code="c", detail="d", status=409), "k", 2)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, copy.key, copy.tries, str(copy)) == (kind, "c", "k", 2, "c: d")
