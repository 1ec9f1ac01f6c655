"""One soak from start to end: a server, everybody at once, a look every few seconds, and how it ended.

May touch: what its parts touch.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from benchmarks.measure import fresh_folder
from benchmarks.soak.flat import FILLED
from benchmarks.soak.hooks import Receiver, receiving
from benchmarks.soak.looking import Books, use_of
from benchmarks.soak.places import Place, served
from benchmarks.soak.samples import Sample, Scene, Soaked
from benchmarks.soak.scenes import SIZES, play
from benchmarks.soak.visitors import ANSWER_SECONDS_MAX, Diary, Visitors
from benchmarks.subjects import ORGANISER_KEY

OnSample = Callable[[Sample], None]
SCENE_SECONDS = 10.0  # from the beginning of a scenario to that of the next; each leaves items behind


class CouldNotSoakError(Exception):
    """There is nothing to judge, for the reason that the message gives."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how fast, how often to look, and on what."""

    seconds: float
    rate: float
    every: float
    seed: int
    postgres: bool = False
    workers: int = 1
    filled: int = FILLED


def soak(base: Path, plan: Plan, on_sample: OnSample) -> Soaked:
    """Run the plan on a fresh database below `base`."""
    with fresh_folder(base) as folder, served(folder, postgres=plan.postgres, workers=plan.workers) as place:
        return asyncio.run(_soak(place, plan, on_sample))


async def _soak(place: Place, plan: Plan, on_sample: OnSample) -> Soaked:
    chance, diary = Random(plan.seed), Diary()
    books = await place.books()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=ANSWER_SECONDS_MAX)
    async with receiving() as receiver, aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await _be_told(place, receiver)
        visitors = Visitors(session, place.server.url, chance, diary)
        await visitors.open_shop()
        await visitors.fill(plan.filled)
        scenes, samples = await _sit(place, plan, visitors, books, on_sample)
        events = receiver.events
        exit_code = await asyncio.to_thread(place.stop)
    await books.close()
    audit, said = await place.sellout("audit")
    return Soaked(
        engine=place.engine, workers=plan.workers, seconds=samples[-1].at, samples=samples, scenes=scenes,
        answers=diary.answers,
        wrong=diary.wrong, events=diary.events, hooks=events, server_exit=exit_code, audit_exit=audit, audit_said=said,
    )  # fmt: skip


async def _be_told(place: Place, receiver: Receiver) -> None:
    code, said = await place.sellout("webhooks", "add", receiver.url)
    if code != 0:
        raise CouldNotSoakError(f"sellout webhooks add: {said}")


async def _sit(
    place: Place, plan: Plan, visitors: Visitors, books: Books, on_sample: OnSample
) -> tuple[list[Scene], list[Sample]]:
    """Everybody comes; when the time is over and the last scenario has ended, everybody goes."""
    scenes, samples, started = list[Scene](), list[Sample](), time.monotonic()
    over = asyncio.Event()

    async def playing() -> None:
        chance = Random(plan.seed)
        for name in itertools.cycle(SIZES):
            at = time.monotonic() - started
            if at > plan.seconds:
                break
            scenes.append(await play(name, place.server.url, ORGANISER_KEY, chance, at))
            await asyncio.sleep(min(at + SCENE_SECONDS, plan.seconds) - (time.monotonic() - started))
        over.set()

    async def looking() -> None:
        while not over.is_set():
            samples.append(await _look(place, books, visitors.diary, started))
            on_sample(samples[-1])
            await _wait(over, plan.every)
        visitors.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(playing())
        group.create_task(looking())
        for errand in visitors.errands(plan.rate):
            group.create_task(errand)
    return scenes, samples


async def _wait(over: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return


async def _look(place: Place, books: Books, diary: Diary, started: float) -> Sample:
    use, size = use_of(place.server.pid), await books.look()
    p50, p99 = diary.latencies()
    return Sample(
        at=time.monotonic() - started, memory=use.memory, files=use.files, threads=use.threads,
        database=size.database, wal=size.wal, purchases=size.purchases, p50_ms=p50, p99_ms=p99,
        items=size.items,
    )  # fmt: skip
