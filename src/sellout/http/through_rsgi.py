"""The door for Granian's own protocol, RSGI: one call takes the body, one call answers.

The same routes through ASGI cost Granian and Python a fifth more. Everything but the hot routes goes on to the
ASGI door, whose messages are translated here.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from sellout.addresses import client_address, host_of, networks, origins_of
from sellout.http.answers import Answer
from sellout.http.callers import bad_token
from sellout.http.challenge.gate import HEADER, check_challenge, needs_challenge
from sellout.http.deadlines import BodyDeadline
from sellout.http.fastlane import THROWN_AWAY_BYTES_MAX, answer_order, error_answer, too_large
from sellout.http.ids import new_request_id
from sellout.http.orders import find_order
from sellout.http.origins import SAFE, check_origin, preflight, shared
from sellout.http.requests import (
    BadRequest,
    bad_key,
    broken_off,
    check_address,
    check_body,
    check_encoding,
    two_keys,
    unreadable_content_type,
)
from sellout.http.shop import Shop
from sellout.http.through_asgi import SENDS_FILES, ASGIDoor, Message
from sellout.http.through_asgi import Scope as ASGIScope


class Headers(Protocol):
    """Headers as Granian gives them, names in lower case."""

    def __contains__(self, name: str, /) -> bool: ...
    def get(self, name: str, /) -> str | None: ...
    def get_all(self, name: str, /) -> list[str]: ...
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

    def __call__(self) -> Awaitable[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def client_disconnect(self) -> None: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None: ...
    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Stream: ...


class RSGIDoor:
    """An RSGI application around the ASGI one."""

    def __init__(self, door: ASGIDoor, shop: Shop) -> None:
        self._door = door
        self._shop = shop
        self.stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rates = shop.rates
        self._challenge = shop.challenge
        self._trusted = networks(shop.settings.trusted_proxies)
        self._allowed = origins_of(shop.settings.allowed_origins)
        self._has_tokens = shop.tokens is not None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        loop.run_until_complete(self._shop.open())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.stopping.set()
        loop.run_until_complete(self._shop.close())

    def end_streams(self) -> None:
        """Let answers that have no end of their own end. From any thread; before the start there are none."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._shop.end_streams)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        headers, path, request_id = scope.headers, scope.path, new_request_id()
        order = find_order(scope.method, path, self._shop.default_item_id)
        told = shared(headers.get("origin"), self._allowed) if self._allowed else ()
        unread = True
        try:
            if admitted := self._admit(scope):
                told_first = [*admitted.headers, *told, ("request-id", request_id)]
                exchange.response_bytes(admitted.status, told_first, admitted.body)
                return
            unread = False
            body = await read_body(headers, exchange, self._shop.settings.body_bytes_max, self._shop.body_deadline)
            if "content-encoding" in headers:
                check_encoding(headers.get("content-encoding"))
            if order is None:
                check_body(scope.method, path, headers.get("content-type"), body)
                messages = _Translation(exchange)
                asked = _asgi_scope(scope)
                await self._door.hand_on(asked, body, messages.receive, messages.send, request_id, told)
                return
            answer = await answer_order(self._shop, order, headers, body, path, request_id)
        except ProtocolClosed:
            return  # the client left before its request had arrived whole: nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - every error has its answer
            answer = error_answer(error, path, request_id, scope.method, headers.get("accept"))
            if unread:
                await throw_away(headers, exchange, self._shop.body_deadline)
        exchange.response_bytes(answer.status, [*answer.headers, *told, ("request-id", request_id)], answer.body)

    def _admit(self, scope: Scope) -> Answer | None:
        """What is to be said before a body is read: an answer at once, or nothing. Raises BadRequest."""
        headers, method, path = scope.headers, scope.method, scope.path
        check_address(path)
        if method in SAFE:
            if answer := self._preflight(method, headers):
                return answer
        else:
            check_origin(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host"), self._allowed)
        if self._rates.by_address:
            self._rates.check_address(self._client(scope), path)
        _check_readable(headers)
        if self._has_tokens:
            _check_token(headers)
        if self._challenge is not None and needs_challenge(method, path):
            check_challenge(self._challenge, headers.get(HEADER), headers.get("idempotency-key"))
        return None

    def _preflight(self, method: str, headers: Headers) -> Answer | None:
        asked = headers.get("access-control-request-method")
        return preflight(method, asked, headers.get("origin"), self._allowed) if self._allowed else None

    def _client(self, scope: Scope) -> str:
        """Who is asking."""
        if not self._trusted:
            return client_address(_address(scope.client)[0], "", ())
        lines = scope.headers.get_all  # each proxy may add a line of its own
        forwarded_for, forwarded = ",".join(lines("x-forwarded-for")), ",".join(lines("forwarded"))
        return client_address(_address(scope.client)[0], forwarded_for, self._trusted, forwarded)


def _check_readable(headers: Headers) -> None:
    """Granian shows a header that is not ASCII as none: without this, such a key would be no key at all.

    Raises BadRequest, also where there are two keys, of which one would be ignored.
    """
    if "idempotency-key" in headers:
        if headers.get("idempotency-key") is None:
            raise bad_key()
        if len(headers.get_all("idempotency-key")) > 1:
            raise two_keys()
    if "content-type" in headers and headers.get("content-type") is None:
        raise unreadable_content_type()


def _check_token(headers: Headers) -> None:
    """Raises BadRequest where a token is not ASCII, and so would be none."""
    if "authorization" in headers and headers.get("authorization") is None:
        raise bad_token("it is no token")


async def read_body(headers: Headers, exchange: Exchange, bytes_max: int, deadline: BodyDeadline) -> bytes:
    """The body of a request. Raises BadRequest where it is larger than `bytes_max`, not whole, or not in time."""
    length = headers.get("content-length")
    try:
        if length is not None:
            if int(length) > bytes_max:  # Granian has checked that it is a number
                await throw_away(headers, exchange, deadline)
                raise too_large(bytes_max)
            return b"" if length == "0" else await deadline.within(exchange())
        if headers.get("transfer-encoding") is None:
            return b""
        return await deadline.within(_pieces(exchange, bytes_max))
    except ProtocolClosed:
        raise broken_off() from None


async def _pieces(exchange: Exchange, bytes_max: int) -> bytes:
    """A body whose length was not told before. Raises BadRequest where it is larger than `bytes_max`, or not whole.

    Granian shows the end of a body as one empty piece, and shows another before it where the body broke off: without a
    look at that, a request whose client has left would be one without a body, and would be carried out.
    """
    body, read, empty = b"", 0, 0
    async for piece in exchange:
        read += len(piece)
        empty += not piece
        if read <= bytes_max:
            body += piece
        elif read >= THROWN_AWAY_BYTES_MAX:
            break
    if read > bytes_max:
        raise too_large(bytes_max)
    if empty != 1:
        raise broken_off()
    return body


async def throw_away(headers: Headers, exchange: Exchange, deadline: BodyDeadline) -> None:
    """Read on within limits what is not wanted, so that whoever still writes gets to see the answer.

    Who waits for our word before it sends a body (Expect) has that word in the answer.
    """
    has_body = headers.get("content-length") not in {None, "0"} or "transfer-encoding" in headers
    if has_body and "expect" not in headers:
        with contextlib.suppress(BadRequest, ProtocolClosed):
            await deadline.within(_thrown_away(exchange))


async def _thrown_away(exchange: Exchange) -> bytes:
    read = 0
    async for piece in exchange:
        read += len(piece)
        if read >= THROWN_AWAY_BYTES_MAX:
            break
    return b""


class _Translation:
    """The framework's messages on their way to Granian."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._status = 500
        self._headers: list[tuple[str, str]] = []
        self._stream: Stream | None = None

    async def receive(self) -> Message:
        """The body has been read, so all that can still come is that the client leaves."""
        await self._exchange.client_disconnect()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], _text(message.get("headers", ()))
            return
        if message["type"] == "http.response.pathsend":
            self._exchange.response_file(self._status, self._headers, message["path"])
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is None and not more:
            self._exchange.response_bytes(self._status, self._headers, body)
            return
        if self._stream is None:
            self._stream = self._exchange.response_stream(self._status, self._headers)
        if body:
            with contextlib.suppress(ProtocolClosed):  # the client has left, which `receive` tells
                await self._stream.send_bytes(body)


def _text(headers: Any) -> list[tuple[str, str]]:
    return [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers]


def _asgi_scope(scope: Scope) -> ASGIScope:
    """The request as ASGI 3 describes it (HTTP connection scope)."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        SENDS_FILES: True,
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
    """Host and port; Granian writes an IPv6 host in brackets, and ASGI wants it without."""
    host, _, port = text.rpartition(":")
    return host_of(host), int(port)
