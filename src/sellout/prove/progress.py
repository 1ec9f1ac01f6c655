"""How far a run has come, told to whoever wants to draw it. No IO of its own."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """What the run is doing, and how much of that is done; a total of 0 means that nobody can say."""

    stage: str
    done: int = 0
    total: int = 0


OnProgress = Callable[[Progress], None]


def unwatched(_: Progress) -> None:
    """For runs that nobody watches."""


async def all_at_once(stage: str, jobs: Sequence[Coroutine[Any, Any, Result]], on_progress: OnProgress) -> list[Result]:
    """Start every job in one turn of the event loop, report each that ends, and give the results in order."""
    done = 0

    async def watched(job: Coroutine[Any, Any, Result]) -> Result:
        nonlocal done
        result = await job
        done += 1
        on_progress(Progress(stage, done, len(jobs)))
        return result

    on_progress(Progress(stage, done, len(jobs)))
    return await together([watched(job) for job in jobs])


async def together(jobs: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Start every job in one turn of the event loop and give the results in order; one that fails ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # one line for the user; the others say the same
    return [task.result() for task in tasks]
