"""When to try again, when to give up, what to begin with: pure."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sellout.domain import MICROSECONDS
from sellout.domain.events import Undelivered
from sellout.webhooks import planning
from sellout.webhooks.answers import DELIVERED, OUTCOMES, meaning_of
from sellout.webhooks.planning import DAY, ITEMS_AT_ONCE, Plan

PLANS = st.builds(
    Plan,
    timeout_seconds=st.floats(0.01, 30),
    retry_seconds=st.floats(0.01, 3600),
    retry_seconds_max=st.floats(0.01, 86_400),
    give_up_days=st.floats(0.01, 30),
)
NOW = 1_700_000_000_000_000


def items(*next_tries: int) -> Sequence[Undelivered]:
    return [Undelivered(f"item-{n}", 0, 0, at, NOW) for n, at in enumerate(next_tries)]


@given(PLANS, st.integers(1, 10_000), st.floats(0, 1))
def test_a_wait_is_within_its_limits(plan: Plan, tries: int, chance: float) -> None:
    wait = planning.retry_wait(plan, tries, chance)
    longest = planning.retry_wait(plan, tries, 1.0)
    assert 0 <= wait <= longest <= math.ceil(plan.retry_seconds_max * MICROSECONDS)
    assert longest <= planning.retry_wait(plan, tries + 1, 1.0), "never sooner after more failures"


def test_waits_double_up_to_the_longest() -> None:
    plan = Plan(retry_seconds=5, retry_seconds_max=60)
    waits = [planning.retry_wait(plan, tries, 1.0) / MICROSECONDS for tries in range(1, 7)]
    assert waits == [5, 10, 20, 40, 60, 60]
    assert planning.retry_wait(plan, 3, 0.25) == 5 * MICROSECONDS, "full jitter"


def test_an_endpoint_is_given_up_after_days_of_failure() -> None:
    plan = Plan(give_up_days=3)
    assert not planning.is_given_up(plan, 3 * DAY - 1)
    assert planning.is_given_up(plan, 3 * DAY)
    assert not planning.is_given_up(plan, 0)


@given(PLANS)
def test_a_lease_is_renewed_before_a_request_might_outlast_it(plan: Plan) -> None:
    assert plan.may_send(plan.lease_seconds)
    assert not plan.is_ending(plan.lease_seconds)
    assert not plan.may_send(plan.timeout_seconds)
    first_not_renewed = 2 * plan.timeout_seconds + 1
    assert plan.may_send(first_not_renewed - planning.POLL_SECONDS * 0.99), "between two looks it lasts"


@given(st.lists(st.integers(NOW - 10, NOW + 10), max_size=30), st.sets(st.integers(0, 29), max_size=ITEMS_AT_ONCE))
def test_what_is_begun_is_due_and_not_under_way_and_never_too_much(tries: list[int], running: set[int]) -> None:
    under_way = {f"item-{n}" for n in running}
    begun = planning.due(items(*tries), under_way, NOW)
    assert len(begun) + len(under_way) <= ITEMS_AT_ONCE
    assert not set(begun) & under_way
    assert all(tries[int(name.removeprefix("item-"))] <= NOW for name in begun)
    ready = [n for n, at in enumerate(tries) if at <= NOW and n not in running]
    assert len(begun) == min(len(ready), ITEMS_AT_ONCE - len(under_way)), "nothing due is left out while there is room"


@given(st.lists(st.integers(NOW - DAY, NOW + DAY), max_size=10))
def test_the_next_look_is_neither_late_nor_at_once(tries: list[int]) -> None:
    seconds = planning.seconds_to_next([items(*tries)], NOW)
    assert planning.ROUND_SECONDS_MIN <= seconds <= planning.POLL_SECONDS
    coming = [at - NOW for at in tries if at > NOW]
    if coming and min(coming) > planning.ROUND_SECONDS_MIN * MICROSECONDS:
        assert seconds * MICROSECONDS <= min(coming) + 1


def test_the_oldest_undelivered_event_has_an_age() -> None:
    old, new = Undelivered("a", 0, 0, 0, NOW - 90 * MICROSECONDS), Undelivered("b", 0, 0, 0, NOW)
    assert planning.oldest_age([[new], [old], []], NOW) == 90
    assert planning.oldest_age([], NOW) == 0
    assert planning.oldest_age([[new]], NOW - 5) == 0


def test_only_2xx_says_that_an_event_has_arrived() -> None:
    for status in range(100, 600):
        answer = meaning_of(status)
        assert answer.outcome in OUTCOMES
        assert (answer.outcome == DELIVERED) == (200 <= status < 300)
        assert (answer.outcome == "gone") == (status == 410)
        assert (answer.outcome == "redirected") == (300 <= status < 400)
