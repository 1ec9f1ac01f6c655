"""What watching costs: the figures that are made of two runs, and a real pair of them."""

from pathlib import Path

import pytest

from benchmarks import watched
from benchmarks.load import Load
from benchmarks.measure import Run
from benchmarks.watched import Pair, table
from benchmarks.watchers import Heard


def a_run(rate: float, cpu_seconds: float | None) -> Run:
    return Run("buy", 512, rate, Load(requests=1000, seconds=5.0, rate=rate, p50=0.01, p99=0.02), cpu_seconds)


def a_pair(alone: float, seen: float, cpu: tuple[float, float] | None = (0.1, 0.125)) -> Pair:
    costs = cpu or (None, None)
    return Pair(a_run(alone, costs[0]), a_run(seen, costs[1]), Heard(open=2000, events=40_000))


def test_the_figure_is_the_median_of_the_pairs() -> None:
    text = table([a_pair(1000, 700), a_pair(1000, 900), a_pair(1000, 950)], streams=2000)
    assert "with 2000 streams" in text
    assert "median ratio 0.90, wanted at least 0.8: met" in text
    assert "0.1000 alone, 0.1250 watched, ratio 0.80" in text
    assert a_pair(1000, 900).events_a_second == 4.0


def test_a_goal_that_was_missed_is_said() -> None:
    assert "median ratio 0.70, wanted at least 0.8: not met" in table([a_pair(1000, 700, None)], streams=2000)


@pytest.mark.tools
def test_a_short_real_pair_of_runs(tmp_path: Path) -> None:
    (pair,) = watched.measured(tmp_path, streams=50, rounds=1, seconds=2, connections=16)
    assert pair.heard.open == 50
    assert pair.heard.events >= 50
    assert pair.alone.load.succeeded
    assert pair.watched.load.succeeded
