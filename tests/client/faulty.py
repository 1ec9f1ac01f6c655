"""What stands between a client and a real server, and goes wrong as networks do."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

WAIT_SECONDS_MAX = 60.0
SLOW_SECONDS = 0.7

Headers = Iterable[tuple[str, str]]


class Handler(BaseHTTPRequestHandler):
    """One connection, which has one request; the proxy says what becomes of it."""

    proxy: "Proxy"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        self.proxy.seen.append((self.command, self.path, self.headers.get("Idempotency-Key")))
        self.proxy.next_fault()(self, body)

    do_GET = do_POST = do_DELETE = do_PATCH = handle_any  # noqa: N815 - http.server's own names

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""

    def ask_the_server(self, body: bytes) -> tuple[int, Headers, bytes]:
        """The real server's answer: from here on the request has happened."""
        parts = urlsplit(self.proxy.url_behind)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS_MAX)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "host")}
        connection.request(self.command, self.path, body or None, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in ("connection", "date")]
        return response.status, kept, content

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


Fault = Callable[[Handler, bytes], None]


def nothing(handler: Handler, body: bytes) -> None:
    """All goes well."""
    handler.answer(*handler.ask_the_server(body))


def dropped(handler: Handler, body: bytes) -> None:
    """The request never arrives."""


def lost(handler: Handler, body: bytes) -> None:
    """The server has done it, and its answer is lost."""
    handler.ask_the_server(body)


def slow(handler: Handler, body: bytes) -> None:
    """The answer takes its time, and comes."""
    time.sleep(SLOW_SECONDS)
    nothing(handler, body)


def torn(handler: Handler, body: bytes) -> None:
    """The answer breaks off in its middle."""
    status, headers, content = handler.ask_the_server(body)
    handler.answer(status, headers, content[: len(content) // 2])


def late(handler: Handler, body: bytes) -> None:
    """The server has done it, and nobody waits long enough for the answer."""
    answer = handler.ask_the_server(body)
    handler.proxy.done.set()
    handler.proxy.closing.wait(WAIT_SECONDS_MAX)
    with contextlib.suppress(OSError):  # the client is gone
        handler.answer(*answer)


def busy(handler: Handler, body: bytes) -> None:
    """503, to be asked again after a second. Nothing is done."""
    problem = {"code": "busy", "status": 503, "title": "Busy", "detail": "Busy.", "retry_after": 1, "request_id": "r"}
    content = json.dumps(problem).encode()
    headers = [
        ("Retry-After", "1"),
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(content))),
    ]
    handler.answer(503, headers, content)


def gateway(handler: Handler, body: bytes) -> None:
    """The server has done it, and a gateway says 502."""
    handler.ask_the_server(body)
    handler.answer(502, [("Content-Length", "6")], b"<html>")


def page(handler: Handler, body: bytes) -> None:
    """Something else answers, such as the login page of a hotel."""
    handler.answer(200, [("Content-Length", "6")], b"<html>")


class Proxy:
    """A port that leads to the server at `url_behind`. The next requests meet a fault each, later ones meet none."""

    def __init__(self, url_behind: str, *faults: Fault) -> None:
        self.url_behind = url_behind
        self.seen: list[tuple[str, str, str | None]] = []
        self.done = threading.Event()
        self.closing = threading.Event()
        self._faults = list(faults)
        kind = type("ProxyHandler", (Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def next_fault(self) -> Fault:
        return self._faults.pop(0) if self._faults else nothing

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
