"""What flat is: rules over the samples of a soak, with their limits. Pure: no IO, no clock.

What must grow, as the database with its purchases, has no rule; it is told for each purchase.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from statistics import median

from benchmarks.soak.samples import Sample, Soaked
from sellout.history.verdict import Rule

MEBI = 2**20
HOUR_SECONDS = 3600.0

FILLED = 15_000
"""Purchases that are made before the first look: the database is then larger than SQLite's page caches, which would
otherwise fill up for ten minutes and look like a leak."""

WARM_UP_SHARE = 0.25  # of the time; caches fill and pools open, so that nothing is judged
SAMPLES_MIN = 9  # of those that are judged: three for each third
MEMORY_AN_HOUR_MAX = 24 * MEBI  # the slope of memory that counts as flat
MEMORY_NOISE = 8 * MEBI  # what memory may move within one soak, however short
MEMORY_AN_ITEM_MAX = 64 * 1024  # metrics are kept for each item that was sold, and scenarios leave items behind
FILES_GROWTH_MAX = 8  # open files, from the least of the first third to the least of the last
THREADS_A_WORKER_MAX = (
    64  # a pool of 40 for what blocks, which breathes, and a dozen that the server and the store have
)
WAL_MAX = {"SQLite": 64 * MEBI, "PostgreSQL": 1280 * MEBI}  # four checkpoints' worth; max_wal_size and a quarter
SLOPE_SAMPLES_MAX = 400  # the slope looks at all pairs, so of more it takes every second, third, ...


def judged(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up."""
    end = samples[-1].at if samples else 0.0
    return [sample for sample in samples if sample.at >= WARM_UP_SHARE * end]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By Theil and Sen: the median of the slopes of all pairs, which a few outliers do not move."""
    step = max(1, -(-len(points) // SLOPE_SAMPLES_MAX))
    slopes = [(y - x[1]) / (at - x[0]) for x, (at, y) in combinations(points[::step], 2) if at > x[0]]
    return median(slopes) if slopes else 0.0


def memory_growth(samples: Sequence[Sample]) -> tuple[float, float]:
    """How much memory grew after the warm-up, and how much it might, in bytes."""
    after = judged(samples)
    seconds = after[-1].at - after[0].at
    grown = slope([(sample.at, sample.memory) for sample in after]) * seconds
    for_items = MEMORY_AN_ITEM_MAX * (after[-1].items - after[0].items)
    return grown, max(MEMORY_NOISE, MEMORY_AN_HOUR_MAX * seconds / HOUR_SECONDS) + for_items


def floor_growth(samples: Sequence[Sample], value: Callable[[Sample], int]) -> int:
    """From the least of the first third after the warm-up to the least of the last.

    Connections come and go, so the most says nothing; what is never given back raises the least.
    """
    after = judged(samples)
    third = len(after) // 3
    return min(value(sample) for sample in after[-third:]) - min(value(sample) for sample in after[:third])


def bytes_a_purchase(samples: Sequence[Sample]) -> float | None:
    """How much the database grew for each purchase after the warm-up."""
    after = judged(samples)
    sold = after[-1].purchases - after[0].purchases if after else 0
    return (after[-1].database - after[0].database) / sold if sold else None


def _enough(seen: Soaked) -> bool:
    return len(judged(seen.samples)) >= SAMPLES_MIN


def _long_enough(seen: Soaked) -> Iterator[str]:
    if not _enough(seen):
        yield f"there are {len(judged(seen.samples))} samples after the warm-up, and it takes {SAMPLES_MIN}"


def _memory(seen: Soaked) -> Iterator[str]:
    if _enough(seen):
        grown, most = memory_growth(seen.samples)
        if grown > most:
            yield f"memory grew by {grown / MEBI:.1f} MiB after the warm-up, and {most / MEBI:.1f} MiB may be"


def _files(seen: Soaked) -> Iterator[str]:
    if _enough(seen) and (grown := floor_growth(seen.samples, lambda sample: sample.files)) > FILES_GROWTH_MAX:
        yield f"at the end at least {grown} more files are open than in the beginning"


def _threads(seen: Soaked) -> Iterator[str]:
    most, limit = max((sample.threads for sample in seen.samples), default=0), THREADS_A_WORKER_MAX * seen.workers
    if most > limit:
        yield f"there were {most} threads at once, and {limit} is their limit"


def _wal(seen: Soaked) -> Iterator[str]:
    most, limit = max((sample.wal for sample in seen.samples), default=0), WAL_MAX[seen.engine]
    if most > limit:
        yield f"the write-ahead log reached {most / MEBI:.0f} MiB, and {limit / MEBI:.0f} MiB is its limit"


def _selling(seen: Soaked) -> Iterator[str]:
    for before, after in zip(seen.samples, seen.samples[1:], strict=False):
        if after.purchases <= before.purchases:
            yield f"nothing was sold from {before.at:.0f} s to {after.at:.0f} s"


def _answers(seen: Soaked) -> Iterator[str]:
    yield from seen.wrong


def _scenes(seen: Soaked) -> Iterator[str]:
    if not seen.scenes:
        yield "no scenario was played"
    for scene in seen.scenes:
        yield from (f"{scene.name} at {scene.at:.0f} s: {broken}" for broken in scene.broken)


def _audit(seen: Soaked) -> Iterator[str]:
    if seen.audit_exit != 0:
        yield f"sellout audit ended with {seen.audit_exit}: {seen.audit_said}"


def _stopped(seen: Soaked) -> Iterator[str]:
    if seen.server_exit != 0:
        yield f"the server was asked to stop and ended with {seen.server_exit}"


RULES: tuple[Rule[Soaked], ...] = (
    Rule("long_enough", "There are enough samples after the warm-up to judge by.", _long_enough),
    Rule("memory_is_flat", "Memory does not grow after the warm-up.", _memory),
    Rule("files_are_closed", "Open files do not become more.", _files),
    Rule("threads_are_bounded", "Threads stay below their limit.", _threads),
    Rule("log_is_bounded", "The write-ahead log stays below its limit.", _wal),
    Rule("never_stops_selling", "Between any two looks something was sold.", _selling),
    Rule("answers_are_right", "Every answer was one that fits what was asked.", _answers),
    Rule("scenarios_are_exact", "Every scenario that was played beside was exact.", _scenes),
    Rule("audit_is_consistent", "In the end the audit finds the books consistent.", _audit),
    Rule("stops_cleanly", "The server stopped cleanly when it was asked to.", _stopped),
)
