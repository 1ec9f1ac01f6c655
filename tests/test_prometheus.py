"""Values for Prometheus: many observed at once, and the sum over processes, of which some have died."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from sellout.domain import Bought
from sellout.figures import Figures, purchases
from sellout.prometheus import BulkHistogram, forget_dead, spread
from sellout.telemetry import OUTCOME_SECONDS, Metrics
from tests.test_labels import PURCHASE
from tests.words import a_buy

values = st.one_of(st.floats(0, 20), st.sampled_from(OUTCOME_SECONDS))


def shown(observe: Callable[[BulkHistogram], None]) -> dict[str, float]:
    registry = CollectorRegistry()
    histogram = BulkHistogram("h", "", ["item"], buckets=OUTCOME_SECONDS, registry=registry)
    observe(histogram.labels("a"))
    return {f"{s.name}{s.labels}": s.value for m in registry.collect() for s in m.samples if "_created" not in s.name}


@given(st.lists(values))
def test_many_at_once_are_as_one_by_one(seconds: list[float]) -> None:
    def one_by_one(histogram: Histogram) -> None:
        for value in seconds:
            histogram.observe(value)

    at_once = shown(lambda histogram: histogram.observe_many(spread(seconds, OUTCOME_SECONDS), sum(seconds)))
    assert at_once == pytest.approx(shown(one_by_one))


def test_the_counts_have_to_be_one_for_each_bucket() -> None:
    with pytest.raises(ValueError, match="shorter"):
        shown(lambda histogram: histogram.observe_many([1], 1.0))


def test_figures_are_by_item_and_add_up() -> None:
    metrics = Metrics()
    bought = [a_buy("a"), a_buy("a"), a_buy("b")]
    for _ in range(2):
        outcomes = [bought_as(buy.item_id) for buy in bought]
        metrics.observe_batch(bought, outcomes, [0.3, 0.0015, 20.0], 0.001)
    figures = metrics.figures()
    assert {item: purchases(figures[item].outcomes) for item in figures} == {"a": 4, "b": 2}
    assert [count for _, count in figures["a"].buckets] == [0, *[2] * 10, 4, 4, 4, 4, 4, 4]
    assert [count for _, count in figures["b"].buckets] == [*[0] * 16, 2]
    assert [bound for bound, _ in figures["a"].buckets] == [*OUTCOME_SECONDS, float("inf")]
    assert Metrics().figures().get("a", Figures()) == Figures(), "another shop of the same process has its own"


def bought_as(item: str) -> Bought:
    return Bought(PURCHASE._replace(item_id=item))


WORKER = """
import os, sys
from sellout.domain import Bought, Buy, Purchase
from sellout.telemetry import Metrics, count_error
metrics = Metrics()
buys = [Buy("p", "a", "jo", 1, None)] * int(sys.argv[1])
metrics.observe_batch(buys, [Bought(Purchase("p", "a", "A", "jo", 1, None, 0))] * len(buys), [0.003] * len(buys), 0.002)
metrics.set_queue_length(7)
count_error("busy")
print(metrics.exposition().decode(), metrics.figures(), sep="figures: ", flush=True)
sys.stdin.read()
"""


class Worker:
    """A process that has counted so many purchases, and has shown what all have."""

    def __init__(self, folder: Path, purchases: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(purchases)], env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.lines = list[str]()
        while not (self.lines and self.lines[-1].startswith("figures: ")):
            self.lines.append(self.process.stdout.readline())
            assert self.lines[-1], "it ended"

    def end(self, by: signal.Signals) -> None:
        self.process.send_signal(by)
        self.process.communicate()


def test_a_worker_that_died_leaves_its_counts_and_not_its_queue(tmp_path: Path) -> None:
    first = Worker(tmp_path, 2)
    second = Worker(tmp_path, 3)
    try:
        assert "sellout_queue_length 14.0\n" in second.lines
    finally:
        first.end(signal.SIGKILL)
    third = Worker(tmp_path, 4)
    for worker in (second, third):
        worker.end(signal.SIGTERM)
    assert 'sellout_outcomes_total{item="a",outcome="bought"} 9.0\n' in third.lines
    assert 'sellout_outcome_seconds_bucket{item="a",le="0.005"} 9.0\n' in third.lines
    assert 'sellout_outcome_seconds_bucket{item="a",le="0.002"} 0.0\n' in third.lines
    assert 'sellout_errors_total{code="busy"} 3.0\n' in third.lines
    assert 'sellout_errors_total{code="unavailable"} 0.0\n' in third.lines
    assert "sellout_queue_length 14.0\n" in third.lines, "of the two that live"
    assert third.lines[-1].startswith(
        "figures: {'a': Figures(outcomes={'bought': 9}, buckets=[(0.001, 0), (0.002, 0), "
    )


def test_a_worker_whose_folder_was_tidied_away_works_all_the_same(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "gone", 2)
    worker.end(signal.SIGTERM)
    assert 'sellout_outcomes_total{item="a",outcome="bought"} 2.0\n' in worker.lines


def test_only_gauges_of_the_dead_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    kept = [
        f"gauge_livesum_{os.getpid()}.db",
        "gauge_livesum_1.db",
        f"counter_{dead.pid}.db",
        f"histogram_{dead.pid}.db",
    ]
    for name in (*kept, f"gauge_livesum_{dead.pid}.db"):
        (tmp_path / name).touch()
    forget_dead(str(tmp_path))
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(kept)
