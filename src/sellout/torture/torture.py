"""Round after round, a few at a time, until all are played or somebody says to stop.

May touch: what a round touches, and files for the histories of rounds that were not exact.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sellout.history.lines import written
from sellout.prove import CouldNotRun
from sellout.torture.database import engine_of
from sellout.torture.faults import Engine, Fault, kinds_on
from sellout.torture.plan import RoundPlan, plan_of, seed_of
from sellout.torture.results import Results, RoundResult
from sellout.torture.round import Played, play_round

CANCEL_SECONDS = 20.0  # a cancelled round has to stop its server

Tell = Callable[[RoundResult], None]
Repeat = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to play. `kinds` are the faults to choose from, `at_once` how many rounds are played side by side."""

    rounds: int
    seed: int
    database: str | None = None
    kinds: tuple[Fault, ...] = ()
    at_once: int = 1
    stop_at_first: bool = False
    keep_in: Path = Path()


def kinds_wanted(names: Sequence[str], engine: Engine) -> tuple[Fault, ...]:
    """The kinds of faults with these names; without any name all that the engine can have. Raises CouldNotRun."""
    possible = {str(kind): kind for kind in kinds_on(engine)}
    for name in names:
        if name not in possible:
            raise CouldNotRun(f"there is no fault {name} on {engine}; there are {', '.join(possible)}")
    return tuple(kind for name, kind in possible.items() if not names or name in names)


def plans(wanted: Wanted) -> Iterator[RoundPlan]:
    """The plans of all rounds. Raises CouldNotRun where they cannot be made."""
    engine = engine_of(wanted.database)
    kinds = wanted.kinds or kinds_on(engine)
    for number in range(1, wanted.rounds + 1):
        yield plan_of(seed_of(wanted.seed, number, kinds), engine, kinds)


async def torture(wanted: Wanted, stop: asyncio.Event, tell: Tell, repeat: Repeat) -> Results:
    """Play the rounds; `tell` hears of each that is over, `stop` ends what is under way."""
    began_at, finished = time.monotonic(), list[RoundResult]()
    waiting = iter(enumerate(plans(wanted), start=1))

    async def play_some() -> None:
        for number, plan in waiting:
            played = await play_round(plan, number, wanted.database, repeat(plan.seed))
            finished.append(result := _kept(played, wanted.keep_in))
            tell(result)
            if wanted.stop_at_first and not result.exact:
                stop.set()
            if stop.is_set():
                return

    playing = {asyncio.create_task(play_some()) for _ in range(wanted.at_once)}
    stopping = asyncio.create_task(stop.wait())
    try:
        await _until_over(playing, stopping)
    finally:
        await _end({*playing, stopping})
    return Results(tuple(finished), wanted.rounds, time.monotonic() - began_at, _could_not(playing))


async def _end(tasks: set["asyncio.Task[Any]"]) -> None:
    """Cancel them until they have ended: a request whose time is up at that moment takes it for its timeout."""
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_SECONDS)


def _could_not(playing: set["asyncio.Task[None]"]) -> str | None:
    """Why a round could not be played; anything else that went wrong is an error of ours."""
    failures = [task.exception() for task in playing if not task.cancelled()]
    for failure in failures:
        if failure is not None and not isinstance(failure, CouldNotRun):
            raise failure
    return next((str(failure) for failure in failures if failure is not None), None)


async def _until_over(playing: set["asyncio.Task[None]"], stopping: "asyncio.Task[bool]") -> None:
    """Until all have played, one could not, or it is time to stop."""
    running = set(playing)
    while running and not stopping.done():
        done, _ = await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        running -= done
        if any(task.exception() for task in done):
            return


def _kept(played: Played, folder: Path) -> RoundResult:
    """The result; where it is not exact, with the file that now has its history."""
    if played.result.exact:
        return played.result
    file = folder / f"torture-{played.result.engine}-{played.result.seed}.jsonl"
    file.write_text("".join(f"{line}\n" for line in written(played.history)), encoding="utf-8")
    return replace(played.result, kept=str(file))
