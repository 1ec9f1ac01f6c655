"""Traces: a span a request and a span a batch, linked to each other, with nothing of who asked; and none without."""

import asyncio
import contextlib
import gzip
import http.server
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from sellout.committer import Committer
from sellout.http.app import create_app
from sellout.http.traces.requests import hot_route
from sellout.http.traces.tracing import _tell_of_trouble
from sellout.settings import Settings
from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from tests.http.shop import ORGANISER, Shop, running_client, running_shop
from tests.processes import ORGANISER_KEY, running

PURCHASES = "/v1/items/item-a/purchases"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SECRETS = ("Zuleika", "a-key-of-a-sale", "a-cookie-of-mine", ORGANISER_KEY)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keeps what would be sent; whole after the shop has closed."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr("sellout.http.traces.tracing.OTLPSpanExporter", lambda: exporter)
    return exporter


@contextlib.contextmanager
def traced_shop(database: Path) -> Iterator[Shop]:
    with running_shop(database, traces=True) as shop:
        yield shop


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def requests(sent: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in sent.get_finished_spans() if span.kind is SpanKind.SERVER]


def commits(sent: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in sent.get_finished_spans() if span.name == "commit"]


def ids(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


def linked(span: ReadableSpan) -> set[tuple[int, int]]:
    return {(link.context.trace_id, link.context.span_id) for link in span.links}


def test_a_request_has_a_span_by_the_conventions_and_its_commit_another(
    database: Path, sent: InMemorySpanExporter
) -> None:
    with traced_shop(database) as shop:
        answer = shop.buy()
    (request,) = requests(sent)
    assert request.name == "POST /v1/items/{item_id}/purchases"
    assert attributes(request) == {
        "http.request.method": "POST", "http.route": "/v1/items/{item_id}/purchases", "url.scheme": "http",
        "client.address": "testclient", "http.response.status_code": 201,
        "sellout.request_id": answer.headers["Request-Id"],
    }  # fmt: skip
    (commit,) = commits(sent)
    assert commit.parent is None
    assert attributes(commit) == {"sellout.batch.size": 1, "sellout.outcomes.bought": 1}
    assert linked(commit) == {ids(request)}
    assert request.resource.attributes["service.name"] == "sellout"


def test_a_batch_is_linked_to_each_of_its_requests(database: Path, sent: InMemorySpanExporter) -> None:
    async def rush() -> None:
        async with running_client(database, traces=True, stock=200) as client:
            await asyncio.gather(*(client.post(PURCHASES) for _ in range(300)))

    asyncio.run(rush())
    assert len(requests(sent)) == 300
    links = [link for commit in commits(sent) for link in linked(commit)]
    assert len(links) == 300
    assert set(links) == {ids(span) for span in requests(sent)}
    assert max(len(commit.links) for commit in commits(sent)) > 1
    told = [attributes(commit) for commit in commits(sent)]
    assert sum(each["sellout.batch.size"] for each in told) == 300
    assert sum(each.get("sellout.outcomes.bought", 0) for each in told) == 200
    assert sum(each.get("sellout.outcomes.sold_out", 0) for each in told) == 100


def test_more_links_than_opentelemetry_allows_by_itself_are_kept(database: Path, sent: InMemorySpanExporter) -> None:
    with traced_shop(database) as shop:
        traces: Any = shop.client.app._shop.traces  # type: ignore[attr-defined]
        assert traces._provider._span_limits.max_links == Settings.model_fields["batch_size_max"].default


def test_a_trace_that_the_caller_has_begun_goes_on(database: Path, sent: InMemorySpanExporter) -> None:
    with traced_shop(database) as shop:
        for traceparent in (f"00-{TRACE}-{PARENT}-01", "00-nonsense", f"00-{TRACE}-{PARENT}-00"):
            shop.ask("POST", PURCHASES, headers={"traceparent": traceparent})
    taken, own = requests(sent)
    assert taken.parent is not None
    assert (f"{ids(taken)[0]:032x}", f"{taken.parent.span_id:016x}") == (TRACE, PARENT)
    assert own.parent is None, "what cannot be read begins no trace; the third was not to be sampled"
    assert [len(commit.links) for commit in commits(sent)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/buy_ticket", "POST /buy_ticket"),
        ("GET", "/v1/items/item-a", "GET /v1/items/{item_id}"),
        ("HEAD", "/livez", "HEAD /livez"),
        ("DELETE", "/v1/holds/none", "DELETE /v1/holds/{hold_id}"),
        ("POST", "/v1/holds/none/pay", "POST /v1/holds/{hold_id}/pay"),
        ("GET", "/nothing", "GET"),
        ("BREW", "/livez", "HTTP /livez"),
    ],
)
def test_spans_are_called_after_their_route(
    method: str, path: str, name: str, database: Path, sent: InMemorySpanExporter
) -> None:
    with traced_shop(database) as shop:
        shop.ask(method, path)
    (request,) = requests(sent)
    assert request.name == name
    assert not [value for value in attributes(request).values() if "none" in str(value)], "no path"


def test_hot_routes_are_called_as_in_the_document() -> None:
    app: Any = create_app(Settings())
    documented = set(app._app.openapi()["paths"])
    hot = ("/buy_ticket", PURCHASES, "/v1/items/a/holds", "/v1/holds/h/pay", "/v1/holds/h/confirm")
    assert {hot_route("POST", path, "item-a") for path in hot} <= documented
    assert hot_route("DELETE", "/v1/holds/h", "item-a") in documented
    assert hot_route("GET", "/v1/items", "item-a") is None


def test_nothing_of_who_asks_is_in_a_span(database: Path, sent: InMemorySpanExporter) -> None:
    headers = {"Idempotency-Key": SECRETS[1], "Cookie": f"x={SECRETS[2]}", **ORGANISER}
    with traced_shop(database) as shop:
        shop.ask("POST", PURCHASES, json={"buyer": SECRETS[0]}, headers=headers)
        shop.ask("GET", f"{PURCHASES}/lookup?key={SECRETS[1]}&buyer={SECRETS[0]}")
        shop.organise("GET", PURCHASES)
    text = " ".join(span.to_json() for span in sent.get_finished_spans())
    assert len(requests(sent)) == 3
    assert not [secret for secret in SECRETS if secret in text]


def test_errors_are_marked_and_say_nothing_but_their_kind(
    database: Path, sent: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailable("the row of Zuleika")

    with traced_shop(database) as shop, monkeypatch.context() as patch, capture_logs():
        patch.setattr(SQLiteStore, "transact", fail)
        assert shop.buy().status_code == 503
    (request,), (commit,) = requests(sent), commits(sent)
    assert (request.status.status_code, attributes(request)["error.type"]) == (StatusCode.ERROR, "503")
    assert (commit.status.status_code, attributes(commit)["error.type"]) == (StatusCode.ERROR, "StoreUnavailable")
    assert linked(commit) == {ids(request)}
    assert "Zuleika" not in commit.to_json()


def test_without_the_setting_nothing_of_opentelemetrys_is_loaded_and_the_committer_is_the_plain_one(
    database: Path,
) -> None:
    with running_shop(database) as shop:
        inside: Any = shop.client.app
        assert type(inside._shop.committer) is Committer
    look = "import sys, sellout.asgi; print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=database.parent)
    assert told.stdout.strip() == "[]"


def test_where_the_packages_are_missing_a_line_says_so_and_the_shop_sells(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    monkeypatch.delitem(sys.modules, "opentelemetry.sdk.resources")
    monkeypatch.delitem(sys.modules, "sellout.http.traces.tracing")
    with capture_logs() as lines, running_shop(database, traces=True) as shop:
        assert shop.buy().status_code == 201
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("no_traces", "warning")
    assert "sellout[otel]" in line["reason"]


def test_what_opentelemetry_has_to_say_is_in_the_log() -> None:
    _tell_of_trouble()
    _tell_of_trouble()
    with capture_logs() as lines:
        logging.getLogger("opentelemetry.exporter.otlp").error("Failed to export %s", "spans")
    assert [(line["event"], line["reason"]) for line in lines] == [("traces_trouble", "Failed to export spans")]


class Collector(http.server.ThreadingHTTPServer):
    """Takes what an OTLP exporter sends by HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[tuple[str, ExportTraceServiceRequest]] = []

    def spans(self) -> list[Any]:
        return [
            span for _, request in self.taken for resource in request.resource_spans
            for scope in resource.scope_spans for span in scope.spans
        ]  # fmt: skip


class _Taking(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        self.server.taken.append((self.path, request))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def test_a_real_server_sends_its_spans_by_otlp_and_the_last_ones_when_it_stops(
    tmp_path: Path, collector: Collector
) -> None:
    variables = {
        "SELLOUT_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_SERVICE_NAME": "box-office",
    }  # fmt: skip
    with running(tmp_path / "shop.db", **variables) as server:
        for _ in range(3):
            httpx2.post(f"{server.url}{PURCHASES}", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        httpx2.get(f"{server.url}/v1/items/item-a")
        assert server.stop() == 0
    assert {path for path, _ in collector.taken} == {"/v1/traces"}
    bought = [span for span in collector.spans() if span.name == "POST /v1/items/{item_id}/purchases"]
    assert {(span.trace_id.hex(), span.parent_span_id.hex()) for span in bought} == {(TRACE, PARENT)}
    commits = [span for span in collector.spans() if span.name == "commit"]
    links = {link.span_id for span in commits for link in span.links}
    assert links == {span.span_id for span in bought}
    assert len(links) == 3
    assert "GET /v1/items/{item_id}" in {span.name for span in collector.spans()}
    resource = collector.taken[0][1].resource_spans[0].resource
    assert ("service.name", "box-office") in {(each.key, each.value.string_value) for each in resource.attributes}
