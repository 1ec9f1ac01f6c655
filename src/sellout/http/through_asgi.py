"""The door for any ASGI server: it answers the hot routes by the fast lane and hands everything else to FastAPI.

Every request gets its id here, and its body is read here within its limit, so that both hold for every route.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from sellout.addresses import client_address, networks, origins_of
from sellout.http.answers import Answer, raw_headers
from sellout.http.challenge.gate import HEADER, check_challenge, needs_challenge
from sellout.http.fastlane import (
    THROWN_AWAY_BYTES_MAX,
    ClientGone,
    answer_order,
    error_answer,
    too_large,
)
from sellout.http.freshness import rule_of
from sellout.http.ids import new_request_id
from sellout.http.orders import find_order
from sellout.http.origins import SAFE, check_origin, preflight, shared
from sellout.http.requests import BadRequest, check_address, check_body, check_encoding, two_keys
from sellout.http.shop import Shop

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = "sellout.request_id"

SENDS_FILES = "sellout.sends_files"
"""In the scope where the server itself sends a file that it is named, by `http.response.pathsend`."""


class ASGIDoor:
    """An ASGI application around the FastAPI one."""

    def __init__(self, app: ASGIApp, shop: Shop) -> None:
        self._app = app
        self._shop = shop
        self._rates = shop.rates
        self._challenge = shop.challenge
        self._trusted = networks(shop.settings.trusted_proxies)
        self._allowed = origins_of(shop.settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        path = path_of(scope)
        headers = _headers(scope)
        order = find_order(scope["method"], path, self._shop.default_item_id)
        told = shared(headers.get("origin"), self._allowed) if self._allowed else ()
        unread = True
        try:
            if answer := self._admit(scope, headers):
                await send_answer(send, answer, request_id, told)
                return
            unread = False
            body = await self._shop.body_deadline.within(
                read_body(scope, headers, receive, self._shop.settings.body_bytes_max)
            )
            if "content-encoding" in headers:
                check_encoding(headers["content-encoding"])
            if order is None:
                check_body(scope["method"], path, headers.get("content-type"), body)
                await self.hand_on(scope, body, receive, send, request_id, told)
                return
            answer = await answer_order(self._shop, order, headers, body, path, request_id)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - every error has its answer
            answer = error_answer(error, path, request_id, scope["method"], headers.get("accept"))
            if unread:
                await self._throw_away(scope, headers, receive)
        await send_answer(send, answer, request_id, told)

    def _admit(self, scope: Scope, headers: Mapping[str, str]) -> Answer | None:
        """What is to be said before a body is read: an answer at once, or nothing. Raises BadRequest."""
        method, path = scope["method"], path_of(scope)
        check_address(path)
        if method in SAFE:
            if answer := self._preflight(method, headers):
                return answer
        else:
            check_origin(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host"), self._allowed)
        if self._rates.by_address:
            self._rates.check_address(self._client_of(scope), path)
        _check_keys(scope, headers)
        if self._challenge is not None and needs_challenge(method, path):
            check_challenge(self._challenge, headers.get(HEADER), headers.get("idempotency-key"))
        return None

    def _preflight(self, method: str, headers: Mapping[str, str]) -> Answer | None:
        asked = headers.get("access-control-request-method")
        return preflight(method, asked, headers.get("origin"), self._allowed) if self._allowed else None

    async def _throw_away(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> None:
        if _declared_length(scope, headers) != 0:
            with contextlib.suppress(BadRequest, ClientGone):
                await self._shop.body_deadline.within(throw_away(headers, receive))

    def _client_of(self, scope: Scope) -> str:
        """Who is asking; a server that listens on a file does not know."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._trusted:
            return client_address(peer, "", ())
        lines = (_lines(scope, name) for name in (b"x-forwarded-for", b"forwarded"))
        return client_address(peer, next(lines), self._trusted, next(lines))

    async def hand_on(
        self,
        scope: Scope,
        body: bytes,
        receive: Receive,
        send: Send,
        request_id: str,
        told: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Let the framework answer a request whose body is here already."""
        scope[REQUEST_ID] = request_id
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        started = False

        async def receive_body_first() -> Message:
            return first.pop() if first else await receive()

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [*message.get("headers", ()), (b"request-id", request_id.encode())]
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append(_raw(rule_of(path_of(scope))))
                message["headers"] = [*headers, *map(_raw, told)]
            await send(message)

        try:
            await self._app(scope, receive_body_first, send_with_id)
        except Exception:
            if not started:  # otherwise Starlette has answered and raises it again only for the log, which has it
                raise


def path_of(scope: Scope) -> str:
    """The path below the one that the application is mounted at: servers with `--root-path` put that before it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _lines(scope: Scope, wanted: bytes) -> str:
    """A header, to which each proxy may add a line of its own."""
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def _raw(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return header[0].encode("latin-1"), header[1].encode("latin-1")


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _check_keys(scope: Scope, headers: Mapping[str, str]) -> None:
    """Of two keys one would be ignored. Raises BadRequest."""
    if "idempotency-key" in headers and [name for name, _ in scope["headers"]].count(b"idempotency-key") > 1:
        raise two_keys()


async def read_body(scope: Scope, headers: Mapping[str, str], receive: Receive, bytes_max: int) -> bytes:
    """The body of a request. Raises BadRequest where it is larger than `bytes_max`, and ClientGone."""
    length = _declared_length(scope, headers)
    if length == 0:
        return b""
    if length is not None and length > bytes_max:
        await throw_away(headers, receive)
        raise too_large(bytes_max)
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += bytes(message.get("body", b""))
        if len(body) > bytes_max:
            if message.get("more_body"):
                await throw_away(headers, receive)
            raise too_large(bytes_max)
        # A body that has its declared length is whole: waiting for the server to say so costs another turn.
        if len(body) == length or not message.get("more_body"):
            return body


async def throw_away(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Read on within limits what is not wanted, so that whoever still writes gets to see the answer.

    Who waits for our word before it sends a body (Expect) has that word in the answer. Raises ClientGone.
    """
    read, more = 0, "expect" not in headers
    while more and read < THROWN_AWAY_BYTES_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        read += len(message.get("body", b""))
        more = message.get("more_body", False)
    return b""


def _declared_length(scope: Scope, headers: Mapping[str, str]) -> int | None:
    """Bytes that will come, or None where only the end of the body tells."""
    length = headers.get("content-length")
    if length is not None:
        return int(length)  # servers have checked that it is a number
    if "transfer-encoding" in headers or not scope.get("http_version", "1.1").startswith("1"):
        return None
    return 0


async def send_answer(send: Send, answer: Answer, request_id: str, told: Sequence[tuple[str, str]] = ()) -> None:
    """Give an answer to the server."""
    headers = [*raw_headers(answer), *map(_raw, told)]
    headers.append((b"request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
