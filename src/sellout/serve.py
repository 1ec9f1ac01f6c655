"""Starting to serve: prepare the database, look at the port, and become the supervisor of the workers.

The database is prepared before a worker starts, so that what is wrong with it is one clear line.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from sellout.bootstrap import Prepared, open_store, prepare
from sellout.settings import PREFIX, Settings
from sellout.supervisor import Plan

PORT_WAIT_SECONDS = 5.0
"""How long a start waits for a port that a server which is just stopping still has."""

_PAUSE_SECONDS = 0.02


class PortTaken(Exception):
    """The address or the port is not ours to listen on."""


def serve(settings: Settings, *, open_browser: bool, announce: Callable[[str], None]) -> NoReturn:
    """Serve until SIGTERM or SIGINT; every accepted request is answered before the process ends.

    Raises StoreUnusable, StoreUnavailable and PortTaken; after that this process becomes the supervisor, by exec,
    because all that was imported to get here would only lie in its memory.
    """
    address = address_of(settings.host)
    port = free_port(address, settings.port)
    made = asyncio.run(_prepare(settings))
    if made.new_key is not None:
        announce(f"Organiser key (shown only this once, keep it): {made.new_key}")
    plan = Plan(
        host=address,
        port=port,
        workers=settings.workers,
        connections_max=settings.connections_max,
        header_read_seconds=settings.header_read_seconds,
        stop_seconds=settings.stop_seconds,
        open_browser=open_browser,
    )
    command = [sys.executable, "-m", "sellout.supervisor", plan.to_text()]
    sys.stdout.flush()
    os.execve(sys.executable, command, os.environ | _as_variables(settings))  # noqa: S606 - no shell is wanted


async def _prepare(settings: Settings) -> Prepared:
    store = await open_store(settings)
    try:
        return await prepare(store, settings, time.monotonic() + settings.lock_wait_seconds)
    finally:
        await store.close()


def _as_variables(settings: Settings) -> dict[str, str]:
    """Workers read their settings from the environment, as any ASGI server's would: these are ours."""
    values = settings.model_dump(exclude={"organiser_key"})
    return {PREFIX + name.upper(): str(value) for name, value in values.items()}


def address_of(host: str) -> str:
    """The address of a name such as `localhost`: Granian takes addresses only. Raises PortTaken where it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise PortTaken(f"cannot listen on {host}: {error.strerror or error}") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)  # of a name with both, most clients try this one
    return str(found[0][4][0])


def free_port(host: str, port: int) -> int:
    """`port`, or a free one where it is 0. Raises PortTaken.

    Granian's workers share the port (SO_REUSEPORT), so two servers could silently take one: hence the look.
    """
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                return int(probe.getsockname()[1])
        except OSError as error:
            if port == 0 or time.monotonic() >= deadline:
                raise PortTaken(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
            time.sleep(_PAUSE_SECONDS)
