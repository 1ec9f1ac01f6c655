"""One server under test: a fresh process in a fresh folder, with a log, and surely stopped afterwards."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.database import Database

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
CALL_SECONDS = 60.0


class ServerError(Exception):
    """The server did not start, or did not answer as it must."""


@dataclass(frozen=True)
class Server:
    """A running server; where several work together, the first of them, and what belongs to it.

    `more_urls` are those of its other nodes, `more_pids` the roots of other process trees that work for it.
    """

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    more_urls: tuple[str, ...] = ()
    more_pids: tuple[int, ...] = ()
    database: Database | None = None

    @property
    def pid(self) -> int:
        """The root of its process tree."""
        return self.process.pid

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the load goes, in equal parts."""
        return (self.url, *self.more_urls)

    def cpu_seconds(self) -> float | None:
        """User and system time of all its processes so far, with its database's."""
        parts = [processes.cpu_seconds(pid) for pid in (self.pid, *self.more_pids)]
        if self.database is not None:
            parts.append(self.database.cpu_seconds())
        return sum(part for part in parts if part is not None) if None not in parts else None


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our environment without the caller's own Sellout settings, which would make runs differ by machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SELLOUT_")}
    path = os.pathsep.join(part for part in (str(ROOT), kept.get("PYTHONPATH", "")) if part)
    return {**kept, "PYTHONPATH": path, **extra}


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, extra: Mapping[str, str], ready: str) -> Iterator[Server]:
    """Start a server in `folder`, wait until `ready` answers, stop it at the end."""
    log = folder / "server.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all of it can be ended without touching anything else
        )
    try:
        server = Server(process, f"http://{HOST}:{port}", folder)
        _wait_until_ready(server, ready)
        yield server
    except Exception as error:
        error.add_note(f"the end of its server's log:\n{log.read_text(errors='replace')[-2000:]}")
        raise
    finally:
        _stop(process)


def _wait_until_ready(server: Server, ready: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            status, _ = call(server.url + ready)
        except OSError:
            status = 0
        if status == 200:
            return
        time.sleep(0.05)
    raise ServerError(f"the server did not start: {server.process.args!r}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, insist after a while; then end what is left of its session."""
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def call(url: str, body: object = None, key: str | None = None) -> tuple[int, Any]:
    """GET, or POST `body` as JSON; the status and what came back as JSON, whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    if key is not None:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read())
    except TimeoutError as error:
        raise ServerError(f"{url} did not answer within {CALL_SECONDS:.0f} s") from error


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
