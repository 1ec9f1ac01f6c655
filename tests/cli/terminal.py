"""The command line as its users have it: a process, its exit code and what it wrote."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SECONDS_MAX = 60.0


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
