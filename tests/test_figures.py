"""Figures of a sale: quantiles beside the exact samples, differences, and what is a purchase or a refusal."""

import math
from bisect import bisect_left
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.domain import Reason
from sellout.figures import PURCHASES, Buckets, Figures, difference, purchases, quantile, refusals
from sellout.prometheus import spread
from sellout.telemetry import OUTCOME_SECONDS

seconds = st.lists(st.floats(0, 20), min_size=1, max_size=200)
BOUNDS = (*map(float, OUTCOME_SECONDS), math.inf)


def bucketed(samples: list[float]) -> Buckets:
    return list(zip(BOUNDS, accumulate(spread(samples, OUTCOME_SECONDS)), strict=True))


@given(seconds, st.floats(0, 1))
def test_a_quantile_lies_in_the_bucket_of_the_exact_sample(samples: list[float], q: float) -> None:
    exact = sorted(samples)[max(math.ceil(q * len(samples)), 1) - 1]
    place = bisect_left(BOUNDS, exact)
    lower, upper = BOUNDS[place - 1] if place else 0.0, BOUNDS[place]
    found = quantile(bucketed(samples), q)
    assert found is not None
    assert lower <= found <= upper
    if upper == math.inf:
        assert found == lower


@given(seconds, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_quantile_is_never_a_shorter_time(samples: list[float], one: float, other: float) -> None:
    low, high = (quantile(bucketed(samples), q) for q in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert low <= high


@pytest.mark.parametrize(
    ("q", "expected"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.625, 2.0), (0.75, 3.0), (0.9, 4.0), (1.0, 4.0)]
)
def test_within_a_bucket_it_is_interpolated_as_prometheus_does(q: float, expected: float) -> None:
    assert quantile([(1.0, 4), (3.0, 6), (4.0, 6), (math.inf, 8)], q) == expected


def test_of_nothing_there_is_no_quantile() -> None:
    assert quantile([], 0.5) is None
    assert quantile([(1.0, 0), (math.inf, 0)], 0.5) is None


@given(seconds, seconds)
def test_what_came_between_two_looks_is_their_difference(before: list[float], since: list[float]) -> None:
    earlier = Figures({"bought": len(before), "paused": 2}, bucketed(before))
    later = Figures({"bought": len(before) + len(since), "paused": 2}, bucketed(before + since))
    assert difference(later, earlier) == Figures({"bought": len(since)}, bucketed(since))
    assert difference(later, Figures()) == later
    assert difference(later, later) == Figures({}, bucketed([])), "nothing came"


@given(seconds, seconds)
def test_after_a_restart_everything_is_new(before: list[float], since: list[float]) -> None:
    after = Figures({"bought": 1}, bucketed(since))
    for earlier in (Figures({"bought": 2}, bucketed(before)), Figures({"sold_out": 1}, bucketed(before))):
        assert difference(after, earlier) == after
    assert difference(Figures(), Figures({"bought": 2}, bucketed(before))) == Figures()
    slower = Figures({"bought": 2}, bucketed([*[0.0] * len(before), *since]))
    assert difference(slower, Figures({"bought": 2}, bucketed([15.0] * (len(before) + len(since) + 1)))) == slower


def test_outcomes_are_split_into_purchases_and_refusals() -> None:
    outcomes = {"bought": 3, "basket_bought": 2, "replayed": 4, "held": 1, "sold_out": 5, "paused": 1, "settled": 9}
    assert purchases(outcomes) == 5
    assert refusals(outcomes) == {"sold_out": 5, "paused": 1}
    assert not PURCHASES & set(Reason)
