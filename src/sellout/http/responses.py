"""Answers and errors of the FastAPI routes, as responses. Every error becomes problem details, from whatever layer."""

from collections.abc import Iterable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from sellout.committer import Busy
from sellout.http.answers import Answer, problem_answer, raw_headers
from sellout.http.fastlane import problem_of
from sellout.http.pages.errors import VARY_ACCEPT, error_page, is_negotiated, wants_page
from sellout.http.problems import PROBLEMS, STATUS_CODES, FieldError, Problem, invalid
from sellout.http.requests import NO_JSON, BadRequest
from sellout.http.through_asgi import REQUEST_ID, ASGIApp, Receive, Scope, Send
from sellout.http.validation import field_error
from sellout.store.port import StoreError


def respond(request: Request, answer: Answer | Problem) -> Response:
    """An answer as a response; a problem is a page for those who ask for pages."""
    if isinstance(answer, Problem):
        if wants_page(request.scope["path"], request.headers.get("accept")):
            return error_page(answer, request.method, request.scope["path"], request.scope[REQUEST_ID])
        answer = problem_answer(answer, request.scope["path"], request.scope[REQUEST_ID])
        if is_negotiated(request.scope["path"]):
            answer = answer._replace(headers=[*answer.headers, VARY_ACCEPT])
    response = Response(answer.body, answer.status)
    response.raw_headers = raw_headers(answer)
    return response


HEAD = "sellout.head"
"""In the scope of a request that was HEAD: an answer without an end must know."""


class HeadAsGet:
    """Whatever answers GET answers HEAD, too (RFC 9110, section 9.1); servers leave the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET", HEAD: True}
        await self._app(scope, receive, send)


def answer_errors(app: FastAPI) -> None:
    """Give every kind of error its handler."""
    for known in (BadRequest, Busy, StoreError, Exception):
        app.add_exception_handler(known, _failed)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _by_status)


async def _failed(request: Request, error: Exception) -> Response:
    return respond(request, problem_of(error, request.scope["path"], request.scope[REQUEST_ID]))


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for no other
    if error.errors()[0]["type"] == "json_invalid":
        return _unreadable(request)
    return respond(request, invalid(*map(field_error, error.errors())))


async def _by_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    if error.status_code == 400:  # FastAPI's word for a body that it cannot decode
        return _unreadable(request)
    code = STATUS_CODES.get(error.status_code, "internal_error")
    if code == "not_found":
        return respond(request, Problem(code, "There is nothing at this address."))
    response = respond(request, Problem(code, PROBLEMS[code].when))
    if code == "method_not_allowed":
        methods = set(_methods(request)) or {"GET"}  # only the static files are no route of ours
        response.headers["allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return response


def _unreadable(request: Request) -> Response:
    """A body without a content type may be anything; one that says it is JSON is a broken one."""
    is_json = "content-type" in request.headers
    return respond(request, invalid(FieldError("body", "is not valid JSON")) if is_json else NO_JSON)


def _methods(request: Request) -> Iterable[str]:
    """All methods that some route answers at this address."""
    for route in request.app.state.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            yield from getattr(route, "methods", None) or ()
