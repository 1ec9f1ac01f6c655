"""A port of 127.0.0.1 that leads to a server, and what can be switched for all that passes.

May touch: the network of this machine, and the clock.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import h11

from sellout.torture.proxy.faults import PARTITION, RESET_ALL, SLOW, Happened
from sellout.torture.proxy.side import Side, Target, dial

CONNECTIONS_MAX = 4096  # at once; who comes beyond them is reset
HAPPENED_MAX = 20_000  # faults noted; `left_out` counts those beyond
BACKLOG = 1024  # connections that wait to be accepted

T = TypeVar("T")


class Carrier(Protocol):
    """Carries what passes over one connection, until it ends."""

    async def __call__(self, link: "Link", /) -> None: ...


class Reset(Exception):
    """Both ends of a connection are to be told of a reset."""


@dataclass(frozen=True, slots=True)
class Link:
    """A client's connection, and the one of its own to the server."""

    client: Side
    server: Side
    proxy: "Proxy"

    async def to_server(self, data: bytes) -> None:
        await self.proxy.let_pass(self.server, data)

    async def to_client(self, data: bytes) -> None:
        await self.proxy.let_pass(self.client, data)


class Proxy:
    """`async with Proxy(...)`: listens inside the block; afterwards no task or socket of it is left."""

    def __init__(self, target: Target, carrier: Carrier) -> None:
        self.target = target
        """May be set to another one at any time; connections that are open stay where they are."""
        self.port = 0
        self.happened: list[Happened] = []
        self.left_out = 0
        self._carrier = carrier
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sides: set[Side] = set()
        self._failures: list[BaseException] = []
        self._passable = asyncio.Event()
        self._passable.set()
        self._parted_at: float | None = None
        self._slow_since: float | None = None
        self._slow_seconds = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.heal()
        self.slow(0.0)
        self._server.close()
        while self._tasks:  # one that ends may have begun another
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(side.close() for side in tuple(self._sides)))
        await self._server.wait_closed()
        if self._failures:
            raise self._failures[0]

    def partition(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._passable.clear()
        self._parted_at = self._parted_at or time.monotonic()

    def heal(self) -> None:
        """What was held back passes, and all that comes."""
        self._passable.set()
        if self._parted_at is not None:
            self.note(PARTITION, self._parted_at)
            self._parted_at = None

    def slow(self, seconds: float) -> None:
        """From now on everything takes so much longer, each way; 0 ends it."""
        if self._slow_since is not None:
            self.note(SLOW, self._slow_since)
        self._slow_seconds = seconds
        self._slow_since = time.monotonic() if seconds > 0 else None

    def reset_all(self) -> int:
        """Reset every connection that is open, on both sides; how many ends that were."""
        ends = tuple(self._sides)
        for side in ends:
            side.reset()
        self.note(RESET_ALL, time.monotonic(), f"{len(ends)} ends")
        return len(ends)

    def note(self, kind: str, started_at: float, what: str = "") -> None:
        """Keep that a fault has come to be, and is over now."""
        if len(self.happened) < HAPPENED_MAX:
            self.happened.append(Happened(kind, started_at, time.monotonic(), what))
        else:
            self.left_out += 1

    async def let_pass(self, side: Side, data: bytes) -> None:
        await asyncio.sleep(self._slow_seconds)
        await self._passable.wait()
        await side.send(data)

    async def dial(self) -> Side:
        """A further connection to the server, which is closed with the proxy. Raises OSError."""
        await self._passable.wait()
        side = await dial(self.target)
        self._sides.add(side)
        return side

    async def hang_up(self, side: Side) -> None:
        """Close a connection, when the partition lets the other end hear of it."""
        await self._passable.wait()
        await side.close()
        self._sides.discard(side)

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Let something happen beside; it ends with the proxy at the latest, which raises what went wrong in it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Side(reader, writer)
        if len(self._sides) >= 2 * CONNECTIONS_MAX:
            client.reset()
            return
        self._sides.add(client)
        self.spawn(self._carry(client))

    async def _carry(self, client: Side) -> None:
        """A connection from its first byte to its end. Where there is no server, the client is reset."""
        server: Side | None = None
        try:
            server = await self.dial()
            await self._carrier(Link(client, server, self))
        except (OSError, Reset, h11.ProtocolError):  # a network has no other way to say that something went wrong
            await self._passable.wait()
            client.reset()
            if server is not None:
                server.reset()
        finally:
            for side in (client, server):
                if side is not None:
                    self.spawn(self.hang_up(side))
