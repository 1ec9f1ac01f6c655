"""Serving: one supervisor process, and under it the workers that answer, by Granian.

The supervisor prepares the database before a worker starts, so that what is wrong with it is one clear line.
"""

import asyncio
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from sellout.bootstrap import Prepared, open_store, prepare
from sellout.settings import PREFIX, Settings, load_settings

BACKLOG = 4096
"""Connections that the system keeps for us until a worker takes them."""

PORT_WAIT_SECONDS = 5.0
"""How long a start waits for a port that a server which is just stopping still has."""

START_SECONDS_MAX = 60.0
"""How long a start may take before we stop looking for its first answer."""

_PAUSE_SECONDS = 0.02


class PortTaken(Exception):
    """Another program listens on the port."""


def serve(settings: Settings, *, open_browser: bool, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; every accepted request is answered before it returns.

    `announce` is told the address once it answers. Raises StoreUnusable, StoreUnavailable and PortTaken.
    """
    made = asyncio.run(_prepare(settings))
    if made.new_key is not None:
        announce(f"Organiser key (shown only this once, keep it): {made.new_key}")
    port = free_port(settings.host, settings.port)
    _pass_on(settings, port)
    address = f"http://{_in_url(settings.host)}:{port}"
    threading.Thread(
        target=_tell_when_up, args=(settings.host, port, address, open_browser, announce), daemon=True
    ).start()
    _granian(settings, port).serve(target_loader=load_worker, wrap_loader=False)


async def _prepare(settings: Settings) -> Prepared:
    store = open_store(settings)
    try:
        return await prepare(store, settings, time.monotonic() + settings.lock_wait_seconds)
    finally:
        await store.close()


def _pass_on(settings: Settings, port: int) -> None:
    """Workers read their settings from the environment, as any ASGI server's would: give them ours."""
    for name, value in settings.model_dump(exclude={"organiser_key"}).items():
        os.environ[PREFIX + name.upper()] = str(value)
    os.environ[f"{PREFIX}PORT"] = str(port)


def _granian(settings: Settings, port: int) -> Any:
    return Granian(
        "sellout",  # a name; load_worker makes the application
        address=settings.host,
        port=port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_read_seconds * 1000)),
        websockets=False,
        backlog=BACKLOG,
        backpressure=settings.connections_max,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.stop_seconds,
    )


def load_worker() -> Any:
    """The application, in a worker process. It dies with its supervisor, however that ends."""
    from sellout.http.app import create_rsgi_app
    from sellout.telemetry import set_up_logging

    set_up_logging()
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    return create_rsgi_app(load_settings())


def _end_with_supervisor() -> None:
    """A worker that outlives a killed supervisor would keep the port, and nobody could stop it."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        multiprocessing.connection.wait([supervisor.sentinel])
        os._exit(1)


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


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tell_when_up(host: str, port: int, address: str, open_browser: bool, announce: Callable[[str], None]) -> None:  # noqa: FBT001
    """Say where we serve once a connection succeeds, so that whoever reads the line can use it at once."""
    deadline = time.monotonic() + START_SECONDS_MAX
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((reachable, port), timeout=1):
            announce(f"Sellout serves on {address}")
            if open_browser:
                webbrowser.open(f"{address}/docs")
            return
        time.sleep(_PAUSE_SECONDS)
    sys.stderr.write(f"sellout: {address} does not answer after {START_SECONDS_MAX:.0f} seconds\n")
