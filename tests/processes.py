"""Real server processes for tests: started by the command line, found by the address they print."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ORGANISER_KEY = "a key for tests only"
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0
_ADDRESS = re.compile(r"http://\S+")


class Server:
    """A server in a process group of its own, on a database that outlives it."""

    def __init__(self, database: Path, *options: str, **variables: str) -> None:
        command = [sys.executable, "-m", "sellout", "serve", "--port", "0", "--database", f"sqlite:///{database}"]
        self._figures = tempfile.TemporaryDirectory(prefix="sellout-test-")  # its own would outlive a killed server
        environment = {
            **os.environ, "SELLOUT_ORGANISER_KEY": ORGANISER_KEY, "PROMETHEUS_MULTIPROC_DIR": self._figures.name,
            **variables,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [*command, *options], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.url = self._wait_for_address()

    def _wait_for_address(self) -> str:
        assert self.process.stdout is not None
        timer = threading.Timer(START_SECONDS_MAX, self.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if found := _ADDRESS.search(line):
                    return found[0]
        finally:
            timer.cancel()
        raise AssertionError(f"the server did not start: exit code {self.process.wait()}")

    def kill(self) -> None:
        """SIGKILL for the supervisor and all workers at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        """SIGTERM, as an operator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._reap()

    def end(self) -> None:
        """Kill it where it still runs, and leave nothing behind."""
        if self.process.poll() is None:
            self.kill()
        else:
            self._reap()

    def _reap(self) -> int:
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        finally:
            self._figures.cleanup()
            if self.process.stdout is not None:
                self.process.stdout.close()


@contextlib.contextmanager
def running(database: Path, *options: str, **variables: str) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = Server(database, *options, **variables)
    try:
        yield server
    finally:
        server.end()


def wait_until(happened: object, seconds: float = 30.0) -> None:
    """Wait, within a bound, until the callable `happened` returns something true."""
    assert callable(happened)
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether a server answers there."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/livez", timeout=5):
        return True
    return False


def raise_file_limit(files: int) -> None:
    """Let ourselves, and the servers that inherit our limits, open so many files, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
