"""The OpenAPI document of all routes: what FastAPI makes of them, with what programs that read it need beside that.

Client generators, linters and collections of requests take the document at its word. So it has short names, names for
every body, each bound that the program has, and no default for a member that means "leave this as it is".
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from sellout.http.documented import BUYER_TOKEN, BUYER_TOKEN_SCHEME, REQUEST_BODIES
from sellout.http.models import ProblemOut
from sellout.settings import Settings

DESCRIPTION = "Sells a limited stock to everybody who comes at once, and sells exactly that stock."

TAGS = (
    ("buy", "Buying units of an item."),
    ("holds", "Units kept for a buyer who pays: hold, pay, confirm or give back."),
    ("waiting list", "Who waits for units that come back, and what they are offered."),
    ("baskets", "Units of several items, all or none."),
    ("purchases", "What was bought: one purchase, lists, files, refunds."),
    ("items", "What is on sale, and how it stands."),
    ("challenge", "What has to be done before anything is taken, where a shop asks for it."),
    ("operation", "What machines ask: health and metrics."),
)
"""The groups of routes, in the order in which a reader meets them."""

_SCHEMAS = "#/components/schemas/"

Document = dict[str, Any]


class Made(NamedTuple):
    """A document as it is sent, and the validator that names this version of it (RFC 9110, section 8.8.3)."""

    body: bytes
    etag: str


def short_id(route: APIRoute) -> str:
    """An operation's id: the name of its function. FastAPI's own has path and method in it, too."""
    return route.name


def document_of(app: FastAPI, settings: Settings) -> Document:
    """The document as plain values. It is made once, and is the same in every process with these settings."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["tags"] = [{"name": name, "description": said} for name, said in TAGS]
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (ProblemOut, *REQUEST_BODIES):
            schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        document["components"].setdefault("securitySchemes", {})[BUYER_TOKEN] = BUYER_TOKEN_SCHEME
        _drop_own_errors(document)
        for operation in _operations(document):
            operation.setdefault("security", [])
        _walk(document, _bounded_by(settings))
        _walk(document, _in_whole_numbers)
        app.openapi_schema = document
    return app.openapi_schema


def made(document: Document, root_path: str) -> Made:
    """The document in bytes, for the path under which a proxy has this program (`--root-path`)."""
    body = msgspec.json.encode(document | {"servers": [{"url": root_path or "/"}]})
    return Made(body, f'"{sha256(body).hexdigest()[:32]}"')


def _operations(document: Document) -> Iterator[Document]:
    for methods in document["paths"].values():
        yield from methods.values()


def _drop_own_errors(document: Document) -> None:
    """Take out what FastAPI adds and no route answers: its own shape of errors."""
    for operation in _operations(document):
        if "HTTPValidationError" in str(operation["responses"].get("422")):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _walk(part: Any, change: Callable[[Document], None]) -> None:
    """Let `change` see every object of the document, the inner ones first."""
    if isinstance(part, dict):
        for value in part.values():
            _walk(value, change)
        change(part)
    elif isinstance(part, list):
        for value in part:
            _walk(value, change)


def _bounded_by(settings: Settings) -> Callable[[Document], None]:
    """Puts in the bounds that are settings, where a schema names the setting (`x-bound`)."""

    def put_in(part: Document) -> None:
        for keyword, setting in part.pop("x-bound", {}).items():
            part[keyword] = getattr(settings, setting)

    return put_in


def _in_whole_numbers(part: Document) -> None:
    """FastAPI writes the bounds of integers as 10.0."""
    for keyword in ("minimum", "maximum"):
        if isinstance(part.get(keyword), float) and part[keyword].is_integer():
            part[keyword] = int(part[keyword])
