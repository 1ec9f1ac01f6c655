"""What Prometheus's client does not do by itself: observing many values at once, and one sum over all workers.

Where PROMETHEUS_MULTIPROC_DIR names a folder as this is imported, every process keeps its values in files there, and
what is read is the sum over all files, which outlives the processes. Otherwise a process knows only its own.
"""

import contextlib
import os
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, multiprocess

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
"""Read when the client reads it: it decides for good, at its import, where values are kept."""


def make_folder(folder: str | None = FOLDER) -> None:
    """Make the folder if it is not there, or no longer: what tidies up temporary files must not stop a new worker."""
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)


class BulkHistogram(Histogram):
    """A histogram that takes a whole batch in one call."""

    def observe_many(self, counts: Sequence[int], total: float) -> None:
        """Observe values of which `counts` fall into each bucket, the last unbounded, and whose sum is `total`."""
        self._sum.inc(total)
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)


def spread(values: Sequence[float], bounds: Sequence[float]) -> list[int]:
    """How many values fall into each bucket; the last has those above all bounds.

    Sorted first, because values of a batch lie close to each other, and come in order: then few buckets are looked at.
    """
    ascending = sorted(values)
    counts = [0] * (len(bounds) + 1)
    below = 0
    while below < len(ascending):
        place = bisect_left(bounds, ascending[below])
        above = bisect_right(ascending, bounds[place], below) if place < len(bounds) else len(ascending)
        counts[place] = above - below
        below = above
    return counts


def readable(own: CollectorRegistry, folder: str | None = FOLDER) -> CollectorRegistry:
    """The registry to read from: one that sums all workers' files, or, without a folder, the own one."""
    if folder is None:
        return own
    everyone = CollectorRegistry()
    everyone.register(_Everyone(folder))
    return everyone


class _Everyone:
    """All workers' values. Gauges of workers that died are removed before."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._files: Any = multiprocess.MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Any:
        forget_dead(self._folder)
        return self._files.collect()


def forget_dead(folder: str) -> None:
    """Remove what only the living have: a worker that died has no queue. Its counters stay, because they happened."""
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            with contextlib.suppress(FileNotFoundError):  # another worker was faster
                file.unlink()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks only whether it could be signalled
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
