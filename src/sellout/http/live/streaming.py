"""A watch as an answer that goes on until the client leaves or the server stops."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response

from sellout.http.live.events import HEADERS
from sellout.http.live.feed import Feed, Watch
from sellout.http.through_asgi import Receive, Scope, Send

SEND_SECONDS_MAX = 60.0
"""How long a client may leave unread what it is told. With Granian nothing ever waits here: the system closes such a
connection (`sellout.supervisor.UNREAD_SECONDS`)."""


class Stream(Response):
    """Server-sent events: `first_words`, then what the watch is told, or what `told` makes of it."""

    def __init__(
        self, feed: Feed, watch: Watch, first_words: bytes = b"", told: AsyncIterator[bytes] | None = None
    ) -> None:
        super().__init__()
        self.raw_headers = [(name.encode(), value.encode()) for name, value in HEADERS]
        self._feed = feed
        self._watch = watch
        self._first_words = first_words
        self._told = watch if told is None else told

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._leave_with_client(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first_words, "more_body": True})
            async for told in self._told:
                async with asyncio.timeout(SEND_SECONDS_MAX):
                    await send({"type": "http.response.body", "body": told, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            pass  # it does not read: its place is for others
        finally:
            self._feed.leave(self._watch)
            leaving.cancel()

    async def _leave_with_client(self, receive: Receive) -> None:
        """A server may take what is sent to a client that has gone, and say nothing."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._watch.close()


def headers_only() -> Response:
    """The answer to HEAD."""
    response = Response()
    response.raw_headers = [(name.encode(), value.encode()) for name, value in HEADERS]
    return response
