"""The door for Granian's own protocol, RSGI: one call takes the body, one call answers.

The same routes through ASGI cost Granian and Python a fifth more. Everything but the hot routes goes on to the
ASGI door, whose messages are translated here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from sellout.http.answers import Answer
from sellout.http.fastlane import answer_order, error_answer, too_large
from sellout.http.ids import new_request_id
from sellout.http.orders import find_order
from sellout.http.requests import BadRequest
from sellout.http.shop import Shop
from sellout.http.through_asgi import ASGIDoor, Message
from sellout.http.through_asgi import Scope as ASGIScope


class Headers(Protocol):
    """Headers as Granian gives them, names in lower case."""

    def get(self, name: str, /) -> str | None: ...
    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """A request's line and headers, as Granian gives them."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Headers


class Stream(Protocol):
    """An answer that is sent piece by piece."""

    async def send_bytes(self, data: bytes) -> None: ...


class Exchange(Protocol):
    """A request's body and its answer, as Granian gives them."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def client_disconnect(self) -> None: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Stream: ...


class RSGIDoor:
    """An RSGI application around the ASGI one."""

    def __init__(self, door: ASGIDoor, shop: Shop) -> None:
        self._door = door
        self._shop = shop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._shop.open())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._shop.close())

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        order = find_order(scope.method, scope.path, self._shop.default_item_id)
        if order is None:
            await _Translation(scope, exchange).run(self._door)
            return
        headers, path, request_id = scope.headers, scope.path, new_request_id()
        try:
            body = await read_body(headers, exchange, self._shop.settings.body_bytes_max)
        except BadRequest as error:
            answer = error_answer(error, path, request_id)
        else:
            answer = await answer_order(self._shop, order, headers, body, path, request_id)
        _respond(exchange, answer, request_id)


async def read_body(headers: Headers, exchange: Exchange, bytes_max: int) -> bytes:
    """The body of a request. Raises BadRequest where it is larger than `bytes_max`."""
    length = headers.get("content-length")
    if length is not None:
        if int(length) > bytes_max:  # Granian has checked that it is a number
            raise too_large(bytes_max)
        return b"" if length == "0" else await exchange()
    if headers.get("transfer-encoding") is None:
        return b""
    body = b""
    async for piece in exchange:
        body += piece
        if len(body) > bytes_max:
            raise too_large(bytes_max)
    return body


def _respond(exchange: Exchange, answer: Answer, request_id: str) -> None:
    status, headers, body = answer
    exchange.response_bytes(status, [*headers, ("request-id", request_id)], body)


class _Translation:
    """One request on its way through the ASGI door."""

    def __init__(self, scope: Scope, exchange: Exchange) -> None:
        self._exchange = exchange
        self._scope = _asgi_scope(scope)
        self._body = aiter(exchange)
        self._body_has_ended = False
        self._start: tuple[int, list[tuple[str, str]]] | None = None
        self._stream: Stream | None = None

    async def run(self, door: ASGIDoor) -> None:
        await door(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        async for piece in self._body:
            return {"type": "http.request", "body": piece, "more_body": True}
        if not self._body_has_ended:
            self._body_has_ended = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._exchange.client_disconnect()  # after the body there is only the client's leaving to wait for
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = (message["status"], _text(message.get("headers", ())))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is not None:
            await self._stream.send_bytes(body)
        elif self._start is not None:
            status, headers = self._start
            if more:
                self._stream = self._exchange.response_stream(status, headers)
                await self._stream.send_bytes(body)
            else:
                self._exchange.response_bytes(status, headers, body)


def _text(headers: Any) -> list[tuple[str, str]]:
    return [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers]


def _asgi_scope(scope: Scope) -> ASGIScope:
    """The request as ASGI 3 describes it (HTTP connection scope)."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,  # Granian has decoded it
        "query_string": scope.query_string.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in scope.headers.items()],
        "client": _address(scope.client),
        "server": _address(scope.server),
    }


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
