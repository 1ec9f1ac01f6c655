"""Stops are heard before the server hears them, and only where that can be done without harm."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from sellout.http.live.stopping import hearing_stops


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What is heard, in its order; the server's own function for SIGTERM says `server`."""
    heard = list[str]()

    def servers_own(number: int, frame: FrameType | None) -> None:
        heard.append(f"server: {number}")

    before = signal.signal(signal.SIGTERM, servers_own)
    yield heard
    signal.signal(signal.SIGTERM, before)


async def stopped(told: list[str]) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.01)


def test_both_hear_of_a_stop(told: list[str]) -> None:
    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            await stopped(told)

    asyncio.run(serve())
    assert sorted(told) == ["server: 15", "streams"]


def test_each_stop_is_heard(told: list[str]) -> None:
    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            await stopped(told)
            await stopped(told)

    asyncio.run(serve())
    assert sorted(told) == ["server: 15"] * 2 + ["streams"] * 2


def test_afterwards_the_server_hears_alone(told: list[str]) -> None:
    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            pass
        await stopped(told)

    asyncio.run(serve())
    assert told == ["server: 15"]


def test_what_the_server_has_changed_in_between_stays(told: list[str]) -> None:
    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN

    asyncio.run(serve())


@pytest.mark.parametrize("left_alone", [signal.SIG_DFL, signal.SIG_IGN])
def test_where_the_server_has_no_function_of_its_own_nothing_is_changed(
    left_alone: signal.Handlers, told: list[str]
) -> None:
    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            assert signal.getsignal(signal.SIGTERM) is left_alone

    signal.signal(signal.SIGTERM, left_alone)
    asyncio.run(serve())


def test_in_another_thread_nothing_is_changed(told: list[str]) -> None:
    before, seen = signal.getsignal(signal.SIGTERM), list[object]()

    async def serve() -> None:
        with hearing_stops(lambda: told.append("streams")):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    thread.join()
    assert seen == [before]
