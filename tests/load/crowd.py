"""Those who cost a server something and buy nothing: idle connections, and senders of bodies that hardly come.

A process of its own: `python -m tests.load.crowd URL IDLE SLOW` says when all are there, and stays until its input
ends.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

THERE = "there"
PAUSE_SECONDS = 0.5
"""Between two bytes of a slow sender."""


async def idle(host: str, port: int) -> asyncio.StreamWriter:
    """A connection that has asked once, and keeps its place."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /livez HTTP/1.1\r\nhost: shop\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    return writer


async def slow(host: str, port: int) -> None:
    """Sends a body byte by byte, and begins again when it is cut off."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(b"POST /v1/items/item-a/purchases HTTP/1.1\r\nhost: shop\r\ncontent-length: 9999\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)


async def crowd(url: str, idle_ones: int, slow_ones: int) -> None:
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or 0
    kept = [await idle(host, port) for _ in range(idle_ones)]
    senders = [asyncio.create_task(slow(host, port)) for _ in range(slow_ones)]
    await asyncio.sleep(2 * PAUSE_SECONDS)
    print(THERE, len(kept), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for sender in senders:
        sender.cancel()


if __name__ == "__main__":
    asyncio.run(crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
