"""Errors as pages, for those who ask for pages: a browser says that it wants HTML; other clients get the problem."""

from fastapi import Response

from sellout.http.accepting import HTML, JSON, prefers
from sellout.http.pages.rendering import page
from sellout.http.problems import PROBLEMS, Problem

API = ("/v1/", "/buy_ticket", "/openapi.json", "/livez", "/readyz", "/metrics")
"""Addresses that answer programs."""


VARY_ACCEPT = ("vary", "Accept")
"""Where a page or a problem is the answer, by what the client can show."""


def wants_page(path: str, accept: str | None) -> bool:
    """Whether a page is the answer that a client can show which sends this Accept header."""
    return prefers(accept, HTML, JSON) and is_negotiated(path)


def is_negotiated(path: str) -> bool:
    """Whether there are pages at such an address."""
    return not path.startswith(API)


def error_page(problem: Problem, method: str, path: str, request_id: str) -> Response:
    """A problem as a page."""
    response = page(
        "error.html", status=problem.status, problem=problem, kind=PROBLEMS[problem.code], request_id=request_id,
        address=path if method == "GET" else "",
    )  # fmt: skip
    response.headers.update(dict([VARY_ACCEPT]))
    if problem.retry_after is not None:
        response.headers["retry-after"] = str(problem.retry_after)
    return response
