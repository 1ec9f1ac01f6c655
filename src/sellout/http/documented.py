"""How routes are described in the OpenAPI document: their answer, their problems, their headers."""

from collections import defaultdict
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from sellout.domain import KeyScope
from sellout.http.answers import KEY_WANTED
from sellout.http.models import ConfirmationBody, OrderBody
from sellout.http.problems import MEDIA_TYPE, PROBLEMS

REQUEST_BODIES = (OrderBody, ConfirmationBody)
"""Bodies that a route reads itself, so that FastAPI does not know of them."""

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request repeatable: the first success is answered again. Scope: item and buyer. Make "
    "a new one for each thing that you want; it may be sent bare or as a quoted string.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": r'^(?:[!#-~](?:[ -~]*[!-~])?|"(?:[ !#-\[\]-~]|\\["\\])+")$',
    },
    # Collections of requests take the example as the value. Most of them make a new UUID of this word at each request;
    # a fixed text would make the second request a repeat of the first.
    "example": "{{$guid}}",
}

ORGANISER_KEY = "organiser-key"
BUYER_TOKEN = "buyer-token"  # noqa: S105 - the name of a kind of them
"""What the document calls the ways to say who asks."""

BUYER_TOKEN_SCHEME: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A token of the shop's login, of which `sub` is the buyer. Items with `buyer_tokens: required` need "
    "it; where it is sent, it is checked, and its buyer is the buyer.",
}

Headers = dict[str, dict[str, Any]]


def _header(name: str, description: str, kind: str = "string") -> Headers:
    return {name: {"description": description, "schema": {"type": kind}}}


REQUEST_ID = _header("Request-Id", "The id of this request, the same as in the log")
LOCATION = _header("Location", "Where it is to be found")
REPLAYED = _header("Idempotent-Replayed", "`true` where the Idempotency-Key had this answer before")
LINK = _header("Link", 'The next page of a CSV list, with `rel="next"`')
_AUTHENTICATE = _header(
    "WWW-Authenticate", "That a key or a token is needed, and what is wrong with the one that was sent"
)
_RETRY_AFTER = _header("Retry-After", "Seconds to wait before a retry", "integer")

_NO_HEADERS: Headers = {}


def answers(
    status: int, model: type[BaseModel] | None, *codes: str, headers: Headers = _NO_HEADERS, csv: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its success, and the problems with these codes, by status."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in (*codes, "internal_error"):
        by_status[PROBLEMS[code].status].append(code)
    success: dict[str, Any] = {"description": "Done", "headers": REQUEST_ID | headers}
    if model is not None:
        success["model"] = model
    if csv:
        success["content"] = {"text/csv": {"schema": {"type": "string"}}}
    described: dict[int | str, dict[str, Any]] = {status: success}
    for problem_status, same in sorted(by_status.items()):
        described[problem_status] = {
            "description": "; ".join(f"`{code}`: {PROBLEMS[code].when}" for code in same),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
            "headers": REQUEST_ID
            | (_RETRY_AFTER if problem_status in (409, 429, 503) else _NO_HEADERS)
            | (_AUTHENTICATE if set(same) & set(KEY_WANTED) else _NO_HEADERS),
        }
    return described


def for_buyers(scope: KeyScope, described: dict[str, Any] | None = None) -> dict[str, Any]:
    """The description of a route on which buyers may prove who they are, and organisers' keys need a scope."""
    return {**(described or {}), "security": [{}, {BUYER_TOKEN: []}, {ORGANISER_KEY: [scope.value]}]}


_EVENT: dict[str, Any] = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
"""OpenAPI 3.1 has no word for the items of a stream; readers of it take the schema as that of each event."""


class EventStream(Response):
    """What FastAPI is told of a route that answers with server-sent events."""

    media_type = "text/event-stream"


def event_stream(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with server-sent events."""
    described = answers(200, None, *codes)
    described[200]["content"] = {EventStream.media_type: {"schema": _EVENT}}
    return described


def file_answers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with a file of rows."""
    described = answers(200, None, *codes)
    text = {"schema": {"type": "string"}}
    described[200]["content"] = {"application/jsonl": text, "text/csv": text}
    return described
