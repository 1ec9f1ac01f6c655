"""Starting to serve: prepare the database, look at the port, and become the supervisor of the workers.

The database is prepared before a worker starts, so that what is wrong with it is one clear line.
"""

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from sellout.bootstrap import Prepared, open_store, prepare, what_differs
from sellout.settings import PREFIX, SECRETS, Settings
from sellout.supervisor import Plan

PORT_WAIT_SECONDS = 5.0
"""How long a start waits for a port that a server which is just stopping still has."""

_PAUSE_SECONDS = 0.02

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which workers keep their figures, so that each can show the sum."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made there


class PortTaken(Exception):
    """The address or the port is not ours to listen on."""


class NoMetricsFolder(Exception):
    """There is nowhere to keep the workers' figures."""


def serve(settings: Settings, *, open_browser: bool, announce: Callable[[str], None]) -> NoReturn:
    """Serve until SIGTERM or SIGINT; every accepted request is answered before the process ends.

    Raises BadSetting, StoreUnusable, StoreUnavailable, PortTaken and NoMetricsFolder; after that this process becomes
    the supervisor, by exec, because all that was imported to get here would only lie in its memory.
    """
    if ":" in settings.challenge:
        from sellout.http.challenge.gate import challenge_of  # only where there is one of the shop's own

        challenge_of(settings, str)  # one that is not there would end every worker
    address = address_of(settings.host)
    port = free_port(address, settings.port)
    chosen = chosen_folder()
    made = asyncio.run(_prepare(settings))
    if made.new_key is not None:
        announce(f"Organiser key (shown only this once, keep it): {made.new_key}")
    for difference in made.differing:
        sys.stderr.write(f"sellout: {what_differs(difference)}\n")
    folder = chosen or fresh_folder()
    plan = Plan(
        host=address,
        port=port,
        workers=settings.workers,
        connections_max=settings.connections_max,
        header_read_seconds=settings.header_read_seconds,
        stop_seconds=settings.stop_seconds,
        open_browser=open_browser,
        folder_to_remove=None if chosen else folder,
    )
    command = [sys.executable, "-m", "sellout.supervisor", plan.to_text()]
    sys.stdout.flush()
    variables = os.environ | _as_variables(settings) | {METRICS_VARIABLE: folder}
    os.execve(sys.executable, command, variables)  # noqa: S606 - no shell is wanted


async def _prepare(settings: Settings) -> Prepared:
    store = await open_store(settings)
    try:
        return await prepare(store, settings, time.monotonic() + settings.lock_wait_seconds)
    finally:
        await store.close()


def _as_variables(settings: Settings) -> dict[str, str]:
    """Workers read their settings from the environment, as any ASGI server's would: these are ours, but for secrets."""
    values = settings.model_dump(exclude=set(SECRETS))
    return {PREFIX + name.upper(): str(value) for name, value in values.items() if value is not None}


def chosen_folder() -> str | None:
    """The folder for figures that the operator has chosen. Raises NoMetricsFolder."""
    chosen = os.environ.get(METRICS_VARIABLE) or None
    if chosen is not None:
        try:
            Path(chosen).mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=chosen).close()
        except OSError as error:
            raise NoMetricsFolder(f"cannot write to the folder of {METRICS_VARIABLE}: {error}") from None
    return chosen


def fresh_folder() -> str:
    """A folder for figures of this run alone. Raises NoMetricsFolder.

    In memory where it can be: its files are written to through the page cache, and the kernel makes such a write wait
    while it brings the page to a disk, the more so to one that is busy with commits.
    """
    try:
        return tempfile.mkdtemp(prefix="sellout-metrics-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)
    except OSError as error:
        raise NoMetricsFolder(f"cannot make a folder for figures: {error}; {METRICS_VARIABLE} may name one") from None


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
