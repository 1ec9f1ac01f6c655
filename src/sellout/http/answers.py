"""Answers to requests as plain values, and how they reach an ASGI server. No framework, no store."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from sellout.http.problems import MEDIA_TYPE, Problem
from sellout.http.requests import BadRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", MEDIA_TYPE.encode())


class Answer(NamedTuple):
    """A whole answer; `headers` lack only content-length and request-id."""

    status: int
    headers: Headers
    body: bytes


class ClientGone(Exception):
    """The client left before its request had arrived whole."""


def json_answer(status: int, view: dict[str, Any], *more: tuple[bytes, bytes]) -> Answer:
    """A view as JSON."""
    return Answer(status, [_JSON, *more], _encode(view))


def problem_answer(problem: Problem, path: str, request_id: str) -> Answer:
    """A problem as problem details."""
    headers, before, after = _around_request_id(problem, path)
    return Answer(problem.status, headers, before + request_id.encode() + after)


@lru_cache(maxsize=256)  # in a rush most answers are the same refusal, but for the request's id
def _around_request_id(problem: Problem, path: str) -> tuple[Headers, bytes, bytes]:
    mark = "\N{SYMBOL FOR SUBSTITUTE}"
    before, after = problem.body(path, mark).split(mark.encode())
    headers = [_PROBLEM]
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="organiser"'))
    return headers, before, after


async def read_body(scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, bytes_max: int) -> bytes:
    """The body of a request. Raises BadRequest where it is larger than `bytes_max`, and ClientGone."""
    length = _declared_length(scope, headers)
    if length == 0:
        return b""
    if length is not None and length > bytes_max:
        raise too_large(bytes_max)
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        # A body that has its declared length is whole: waiting for the server to say so costs another turn.
        if len(body) == length or not message.get("more_body"):
            return body


def _declared_length(scope: Scope, headers: Mapping[bytes, bytes]) -> int | None:
    """Bytes that will come, or None where only the end of the body tells."""
    length = headers.get(b"content-length")
    if length is not None:
        return int(length)  # servers have checked that it is a number
    if b"transfer-encoding" in headers or not scope.get("http_version", "1.1").startswith("1"):
        return None
    return 0


def too_large(bytes_max: int) -> BadRequest:
    """The body does not fit."""
    return BadRequest(Problem("body_too_large", f"The body may have {bytes_max} bytes at most."))


async def send_answer(send: Send, answer: Answer, request_id: str) -> None:
    """Give an answer to the server."""
    status, headers, body = answer
    whole = [
        *headers,
        (b"content-length", str(len(body)).encode()),
        (b"request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": whole})
    await send({"type": "http.response.body", "body": body})
