"""The supervisor: it keeps Granian's workers running, stops them on SIGTERM, and says when they answer.

It imports next to nothing, because it stays in memory beside the workers for as long as they run.
"""

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import os
import select
import shutil
import signal
import socket
import sys
import threading
import time
import webbrowser
from functools import partial
from typing import Any, NamedTuple

from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels

BACKLOG = 4096
"""Connections that the system keeps for us until a worker takes them."""

START_SECONDS_MAX = 60.0
"""How long a start may take before we stop looking for its first answer."""

UNREAD_SECONDS = 60
"""How long a client may leave what it was sent unread: Granian keeps what waits for it, however much that becomes."""

HEARD_SECONDS = 0.5
"""In which a worker that hears a stop begins to stop."""

_PAUSE_SECONDS = 0.02


class Plan(NamedTuple):
    """What the supervisor has to know; workers read the rest of the settings from the environment.

    `folder_to_remove` has the workers' figures, and is removed after they have stopped.
    """

    host: str
    port: int
    workers: int
    connections_max: int
    header_read_seconds: float
    stop_seconds: int
    open_browser: bool
    folder_to_remove: str | None

    def to_text(self) -> str:
        """The plan as one argument of a command line."""
        return json.dumps(self._asdict())


def main() -> None:
    """Run the plan in the first argument, until SIGTERM or SIGINT."""
    plan = Plan(**json.loads(sys.argv[1]))
    os.register_at_fork(after_in_child=_hear_stops)
    _tell_from_aside(plan)
    server = _granian(plan)
    try:
        server.serve(target_loader=partial(load_worker, server.stops), wrap_loader=False)
    finally:
        if plan.folder_to_remove is not None:
            shutil.rmtree(plan.folder_to_remove, ignore_errors=True)


class _Server(Granian):  # type: ignore[misc, valid-type]
    """Granian, whose workers wait for all answers when they stop: so those without an end are told to end first."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.stops, self._stopping = os.pipe()  # workers inherit it; readable once they are to stop

    def shutdown(self, exit_code: int = 0) -> None:
        os.write(self._stopping, b".")
        super().shutdown(exit_code)

    @staticmethod
    def _spawn_rsgi_worker(number: int, name: str, loader: Any, sockets: Any, *options: Any) -> None:
        """In the worker: it listens with a socket that closes connections which nobody reads from."""
        (spec, listener), ours = sockets
        if spec is not None and hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux, where each worker has its own socket
            listener = spec.build()
            _close_unread(listener.get_fd())
            spec = None
        Granian._spawn_rsgi_worker(number, name, loader, ((spec, listener), ours), *options)  # noqa: SLF001 - it is ours


def _granian(plan: Plan) -> _Server:
    return _Server(
        "sellout",  # a name; load_worker makes the application
        address=plan.host,
        port=plan.port,
        interface=Interfaces.RSGI,
        workers=plan.workers,
        runtime_mode=RuntimeModes.mt,  # it wakes its thread only where it sleeps; `st` does so twice a request
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=int(plan.header_read_seconds * 1000)),
        websockets=False,
        backlog=BACKLOG,
        backpressure=plan.connections_max,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=plan.stop_seconds,
    )


def _close_unread(listener: int) -> None:
    """Let the system close connections that have not taken what is sent for too long (tcp(7), TCP_USER_TIMEOUT)."""
    with socket.socket(fileno=os.dup(listener)) as ours:
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)


def _hear_stops() -> None:
    """A new worker inherits the supervisor's handlers, which would swallow a stop before Granian listens for it."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.SIG_DFL)


def load_worker(stops: int) -> Any:
    """The application, in a worker process. It dies with its supervisor, however that ends."""
    from sellout.http.app import create_rsgi_app
    from sellout.settings import load_settings
    from sellout.telemetry import set_up_logging

    set_up_logging()
    app = create_rsgi_app(load_settings())
    threading.Thread(target=_end_with_supervisor, args=(stops, app), daemon=True).start()
    return app


def _end_with_supervisor(stops: int, app: Any) -> None:
    """End what has no end of its own once the supervisor stops, and everything once it is gone.

    A worker that outlives a killed supervisor would keep the port, and nobody could stop it. A stop that comes at a
    start, when the event loop is between two runs, is not heard, and is said again.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return
    if supervisor.sentinel not in multiprocessing.connection.wait([supervisor.sentinel, stops]):
        app.end_streams()
        while not app.stopping.wait(HEARD_SECONDS):
            os.kill(os.getpid(), signal.SIGTERM)
        multiprocessing.connection.wait([supervisor.sentinel])
    os._exit(1)


def _tell_from_aside(plan: Plan) -> None:
    """Look for the first answer from a process of its own, which nobody has to wait for.

    Not from a thread: workers are forked from this process, and one that is forked while a thread imports a module
    waits for ever when it comes to import the same.
    """
    ended, ours = os.pipe()  # reads as ended once this process is gone, whoever still waits for its exit code
    between = os.fork()
    if between == 0:
        if os.fork() == 0:
            os.close(ours)
            _tell_when_up(plan, ended)
        os._exit(0)
    os.close(ended)
    os.waitpid(between, 0)


def _tell_when_up(plan: Plan, ended: int) -> None:
    """Say where we serve once a connection succeeds, so that whoever reads the line can use it at once."""
    deadline = time.monotonic() + START_SECONDS_MAX
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.host, plan.host)  # noqa: S104 - compared, not bound
    address = f"http://{f'[{plan.host}]' if ':' in plan.host else plan.host}:{plan.port}"
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((reachable, plan.port), timeout=1):
            sys.stdout.write(f"Sellout serves on {address}\n")
            sys.stdout.flush()
            if plan.open_browser:
                webbrowser.open(f"{address}/docs")
            return
        if select.select([ended], [], [], _PAUSE_SECONDS)[0]:
            return
    sys.stderr.write(f"sellout: {address} does not answer after {START_SECONDS_MAX:.0f} seconds\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
