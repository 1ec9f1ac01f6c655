"""Requests and answers, one after the other, and a fault for each. May touch: nothing but the link."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import h11

from sellout.torture.proxy.exchange import Exchange
from sellout.torture.proxy.faults import Asked, Choose
from sellout.torture.proxy.framing import key_of, request_message
from sellout.torture.proxy.proxy import Link, Reset

REQUEST_BYTES_MAX = 1024 * 1024  # head and body; it passes as soon as it is whole


@dataclass(frozen=True, slots=True)
class Http:
    """Carries HTTP/1.1. `choose` says what becomes of each request."""

    choose: Choose
    _attempts: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)

    async def __call__(self, link: Link) -> None:
        rest = b""
        while (found := await _next_request(link, rest)) is not None:
            head, whole, rest = found
            asked = self._asked(head)
            if not await _exchanged(Exchange(link, asked, whole, self.choose(asked))):
                return

    def _asked(self, head: h11.Request) -> Asked:
        method, path, key = head.method.decode("ascii"), head.target.decode("ascii"), key_of(head)
        self._attempts[method, path, key] += 1
        return Asked(self._attempts.total(), method, path, key, self._attempts[method, path, key])


async def _next_request(link: Link, rest: bytes) -> tuple[h11.Request, bytes, bytes] | None:
    """The next request, whole, and what came behind it; None where one end has said its last."""
    message, whole = request_message(), b""
    arrived = rest
    while True:
        if arrived:
            whole += message.feed(arrived)
        if message.complete and isinstance(message.head, h11.Request):
            return message.head, whole, message.rest
        if len(whole) > REQUEST_BYTES_MAX:
            raise Reset
        if not (arrived := await _from_client(link)):
            return None


async def _from_client(link: Link) -> bytes:
    """What the client says next. What the server says of its own accord meanwhile passes; its end is the end."""
    while True:
        await asyncio.wait([link.client.begin(), link.server.begin()], return_when=asyncio.FIRST_COMPLETED)
        if link.client.begin().done():
            return await link.client.read()
        if not (unasked := await link.server.read()):
            return b""
        await link.to_client(unasked)


async def _exchanged(exchange: Exchange) -> bool:
    """Whether the connection goes on after it. Of a client that leaves the server hears once it has the request."""
    link, run = exchange.link, asyncio.create_task(exchange.run())
    passed = asyncio.create_task(exchange.passed.wait())
    try:
        await asyncio.wait([run, link.client.begin()], return_when=asyncio.FIRST_COMPLETED)
        if not run.done() and _has_left(link):
            await asyncio.wait([run, passed], return_when=asyncio.FIRST_COMPLETED)
            return False
        return await run
    finally:
        run.cancel()
        passed.cancel()
        await asyncio.gather(run, passed, return_exceptions=True)


def _has_left(link: Link) -> bool:
    reading = link.client.begin()
    return reading.exception() is not None or not reading.result()
