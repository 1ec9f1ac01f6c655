"""The image, as far as that can be had without a container engine: its own commands, run here, make a program that
serves, and its health check tells a shop that is ready from one that is not.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import files
from tests.processes import answers, wait_until

INSTALL_SECONDS_MAX = 110.0
STOP_SECONDS_MAX = 30.0

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
"""The first test waits for the packages to be fetched."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs that the image's first stage installs."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "source"
    source.mkdir()
    venv, wheels = str(folder / "venv"), str(folder / "wheels")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PIP_NO_COMPILE": "1"}
    for step in files.stages_of(files.DEPLOY / "Dockerfile")[0]:
        if step.name == "COPY":
            _copy(step.rest.split(), source)
        elif step.name == "RUN":
            command = step.rest.replace("/opt/sellout", venv).replace("/wheels", wheels)
            command = command.replace("--no-cache-dir ", "")  # a test need not load everything anew
            done = subprocess.run(
                ["/bin/sh", "-ec", command], cwd=source, env=environment, capture_output=True, text=True,
                timeout=INSTALL_SECONDS_MAX, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{step.rest}: {done.stdout}{done.stderr}"
    return Path(venv, "bin")


def _copy(words: list[str], into: Path) -> None:
    *sources, target = words
    for source in sources:
        if (files.ROOT / source).is_dir():
            shutil.copytree(files.ROOT / source, into / target, ignore=shutil.ignore_patterns("__pycache__", "*.db*"))
        else:
            shutil.copy(files.ROOT / source, into / target)


def variables(programs: Path, folder: Path, port: int) -> dict[str, str]:
    """The environment that the image gives, with /data elsewhere."""
    given = dict(word.split("=", 1) for word in files.image()["ENV"].split())
    given = {name: value.replace("/data", str(folder)) for name, value in given.items() if name != "PATH"}
    return {**os.environ, **given, "PATH": f"{programs}:{os.environ['PATH']}", "SELLOUT_PORT": str(port)}


def words_of(instruction: str) -> list[str]:
    (found,) = [step for step in files.stages_of(files.DEPLOY / "Dockerfile")[-1] if step.name == instruction]
    return found._replace(rest=found.rest[found.rest.index("[") :]).words


@contextlib.contextmanager
def serving(programs: Path, folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, str]]]:
    """A container, as it were: its command, in its folder, with its variables."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = variables(programs, folder, port)
    environment["SELLOUT_HOST"] = "127.0.0.1"
    command = [*words_of("ENTRYPOINT"), *words_of("CMD")]
    command = [word.replace("0.0.0.0", "127.0.0.1") for word in command]  # nobody else need reach a test
    with subprocess.Popen(
        [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}"))
            yield process, environment
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def health(environment: dict[str, str]) -> int:
    """The exit code of the image's health check."""
    command = words_of("HEALTHCHECK")
    program = shutil.which(command[0], path=environment["PATH"])
    assert program
    return subprocess.run(
        [program, *command[1:]], env={**environment, "http_proxy": "http://127.0.0.1:9"}, capture_output=True,
        timeout=20, check=False,
    ).returncode  # fmt: skip


def test_what_the_image_installs_is_this_program_with_all_its_files(programs: Path, tmp_path: Path) -> None:
    script = "import sellout, sellout.http.app as a; print(sellout.__file__, a.__file__)"
    where = subprocess.run([programs / "python", "-c", script], capture_output=True, text=True, check=True)
    assert where.stdout.count(str(programs.parent)) == 2, "and not the one of the checkout"
    said = subprocess.run(
        [programs / "sellout", "db", "upgrade", "--sql"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "CREATE TABLE inventory" in said.stdout


def test_the_health_check_tells_a_shop_that_is_ready(programs: Path, tmp_path: Path) -> None:
    with serving(programs, tmp_path) as (process, environment):
        assert health(environment) == 0
        shop = tmp_path / "inventory.db"
        shop.rename(tmp_path / "away.db")
        assert health(environment) == 1, "it answers, but has no database"
        (tmp_path / "away.db").rename(shop)
        assert health(environment) == 0
        process.send_signal(getattr(signal, files.image()["STOPSIGNAL"]))
        assert process.wait(STOP_SECONDS_MAX) == 0
        assert health(environment) == 1, "nobody answers"
