"""What is counted and measured, on evidence made by hand."""

import pytest

from sellout.prove.evidence import Evidence
from sellout.prove.figures import BINS_MAX, Figures
from sellout.prove.figures import figures_of as figures_by
from sellout.prove.scenarios.rush import RUSH
from sellout.prove.words import meaning_of
from tests.prove.honest import answer, answer_instead, bought, busy, crowd, honest_run, rewrite, silence


def figures_of(evidence: Evidence) -> Figures:
    return figures_by(evidence, RUSH.fates(evidence), RUSH.opening(evidence))


def test_every_answer_is_counted_also_those_before_the_last() -> None:
    run = honest_run(2, crowd(1, 1, 1, doubled=(0,)))
    run = answer_instead(run, 1, busy(), silence(), bought("p-buyer-1", replayed=True))
    figures = figures_of(run)
    assert figures.answers == (("201", 3), ("410", 1), ("503", 1), ("no answer", 1))
    assert figures.fates == (("bought", 2), ("refused", 1), ("unanswered", 0))
    assert (figures.buyers, figures.requests, figures.opening, figures.doubled, figures.replays) == (3, 4, 4, 1, 2)


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
        run = answer_instead(run, number, answer(201, 5.0, seconds=took, purchase_id=f"p-buyer-{number}"))
    latency = figures_of(run).latency
    assert latency is not None
    assert [latency.p50_ms, latency.p90_ms, latency.p99_ms, latency.max_ms] == pytest.approx([50, 90, 99, 100])
    assert sum(one.count for one in latency.bins) == 100
    assert len(latency.bins) <= BINS_MAX + 2


def test_one_slow_answer_does_not_flatten_the_histogram() -> None:
    run = honest_run(200, crowd(*[1] * 200))
    run = answer_instead(run, 7, answer(201, seconds=30.0, purchase_id="p-buyer-7"))
    latency = figures_of(run).latency
    assert latency is not None
    assert latency.bins[0].start_ms == pytest.approx(100, abs=1)
    assert (latency.bins[-1].end_ms, latency.bins[-1].count) == (None, 1)


def test_nothing_answered_is_nothing_measured() -> None:
    run = answer_instead(honest_run(1, crowd(1)), 0, silence())
    figures = figures_of(run)
    assert figures.latency is None
    assert figures.sales == ()
    assert dict(figures.fates)["unanswered"] == 1


def test_nothing_sent_is_no_division_by_zero() -> None:
    assert figures_of(rewrite(honest_run(1, crowd(1)), requests=(), orders=())).answers_per_second == 0


@pytest.mark.parametrize(
    ("answer", "meaning"), [("410", "sold out"), ("502", "bad gateway"), ("299", "unknown status")]
)
def test_every_status_has_a_meaning(answer: str, meaning: str) -> None:
    assert meaning_of(answer) == meaning
