"""One connection of the proxy's. May touch: its socket.

A read that was begun is kept: who waits for several connections at once loses no bytes of those that come later.
"""

import asyncio
import socket
import struct
from pathlib import Path
from typing import NamedTuple

READ_BYTES_MAX = 64 * 1024  # at once
CONNECT_SECONDS_MAX = 10.0
SEND_SECONDS_MAX = 60.0  # to somebody who takes no bytes
CLOSE_SECONDS_MAX = 1.0  # until what was sent is taken; then it is a reset
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all, which makes a close a reset


class Address(NamedTuple):
    host: str
    port: int


Target = Address | Path
"""Where the proxy leads: a port, or a socket of this machine in the file system."""


class Side:
    """One end of what passes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._reading: asyncio.Task[bytes] | None = None

    def begin(self) -> "asyncio.Task[bytes]":
        """The read that is under way. It is done when bytes, or the end, have come."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._reader.read(READ_BYTES_MAX))
        return self._reading

    async def read(self) -> bytes:
        """What comes next; none at the end. Raises OSError where the connection was reset."""
        reading = self.begin()
        await asyncio.wait([reading])  # unlike `await reading` this can be given up without ending the read
        self._reading = None
        return reading.result()

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS_MAX):
            self._writer.write(data)
            await self._writer.drain()

    def reset(self) -> None:
        """End it so that the other end is told of a reset, whatever was under way."""
        if not self._writer.transport.is_closing():
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._writer.transport.abort()

    async def close(self) -> None:
        """End it, politely unless it was reset; afterwards there is neither task nor socket of it."""
        self._writer.close()
        closing = asyncio.create_task(self._writer.wait_closed())
        await asyncio.wait([closing], timeout=CLOSE_SECONDS_MAX)
        self.reset()
        if self._reading is not None:
            self._reading.cancel()
        ends = [closing, *([self._reading] if self._reading is not None else [])]
        await asyncio.gather(*ends, return_exceptions=True)  # how it ended was for its reader and sender to see


async def dial(target: Target) -> Side:
    """A connection to there. Raises OSError."""
    async with asyncio.timeout(CONNECT_SECONDS_MAX):
        if isinstance(target, Path):
            return Side(*await asyncio.open_unix_connection(target))
        return Side(*await asyncio.open_connection(*target))
