"""A feed on a stage of its own: what it reads is made up, and its time goes on only while nobody has anything to do."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from sellout.http.live import feed as live
from sellout.http.live.feed import Feed, Pace, Watch

ALIVE = b"(alive)"


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock leaps to the next thing to do, instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        selector: Any = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def leap(seconds: float | None) -> Any:
            ready = select(0)
            if not ready:
                assert seconds is not None, "nothing will ever happen again"
                self.now += max(0.0, seconds)
            return ready

        selector.select = leap

    def time(self) -> float:
        return self.now


class Source:
    """What there is to tell. It counts how often it is read."""

    def __init__(self, **events: str) -> None:
        self.events = events
        self.readings = 0
        self.seconds = 0.0
        self.fails_with: Exception | None = None

    async def read(self) -> Mapping[str, bytes]:
        self.readings += 1
        events = {subject: event.encode() for subject, event in self.events.items()}
        await asyncio.sleep(self.seconds)
        if self.fails_with is not None:
            raise self.fails_with
        return events


class Stage:
    """A feed, its source and its time."""

    def __init__(self, loop: LeapingLoop, pace: Pace) -> None:
        self.loop = loop
        self.pace = pace
        self.source = Source(a="(a1)", b="(b1)")
        self.feed = Feed(self.source.read, lambda: ALIVE, pace)

    async def watch(self, subject: str | None = None) -> Watch:
        """A watch of something that is there."""
        watch = await self.feed.watch(subject)
        assert watch is not None
        return watch

    async def watching(self, subject: str | None = None) -> Watch:
        """A watch that has heard what there is."""
        watch = await self.watch(subject)
        await anext(watch)
        return watch

    async def rounds(self, count: int) -> None:
        """Let so many rounds go by."""
        await asyncio.sleep(count * self.pace.interval_seconds)

    async def hears_nothing(self, watch: Watch, rounds: int = 3) -> bool:
        """Whether a watch is told nothing for some rounds."""
        try:
            await asyncio.wait_for(anext(watch), rounds * self.pace.interval_seconds)
        except TimeoutError:
            return True
        return False


Play = Callable[[Stage], Awaitable[None]]


def played(**pace: Any) -> Callable[[Play], Callable[[], None]]:
    """Makes a test of a play: a coroutine that is given a stage."""

    def made(play: Play) -> Callable[[], None]:
        @functools.wraps(play)
        def test() -> None:
            with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=LeapingLoop) as runner:
                loop = runner.get_loop()
                assert isinstance(loop, LeapingLoop)
                patch.setattr(live, "time", SimpleNamespace(monotonic=loop.time))
                runner.run(_perform(play, Stage(loop, Pace(**pace))))

        del test.__wrapped__  # pytest would look for a fixture `stage`
        return test

    return made


async def _perform(play: Play, stage: Stage) -> None:
    try:
        await play(stage)
    finally:
        stage.feed.close()
        await asyncio.sleep(0)
