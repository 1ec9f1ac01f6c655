"""The command line as its users have it: a process, its exit code and what it wrote."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """What it says went wrong: exactly one line, and no result beside it."""
        assert self.out == ""
        assert self.err.startswith("sellout: ")
        assert self.err.endswith("\n")
        assert len(self.err.splitlines()) == 1, self.err
        return self.err.removeprefix("sellout: ").strip()


def sellout(*words: str, folder: Path, **variables: str) -> Done:
    """Run a command in a folder, with these variables, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "sellout", *words],
        cwd=folder, env={**os.environ, "COLUMNS": "80", **variables},
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


class Serving:
    """A server that was started by the command line and has told its address."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lines = list(self._lines_to_the_address())
        self.url = self.lines[-1].rsplit(" ", 1)[-1]

    def _lines_to_the_address(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.rstrip("\n")
            if "http://" in line:
                return
        raise AssertionError(f"it did not start: {self.errors()}")

    def stop(self, by: signal.Signals) -> int:
        """Its exit code after a signal."""
        self._process.send_signal(by)
        return self._process.wait(STOP_SECONDS_MAX)

    def variables(self) -> dict[str, str]:
        """The environment that its workers start with."""
        text = Path(f"/proc/{self._process.pid}/environ").read_text()
        return dict(variable.split("=", 1) for variable in text.split("\0") if variable)

    def errors(self) -> str:
        """All that it wrote to stderr; it must have ended."""
        assert self._process.stderr is not None
        return self._process.stderr.read()


@contextlib.contextmanager
def serving(*options: str, folder: Path, **variables: str) -> Iterator[Serving]:
    """`sellout serve` in a folder, for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "sellout", "serve", *options],
        cwd=folder, env={**os.environ, **variables},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        watch = threading.Timer(SECONDS_MAX, process.kill)
        watch.start()
        try:
            yield Serving(process)
        finally:
            watch.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
