"""What can be told of a request from outside its door: what was asked for, and what is being answered.

Whoever follows requests (the request log, the traces) wraps a door in these. A door that nobody follows is the plain
one, so this costs nothing where it is off.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager
from typing import NamedTuple

from sellout.http.through_asgi import Message, Send
from sellout.http.through_rsgi import Exchange, Stream

FILE_LENGTH = "content-length"


class Asked(NamedTuple):
    """A request's line, and who sends it, as the rates count it. `header` gives a header by its name in lower case."""

    method: str
    path: str
    scheme: str
    client: str
    header: Callable[[str], str | None]


class Answered:
    """What is known of the answer so far. Without a status there was none: the client had left."""

    __slots__ = ("body_bytes", "request_id", "status")

    def __init__(self) -> None:
        self.status: int | None = None
        self.request_id: str | None = None
        self.body_bytes = 0

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """The answer begins."""
        self.status = status
        self.request_id = dict(headers).get("request-id")


Follow = Callable[[Asked, Answered], AbstractContextManager[None]]
"""Goes along with a request: entered before its door, and left when the answer has been given to the server."""


def seen_send(send: Send, answered: Answered) -> Send:
    """An ASGI server's `send` that notes what it passes on."""

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            answered.begin(
                message["status"], ((bytes(n).decode("latin-1"), bytes(v).decode("latin-1")) for n, v in headers)
            )
        else:
            answered.body_bytes += len(message.get("body", b""))
        await send(message)

    return note


class SeenExchange:
    """Granian's exchange, likewise."""

    def __init__(self, exchange: Exchange, answered: Answered) -> None:
        self._exchange = exchange
        self._answered = answered

    def __call__(self) -> Awaitable[bytes]:
        return self._exchange()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._exchange)

    async def client_disconnect(self) -> None:
        await self._exchange.client_disconnect()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._answered.begin(status, headers)
        self._answered.body_bytes = len(body)
        self._exchange.response_bytes(status, headers, body)

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self._answered.begin(status, headers)
        self._answered.body_bytes = int(dict(headers).get(FILE_LENGTH, 0))
        self._exchange.response_file(status, headers, file)

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Stream:
        self._answered.begin(status, headers)
        return _SeenStream(self._exchange.response_stream(status, headers), self._answered)


class _SeenStream:
    """An answer in pieces, which are counted."""

    def __init__(self, stream: Stream, answered: Answered) -> None:
        self._stream = stream
        self._answered = answered

    async def send_bytes(self, data: bytes) -> None:
        self._answered.body_bytes += len(data)
        await self._stream.send_bytes(data)
