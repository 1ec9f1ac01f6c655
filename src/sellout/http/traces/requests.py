"""A span a request, by OpenTelemetry's conventions for HTTP servers; a trace that the caller has begun goes on.

A span shows the route and never the path: whoever has the id of a hold may end it, and traces are read by many.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from sellout.http.following import Answered, Asked
from sellout.http.orders import BUY_TICKET, HOLDS, ITEMS, find_order
from sellout.http.responses import HEAD
from sellout.http.through_asgi import ASGIApp, Receive, Scope, Send
from sellout.naming import slug
from sellout.settings import Settings

METHODS = frozenset(("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"))

OTHER = "_OTHER"
"""The conventions' word for any other method: strangers may send as many as they like."""

_carried = TraceContextTextMapPropagator()


class RequestSpans:
    """Makes the spans of requests."""

    def __init__(self, tracer: Tracer, settings: Settings) -> None:
        self._tracer = tracer
        self._default_item_id = slug(settings.item)

    @contextmanager
    def follow(self, asked: Asked, answered: Answered) -> Iterator[None]:
        """A span that lasts as long as the request."""
        route = hot_route(asked.method, asked.path, self._default_item_id)
        method = _known(asked.method)
        attributes = {"http.request.method": method, "url.scheme": asked.scheme, "client.address": asked.client}
        span = self._tracer.start_span(
            _called(method), context=_begun_by(asked), kind=SpanKind.SERVER, attributes=attributes
        )
        if route is not None:
            _name(span, method, route)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            finally:
                _tell(span, answered)


def _begun_by(asked: Asked) -> Context:
    """The trace that the caller names; a new one where it names none, or where it cannot be read."""
    named = {name: value for name in ("traceparent", "tracestate") if (value := asked.header(name))}
    return _carried.extract(named, Context())


def _tell(span: Span, answered: Answered) -> None:
    """Say in the span what was answered."""
    if answered.status is None:
        return
    span.set_attribute("http.response.status_code", answered.status)
    span.set_attribute("sellout.request_id", answered.request_id or "")
    if answered.status >= 500:
        span.set_attribute("error.type", str(answered.status))
        span.set_status(Status(StatusCode.ERROR))


def _known(method: str) -> str:
    return method if method in METHODS else OTHER


def _called(method: str) -> str:
    return "HTTP" if method == OTHER else method


def _name(span: Span, method: str, route: str) -> None:
    span.update_name(f"{_called(method)} {route}")
    span.set_attribute("http.route", route)


def hot_route(method: str, path: str, default_item_id: str) -> str | None:
    """The route of a request that never reaches the framework; None of one that does."""
    order = find_order(method, path, default_item_id)
    if order is None or path == BUY_TICKET:
        return None if order is None else path
    if path.startswith(HOLDS):
        return f"{HOLDS}{{hold_id}}{path[len(HOLDS) + len(order.subject_id) :]}"
    return f"{ITEMS}{{item_id}}{path[len(ITEMS) + len(order.subject_id) :]}"


class NamesRoute:
    """Of all other requests the framework knows the route, once it has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self._name(get_current_span(), scope)

    def _name(self, span: Span, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", None)
        if route is not None:
            _name(span, "HEAD" if scope.get(HEAD) else _known(scope["method"]), route)
