"""What is counted and measured, on evidence made by hand."""

from dataclasses import replace

import pytest

from sellout.prove.evidence import Attempt
from sellout.prove.figures import BINS_MAX, figures_of, meaning_of
from tests.prove.honest import answer_instead, bought, busy, crowd, honest_run, silence


def test_every_answer_is_counted_also_those_before_the_last() -> None:
    run = honest_run(2, crowd(1, 1, 1, doubled=(0,)))
    run = answer_instead(run, 1, busy(), silence(), bought("p-buyer-1", replayed=True))
    figures = figures_of(run)
    assert figures.answers == (("201", 3), ("410", 1), ("503", 1), ("no answer", 1))
    assert (figures.bought, figures.refused, figures.unanswered) == (2, 1, 0)
    assert (figures.buyers, figures.requests, figures.doubled, figures.replayed) == (3, 4, 1, 2)


def test_a_sale_told_twice_is_one_step() -> None:
    run = answer_instead(honest_run(5, crowd(2, 3, doubled=(0,))), 1, bought("p-buyer-1", 3, at=0.4))
    steps = figures_of(run).sales
    assert [sold for _, sold in steps] == [2, 5]
    assert [at for at, _ in steps] == pytest.approx([0.1, 0.5])


def test_percentiles_are_latencies_that_somebody_had() -> None:
    buyers = crowd(*[1] * 100)
    run = honest_run(100, buyers)
    for number in range(100):
        took = (number + 1) / 1000
        run = answer_instead(run, number, Attempt(5.0, 5.0 + took, 201, purchase_id=f"p-buyer-{number}"))
    latency = figures_of(run).latency
    assert latency is not None
    assert [latency.p50_ms, latency.p90_ms, latency.p99_ms, latency.max_ms] == pytest.approx([50, 90, 99, 100])
    assert sum(one.count for one in latency.bins) == 100
    assert len(latency.bins) <= BINS_MAX + 2


def test_one_slow_answer_does_not_flatten_the_histogram() -> None:
    run = honest_run(200, crowd(*[1] * 200))
    run = answer_instead(run, 7, Attempt(0.0, 30.0, 201, purchase_id="p-buyer-7"))
    latency = figures_of(run).latency
    assert latency is not None
    assert latency.bins[0].start_ms == pytest.approx(100, abs=1)
    assert (latency.bins[-1].end_ms, latency.bins[-1].count) == (None, 1)


def test_nothing_answered_is_nothing_measured() -> None:
    run = answer_instead(honest_run(1, crowd(1)), 0, silence())
    figures = figures_of(run)
    assert figures.latency is None
    assert figures.sales == ()
    assert figures.unanswered == 1


def test_nothing_sent_is_no_division_by_zero() -> None:
    assert figures_of(replace(honest_run(1, crowd(1)), requests=(), buyers=())).answers_per_second == 0


@pytest.mark.parametrize(
    ("answer", "meaning"), [("410", "sold out"), ("502", "bad gateway"), ("299", "unknown status")]
)
def test_every_status_has_a_meaning(answer: str, meaning: str) -> None:
    assert meaning_of(answer) == meaning
