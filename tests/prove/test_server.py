"""A server of the run's own: it starts, is asked to stop, and leaves nothing behind."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from sellout.prove import CouldNotRun, server
from sellout.prove.server import own_server

SCRIPT = Path(__file__).with_name("small_server.py")


def command(how: str) -> tuple[str, ...]:
    return (sys.executable, str(SCRIPT), how)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the run's temporary folder is made, so that a test can look into it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def start_and_stop(how: str) -> tuple[int, int]:
    async def whole() -> tuple[int, int]:
        async with own_server(command=command(how), workers=2) as running:
            return running.process.pid, await running.stop()

    return asyncio.run(whole())


def said_in(temporary: Path) -> str:
    (place,) = temporary.iterdir()
    return (place / "stderr").read_text()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_stops_when_it_is_asked_to(temporary: Path) -> None:
    pid, ended_with = start_and_stop("well")
    assert ended_with == 0
    assert not is_running(pid)
    assert list(temporary.iterdir()) == []


def test_tells_how_it_ended(temporary: Path) -> None:
    assert start_and_stop("untidy")[1] == 3


def test_is_started_as_anybody_would_on_a_database_of_its_own(temporary: Path) -> None:
    async def whole() -> tuple[str, str]:
        async with own_server(command=command("well"), workers=2) as running:
            return said_in(temporary), running.organiser_key

    said, key = asyncio.run(whole())
    wanted = rf"--port 0 --workers 2 --database sqlite:///{temporary}/sellout-prove-\w+/prove\.db {key}"
    assert re.fullmatch(wanted, said.strip())
    assert len(key) >= 16


def test_is_started_on_the_database_that_was_given(temporary: Path) -> None:
    async def whole() -> str:
        async with own_server(command=command("well"), database="postgresql://db/shop"):
            return said_in(temporary)

    assert "--database postgresql://db/shop" in asyncio.run(whole())


def test_goes_when_the_run_fails(temporary: Path) -> None:
    pids = list[int]()

    async def whole() -> None:
        async with own_server(command=command("well")) as running:
            pids.append(running.process.pid)
            raise CouldNotRun("the crowd stayed at home")

    with pytest.raises(CouldNotRun, match="stayed at home"):
        asyncio.run(whole())
    assert not is_running(pids[0])
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "limit", "why"),
    [
        ("broken", None, r"^the server ended with 1 at its start: the database is locked$"),
        ("mute", "ADDRESS_SECONDS_MAX", r"^the server printed no address in 0.2 s"),
        ("deaf", "READY_SECONDS_MAX", r"^the server was not ready in 0.2 s"),
    ],
)
def test_tells_in_one_line_why_it_cannot_start(
    how: str, limit: str | None, why: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit:
        monkeypatch.setattr(server, limit, 0.2)
    with pytest.raises(CouldNotRun, match=why):
        start_and_stop(how)
    assert list(temporary.iterdir()) == []


def test_tells_in_one_line_that_there_is_no_such_command(temporary: Path) -> None:
    async def whole() -> None:
        async with own_server(command=("/no/such/command",)):
            raise AssertionError("it started")

    with pytest.raises(CouldNotRun, match=r"^the server cannot be started: .*$"):
        asyncio.run(whole())
