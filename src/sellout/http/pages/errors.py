"""Errors as pages, for those who ask for pages: a browser says that it wants HTML; other clients get the problem."""

from fastapi import Request, Response

from sellout.http.pages.rendering import page
from sellout.http.problems import PROBLEMS, Problem

API = ("/v1/", "/buy_ticket", "/openapi.json", "/livez", "/readyz", "/metrics")
"""Addresses that answer programs."""


def wants_page(request: Request) -> bool:
    """Whether a page is the answer that this client can show."""
    path: str = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(API)


def error_page(request: Request, problem: Problem, request_id: str) -> Response:
    """A problem as a page."""
    response = page(
        "error.html", status=problem.status, problem=problem, kind=PROBLEMS[problem.code], request_id=request_id,
        address=request.scope["path"] if request.method == "GET" else "",
    )  # fmt: skip
    if problem.retry_after is not None:
        response.headers["retry-after"] = str(problem.retry_after)
    return response
