"""A receiver of webhooks on a real socket, which answers as a test wants it to, and remembers all that has arrived."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from aiohttp import web
from standardwebhooks import Webhook

STOP_SECONDS_MAX = 10.0


class Message(NamedTuple):
    """A request as it has arrived; `tries` counts those of the same event, this one included."""

    id: str
    headers: dict[str, str]
    body: str
    tries: int
    content: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.content["type"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.content["data"]
        return data


Reaction = int | str | float
"""A status to answer with, a place to redirect to, or so many seconds (a float) to wait before a 200; 0 dies."""

DIES = 0


class Receiver:
    """Receives from `start` to `stop`, in a thread of its own. `secret` verifies each message when it arrives."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret
        self.react: Callable[[Message], Reaction] = lambda _: 200
        self.messages: list[Message] = []
        self.accepted: list[Message] = []
        self.wrong: list[str] = []
        self.body = b""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(STOP_SECONDS_MAX)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(STOP_SECONDS_MAX)

    def ids(self) -> list[str]:
        """Of all that was accepted, in the order of the first arrivals."""
        return list(dict.fromkeys(message.id for message in self.accepted))

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._started.set()
        await self._stopped.wait()
        await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        message = self._heard(dict(request.headers), body)
        reaction = self.react(message)
        if isinstance(reaction, float):
            await asyncio.sleep(reaction)
            reaction = 200
        if reaction == DIES:
            assert request.transport is not None
            request.transport.abort()
        if isinstance(reaction, str):
            return web.Response(status=307, headers={"Location": reaction})
        if 200 <= reaction < 300:
            self.accepted.append(message)
        return web.Response(status=reaction or 200, body=self.body)

    def _heard(self, headers: dict[str, str], body: str) -> Message:
        lower = {name.lower(): value for name, value in headers.items()}
        content: dict[str, Any] = {}
        try:
            content = Webhook(self.secret).verify(body, lower)
        except Exception as error:  # noqa: BLE001 - the test asserts that there was none
            self.wrong.append(f"{type(error).__name__}: {error}")
        tries = 1 + sum(message.id == lower["webhook-id"] for message in self.messages)
        self.messages.append(Message(lower["webhook-id"], lower, body, tries, content))
        return self.messages[-1]


@contextlib.contextmanager
def receiving(secret: str = "whsec_c2VjcmV0") -> Iterator[Receiver]:
    """A receiver for as long as the block lasts; every message must have been verified."""
    receiver = Receiver(secret)
    receiver.start()
    try:
        yield receiver
        assert receiver.wrong == []
    finally:
        receiver.stop()
