"""A soak in words: its figures, and what was done all the while. Pure."""

from collections import Counter

from benchmarks.soak.flat import (
    FILES_GROWTH_MAX,
    FILLED,
    HOUR_SECONDS,
    MEBI,
    MEMORY_AN_HOUR_MAX,
    MEMORY_AN_ITEM_MAX,
    MEMORY_NOISE,
    SAMPLES_MIN,
    THREADS_A_WORKER_MAX,
    WAL_MAX,
    WARM_UP_SHARE,
    bytes_a_purchase,
    judged,
    memory_growth,
)
from benchmarks.soak.samples import Soaked


def rule_in_words(soaked: Soaked) -> str:
    """What flat is, with its limits."""
    return (
        f"Before the first look {FILLED:,} purchases are made, so that the database is larger than its caches. Then "
        f"{WARM_UP_SHARE:.0%} of the time are for warming up and are not judged. After that the slope of memory (the "
        f"median of the slopes of all pairs of samples) may come to {MEMORY_AN_HOUR_MAX // MEBI} MiB an hour, or to "
        f"{MEMORY_NOISE // MEBI} MiB in all where that is more, and beyond it to {MEMORY_AN_ITEM_MAX // 1024} KiB for "
        "each item that the scenarios add, whose metrics are kept. From the first to the last third of what is judged, "
        f"the least number of open files may grow by {FILES_GROWTH_MAX}. There may never be more than "
        f"{THREADS_A_WORKER_MAX * soaked.workers} threads, nor a write-ahead log of more than "
        f"{WAL_MAX[soaked.engine] // MEBI:,} MiB. Latency is shown and not judged."
    )


def smallest_leak(soaked: Soaked) -> str:
    """What a soak of this length cannot see."""
    if len(judged(soaked.samples)) < SAMPLES_MIN:
        return "too short to see a leak"
    _, most = memory_growth(soaked.samples)
    after = judged(soaked.samples)
    an_hour = most / MEBI / ((after[-1].at - after[0].at) / HOUR_SECONDS)
    return f"a leak of less than {an_hour:.0f} MiB an hour would not be seen in a run of this length"


def figures(soaked: Soaked) -> list[tuple[str, str, str]]:
    """The four that come first: name, value, note."""
    first, last = soaked.samples[0], soaked.samples[-1]
    each = bytes_a_purchase(soaked.samples)
    rate = (last.purchases - first.purchases) / max(1.0, last.at - first.at)
    return [
        ("Ran for", duration(soaked.seconds), f"{len(soaked.samples):,} looks, on {soaked.engine}"),
        ("Sold", f"{last.purchases:,}", f"{rate:.1f} a second"),
        ("Memory", mebi(last.memory), memory_in_words(soaked)),
        ("Database", mebi(last.database), f"{each:,.0f} bytes a purchase" if each is not None else "nothing was sold"),
    ]  # fmt: skip


def memory_in_words(soaked: Soaked) -> str:
    """How it moved after the warm-up, and how much it might."""
    if len(judged(soaked.samples)) < SAMPLES_MIN:
        return "too short to judge"
    grown, most = memory_growth(soaked.samples)
    return f"{grown / MEBI:+.1f} MiB after the warm-up; {most / MEBI:.1f} may be"


def done(soaked: Soaked) -> list[tuple[str, int]]:
    """What was asked all the while, and how often."""
    errands = [(errand, sum(counts.values())) for errand, counts in soaked.answers.items()]
    scenes = Counter(f"scenario {scene.name}" for scene in soaked.scenes)
    return [*errands, *scenes.items(), ("events heard on streams", soaked.events), ("webhooks received", soaked.hooks)]


def duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 120 else f"{seconds:.0f} s"


def mebi(size: float) -> str:
    return f"{size / MEBI:,.1f} MiB"


def millis(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def whole(value: float) -> str:
    return f"{value:,.0f}"
