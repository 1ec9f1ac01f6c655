"""A Redis as it comes: without a file of settings, so that it saves a snapshot now and then and nothing else.

May touch: processes and its folder.
"""

import subprocess
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.server import STOP_SECONDS, ServerError

MISSING = "redis-server is not installed: apt-get install redis-server (Debian, Ubuntu)"
POLL_SECONDS = 0.05


class Redis:
    """On a socket in its folder; the first start is its owner's, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.socket = folder / "redis.sock"
        self._process = self._run()

    def start(self) -> None:
        """Again, on what it has saved."""
        self._process = self._run()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def ask(self, *words: str) -> str:
        """A command's answer."""
        command = ["redis-cli", "-e", "-s", str(self.socket), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerError(f"redis-cli: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def _run(self) -> "subprocess.Popen[bytes]":
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder)]
        process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(ServerError):
                if self.ask("PING") == "PONG":
                    return process
            time.sleep(POLL_SECONDS)
        process.kill()
        process.wait()
        raise ServerError("redis-server did not start")
