"""docs/api.md, made from the OpenAPI document."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from starlette.testclient import TestClient

from sellout.http.app import create_app
from sellout.http.documented import BUYER_TOKEN
from sellout.settings import Settings
from tests.cli.markdown import page, table

ANYWHERE = ("internal_error", "busy", "unavailable", "body_too_large", "unsupported_media_type")
"""Problems that have nothing to do with what a route is for."""


class Route(NamedTuple):
    """An operation of the OpenAPI document."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return f"`{self.method} {self.path}`"

    @property
    def group(self) -> str:
        return str(self.described["tags"][0])


def routes() -> list[Route]:
    """All routes of the document, in its order."""
    document = TestClient(create_app(Settings.model_construct())).get("/openapi.json").json()
    return [
        Route(method.upper(), path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def api_page() -> str:
    """Every route with what it does, what it takes, its success and its refusals."""
    groups: dict[str, list[Route]] = defaultdict(list)
    for route in routes():
        groups[route.group].append(route)
    head = ("route", "what it does", "takes", "success", "problems")
    parts = [
        f"## {group.capitalize()}\n\n{table(head, [_row(route) for route in grouped])}"
        for group, grouped in groups.items()
    ]
    return page(
        "The HTTP interface",
        "A running server describes itself: `/docs` is Swagger UI, where requests can be tried, with the members of "
        "every body and answer; `/openapi.json` is its document, from which this page is made.",
        'Bodies are JSON. "key" is an `Idempotency-Key`, which may be left out; "organiser" is '
        "`Authorization: Bearer KEY` with an organiser key of the scope behind it. "
        '"token" is `Authorization: Bearer TOKEN` with a [buyer\'s token](buyer-tokens.md), which only items with '
        "`buyer_tokens: required` need; an organiser key of the scope behind it does as well. "
        "Every answer has a `Request-Id`. "
        "Every error is a problem "
        f"document. These can come anywhere, and are left out below: {_linked(ANYWHERE)}.",
        *parts,
    )


def _row(route: Route) -> tuple[str, ...]:
    return (route.name, _words(route.described["description"]), _takes(route), _success(route), _problems(route))


def _words(description: str) -> str:
    return " ".join(description.split())


def _who(route: Route) -> str:
    ways = route.described["security"]
    scopes = [scope for way in ways for needed in way.values() for scope in needed]
    who = "token" if {BUYER_TOKEN: []} in ways else "organiser"
    return " ".join([who, *(f"`{scope}`" for scope in scopes)])


def _takes(route: Route) -> str:
    headers = {parameter["name"] for parameter in route.described.get("parameters", ()) if parameter["in"] == "header"}
    taken = {
        _who(route): bool(route.described["security"]),
        "key": "Idempotency-Key" in headers,
        "a body": "requestBody" in route.described,
    }
    queries = [f"`?{each['name']}`" for each in route.described.get("parameters", ()) if each["in"] == "query"]
    return ", ".join([*(name for name, takes in taken.items() if takes), *queries])


def _success(route: Route) -> str:
    return ", ".join(status for status in route.described["responses"] if status < "400")


def _problems(route: Route) -> str:
    answers = sorted(route.described["responses"].items())
    described = " ".join(answer["description"] for status, answer in answers if status >= "400")
    return _linked(code for code in re.findall(r"`(\w+)`: ", described) if code not in ANYWHERE)


def _linked(codes: Iterable[str]) -> str:
    return ", ".join(f"[`{code}`](problems.md#{code})" for code in codes)
