"""The quickstart and the guides that say so are walked through, from their first command to their last."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.docs.walk import ADDRESS, DOCS, Reader, Step, compare, steps
from tests.processes import ORGANISER_KEY, running

ROOT = DOCS.parent
VENV = Path(sys.executable).parent.parent
GUIDES = ("waiting-list.md", "refunds.md")
SAYS_SO = "`tests/docs/test_walks.py` runs every"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder that has what the quickstart needs of the source, and a .venv that is ready."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(VENV)
    return tmp_path


def until_it_serves(lines: Iterable[str]) -> Iterator[str]:
    """What it says, up to its address, without make's own line."""
    for line in lines:
        if not line.startswith(".venv/"):
            yield line
        if "serves on" in line:
            return


@contextlib.contextmanager
def started(step: Step, folder: Path, port: int) -> Iterator[str]:
    """The server that a step starts, and what it says until it serves."""
    of_make_test = ("MAKE", "ARGS")  # what a `make test` that runs this has set for itself
    beside = {name: value for name, value in os.environ.items() if not name.startswith(of_make_test)}
    environment = {**beside, "SELLOUT_PORT": str(port), "MAKEFLAGS": "READY="}
    with subprocess.Popen(
        step.commands.split(), cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield "".join(until_it_serves(process.stdout))
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.timeout(400)
def test_the_quickstart_does_what_it_shows(source: Path) -> None:
    first, start, *others = steps(DOCS / "quickstart.md")
    assert (first.commands, start.commands) == ("make setup\n", "make serve\n")
    port = free_port()
    reader = Reader(source, f"http://127.0.0.1:{port}", MAKEFLAGS="READY=")
    reader.follow(first)  # `.ci/run` builds the real one; here it is built already
    with started(start, source, port) as said:
        compare(start, said.replace(f"http://127.0.0.1:{port}", ADDRESS))
        for step in others:
            reader.follow(step)


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_does_what_it_shows(name: str, tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    with running(database) as server:
        reader = Reader(
            tmp_path, server.url, KEY=ORGANISER_KEY, SELLOUT_DATABASE=f"sqlite:///{database}",
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        )  # fmt: skip
        for step in steps(DOCS / "how-to" / name):
            reader.follow(step)


def test_pages_say_that_they_are_walked_through_where_they_are() -> None:
    saying = {page.name for page in DOCS.rglob("*.md") if SAYS_SO in re.sub(r"\s+", " ", page.read_text("utf-8"))}
    assert saying == {"quickstart.md", *GUIDES}


def test_another_answer_than_the_one_shown_is_noticed() -> None:
    compare(Step("", "json", '{"id": "…", "left": {"sold": 2}}'), '{"id":"x","left":{"sold":2,"held":0}}')
    compare(Step("", "text", "a … c\n"), "a b c  \n")
    for step, printed in (
        (Step("", "json", '{"sold": 2}'), '{"sold":3}'),
        (Step("", "json", '{"sold": 2}'), '{"sold":2}{"sold":3}'),
        (Step("", "json", '{"id": "…"}'), '{"id":null}'),
        (Step("", "text", "a … c\n"), "a b d\n"),
    ):
        with pytest.raises(AssertionError):
            compare(step, printed)
