"""A receiver of webhooks, which takes every event and counts it.

May touch: a socket on this machine.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from benchmarks.server import HOST


class Receiver:
    """`events` have come; `url` is where to."""

    def __init__(self) -> None:
        self.events = 0
        self.url = ""

    async def take(self, request: web.BaseRequest) -> web.Response:
        """Take an event."""
        await request.read()
        self.events += 1
        return web.Response(status=204)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.take))
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        _, port = runner.addresses[0][:2]
        receiver.url = f"http://{HOST}:{port}/hooks"
        yield receiver
    finally:
        await runner.cleanup()
