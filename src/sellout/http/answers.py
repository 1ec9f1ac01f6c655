"""Answers to requests as plain values, before any server's protocol. No framework, no store."""

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from sellout.http.problems import MEDIA_TYPE, Problem

Headers = list[tuple[str, str]]

_encode = msgspec.json.Encoder().encode
_JSON = ("content-type", "application/json")
_PROBLEM = ("content-type", MEDIA_TYPE)
_NO_STORE = ("cache-control", "no-store")
"""As `freshness.NO_STORE`, which is made of answers."""


KEY_WANTED = ("unauthorized", "forbidden")
"""Problems that say with WWW-Authenticate how to do better (RFC 6750, section 3)."""

_EMPTY_REQUEST_ID = b'"request_id":""'
"""No caller's text can look like this: within a JSON string its quotes would be escaped."""


class Answer(NamedTuple):
    """A whole answer; `headers` lack only content-length and request-id."""

    status: int
    headers: Headers
    body: bytes


def json_answer(status: int, view: dict[str, Any], *more: tuple[str, str]) -> Answer:
    """A view as JSON, which nobody keeps."""
    return Answer(status, [_JSON, _NO_STORE, *more], _encode(view))


NO_CONTENT = Answer(204, [_NO_STORE], b"")

BODILESS = (204, 304)
"""Statuses without a body, and so without its length (RFC 9110, section 8.6)."""


def problem_answer(problem: Problem, path: str, request_id: str) -> Answer:
    """A problem as problem details."""
    headers, before, after = _around_request_id(problem, path)
    return Answer(problem.status, headers, before + request_id.encode() + after)


@lru_cache(maxsize=256)  # in a rush most answers are the same refusal, but for the request's id
def _around_request_id(problem: Problem, path: str) -> tuple[Headers, bytes, bytes]:
    before, after = problem.body(path, request_id="").split(_EMPTY_REQUEST_ID)
    before, after = before + _EMPTY_REQUEST_ID[:-1], _EMPTY_REQUEST_ID[-1:] + after
    headers = [_PROBLEM, _NO_STORE]
    if problem.retry_after is not None:
        headers.append(("retry-after", str(problem.retry_after)))
    if problem.code in KEY_WANTED:
        bearer = f", {problem.bearer}" if problem.bearer else ""
        headers.append(("www-authenticate", f'Bearer realm="{problem.realm}"{bearer}'))
    return headers, before, after


def raw_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """All headers of an answer but its request's id, as ASGI has them."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status not in BODILESS:
        raw.append((b"content-length", str(len(answer.body)).encode()))
    return raw
