"""A stop, heard before the server hears it: servers wait for their answers, and streams have no end of their own."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def hearing_stops(hear: Callable[[], None]) -> Iterator[None]:
    """Call `hear` in the running event loop when the process is told to stop, and let the server go on from there.

    Where a server has its own Python function for a signal, as uvicorn has, ours goes before it. A server that hears
    of stops by other ways is left alone, and so is one that does not run in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {stop: _before(handler, loop, hear) for stop in STOPS if callable(handler := signal.getsignal(stop))}
    servers_own = {stop: signal.signal(stop, handler) for stop, handler in handlers.items()}
    try:
        yield
    finally:
        for stop, handler in handlers.items():
            if signal.getsignal(stop) is handler:  # otherwise somebody has put theirs in its place
                signal.signal(stop, servers_own[stop])


def _before(
    servers_own: Callable[[int, FrameType | None], Any], loop: asyncio.AbstractEventLoop, hear: Callable[[], None]
) -> Callable[[int, FrameType | None], Any]:
    def handle(number: int, frame: FrameType | None) -> Any:
        loop.call_soon_threadsafe(hear)
        return servers_own(number, frame)

    return handle
