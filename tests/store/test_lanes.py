"""Readings wait within limits: so many, so long; and who asks the same long question gets the answer with others."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sellout.store.lanes import Queue, Shared
from sellout.store.port import StoreBusy, StoreUnavailable


class Work:
    """Something that takes until it is let go, and counts how often it was done."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        begun = self.begun
        await self.go.wait()
        return begun


def soon(ask: Awaitable[Any]) -> "asyncio.Future[Any]":
    return asyncio.ensure_future(ask)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


Ask = Callable[[int, Work], Awaitable[int]]


def _short() -> Ask:
    queue = Queue(3, 30)
    return lambda _, work: queue.run(work)


def _long() -> Ask:
    shared = Shared(2, 30)  # and one is under way
    return shared.ask


LIMITED: dict[str, Callable[[], Ask]] = {"short": _short, "long": _long}


@pytest.mark.parametrize("kind", LIMITED)
def test_so_many_wait_and_the_next_is_told_at_once(kind: str) -> None:
    async def run() -> None:
        work, ask = Work(), LIMITED[kind]()
        first = soon(ask(0, work))
        await turns()
        waiting = [first, *(soon(ask(number, work)) for number in (1, 2))]
        await turns()
        with pytest.raises(StoreBusy):
            await ask(3, work)
        work.go.set()
        assert sorted(await asyncio.gather(*waiting)) == [1, 2, 3]
        assert await ask(4, work) == 4, "there is room again"

    asyncio.run(run())


def test_whoever_waits_too_long_is_told_so() -> None:
    seconds = 0.01

    async def run() -> None:
        with pytest.raises(StoreUnavailable, match="in time"):
            await Queue(3, seconds).run(Work())
        shared = Shared(3, seconds)
        with pytest.raises(StoreUnavailable, match="in time"):
            await shared.ask("a", Work())
        done = Work()
        done.go.set()
        assert await shared.ask("a", done) == 1, "and keeps nobody"

    asyncio.run(run())


def test_the_same_question_is_answered_once_for_all_who_wait() -> None:
    async def run() -> None:
        work, shared = Work(), Shared(8, 30)
        first = soon(shared.ask("audit", work))
        await turns()
        later = [soon(shared.ask("audit", work)) for _ in range(100)]
        await turns()
        assert work.begun == 1, "one at a time"
        work.go.set()
        assert await first == 1
        assert set(await asyncio.gather(*later)) == {2}, "an answer is never older than its question"

    asyncio.run(run())


def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    async def run() -> None:
        work, shared = Work(), Shared(8, 30)
        one, other = soon(shared.ask("audit", work)), soon(shared.ask("audit", work))
        await turns()
        one.cancel()
        work.go.set()
        assert await other == 1

    asyncio.run(run())


def test_an_error_is_everybodys() -> None:
    async def fail() -> None:
        raise StoreUnavailable("the disk is gone")

    async def run() -> None:
        shared = Shared(8, 30)
        both = await asyncio.gather(*(shared.ask("audit", fail) for _ in range(2)), return_exceptions=True)
        assert [str(error) for error in both] == ["the disk is gone"] * 2

    asyncio.run(run())
