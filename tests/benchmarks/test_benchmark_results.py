"""Medians, ratios to the ceiling, and goals."""

import pytest

from benchmarks.load import Load
from benchmarks.measure import Run
from benchmarks.results import Goal, goals, ratio, summarise


def run(subject: str, rate: float, connections: int = 512, cpu: float | None = 1.0, failed: int = 0) -> Run:
    load = Load(requests=1000, seconds=1.0, rate=rate, p50=rate / 1e6, p99=0.2, failed=failed)
    return Run(subject, connections, rate, load, cpu)


ROUNDS = [
    *(run("no-op", rate) for rate in (50_000, 40_000, 10_000)),
    *(run("seed", rate, failed=10) for rate in (200, 150, 100)),
    *(run("buy", rate, cpu=2.0) for rate in (9_000, 31_000, 30_000)),
    *(run("sold-out", rate) for rate in (38_000, 36_000, 35_000)),
    *(run("hold-confirm", rate) for rate in (15_000, 16_000, 17_000)),
    *(run("buy-postgres", rate) for rate in (20_000, 22_000, 24_000)),
    *(run("buy-postgres-2", rate) for rate in (20_000, 21_000, 26_000)),
    *(run("textbook-postgres", rate) for rate in (1_100, 1_000, 1_200)),
]


def test_a_row_is_the_median_of_its_rounds() -> None:
    buy = next(row for row in summarise(ROUNDS) if row.subject == "buy")
    assert (buy.rate, buy.slowest, buy.fastest, buy.rounds) == (30_000, 9_000, 31_000, 3)
    assert buy.p50 == pytest.approx(0.03)
    assert buy.of_ceiling == pytest.approx(0.75)
    assert buy.cpu_per_thousand == pytest.approx(2.0)
    assert buy.cpu_of_ceiling == pytest.approx(2.0)


def test_errors_are_a_share_of_all_requests() -> None:
    seed = next(row for row in summarise(ROUNDS) if row.subject == "seed")
    assert seed.failed == pytest.approx(0.01)


def test_each_number_of_connections_has_its_own_ceiling() -> None:
    rows = summarise([run("no-op", 100, 64), run("no-op", 50, 512), run("buy", 25, 64), run("buy", 25, 512)])
    found = {(row.subject, row.connections): row.of_ceiling for row in rows}
    assert found == {("no-op", 64): 1, ("no-op", 512): 1, ("buy", 64): 0.25, ("buy", 512): 0.5}


def test_without_a_ceiling_there_is_no_ratio() -> None:
    (row,) = summarise([run("buy", 100, cpu=None)])
    assert (row.of_ceiling, row.cpu_of_ceiling, row.cpu_per_thousand) == (None, None, None)


def test_the_goals_of_a_run() -> None:
    verdicts = [(goal.value, goal.verdict) for goal in goals(summarise(ROUNDS))]
    assert verdicts == [
        (0.75, "met"),
        (200, "met"),
        (0.9, "met, and its aim"),
        (None, "not measured"),
        (0.4, "met"),
        (0.55, "met"),
        (20, "met"),
        (pytest.approx(21 / 22), "not met"),
    ]


def test_goals_are_for_512_connections() -> None:
    rows = summarise([run("no-op", 100, 64), run("buy", 90, 64)])
    assert {goal.verdict for goal in goals(rows)} == {"not measured"}


@pytest.mark.parametrize(
    ("value", "at_most", "verdict"),
    [
        (0.59, False, "not met"),
        (0.60, False, "met"),
        (0.80, False, "met, and its aim"),
        (0.61, True, "not met"),
        (0.60, True, "met"),
        (None, True, "not measured"),
    ],
)
def test_verdicts(value: float | None, at_most: bool, verdict: str) -> None:
    aim = None if at_most else 0.80
    assert Goal("speed", value, 0.60, aim, at_most).verdict == verdict


@pytest.mark.parametrize(("value", "base"), [(None, 1.0), (1.0, None), (1.0, 0.0)])
def test_a_ratio_needs_both_figures(value: float | None, base: float | None) -> None:
    assert ratio(value, base) is None
