"""Plans of rounds: a seed repeats one, every kind of fault gets its turn, and no fault is where it cannot be."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.history.requests import Action
from sellout.torture.cast import BASKETS, HOLDING, Visit, last_buyer
from sellout.torture.faults import (
    KILL_POINTS,
    MEANINGS,
    ON_THE_WIRE,
    POSTGRES_ONLY,
    SQLITE_ONLY,
    Engine,
    Fault,
    kinds_on,
)
from sellout.torture.plan import ITEMS, MAX_PER_ORDER, RoundPlan, plan_of, seed_of

ROUNDS_FOR_ALL = 20
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
ENGINES = st.sampled_from(Engine)


def main_of(plan: RoundPlan, kinds: tuple[Fault, ...]) -> Fault:
    return kinds[plan.seed % len(kinds)]


@given(SEEDS, ENGINES)
def test_the_same_seed_is_the_same_plan(seed: int, engine: Engine) -> None:
    assert plan_of(seed, engine, kinds_on(engine)) == plan_of(seed, engine, kinds_on(engine))


@given(SEEDS, ENGINES)
def test_another_seed_is_another_plan(seed: int, engine: Engine) -> None:
    one, two = (plan_of(each, engine, kinds_on(engine)) for each in (seed, seed + 1))
    assert (one.buyers, one.faults) != (two.buyers, two.faults)


@given(SEEDS, st.integers(min_value=1, max_value=1000), ENGINES)
def test_a_round_can_be_played_alone_by_its_own_seed(run_seed: int, number: int, engine: Engine) -> None:
    kinds = kinds_on(engine)
    its_own = seed_of(run_seed, number, kinds)
    assert its_own >= 0
    assert seed_of(its_own, 1, kinds) == its_own


@given(SEEDS, ENGINES)
def test_in_twenty_rounds_every_kind_of_fault_has_been_the_main_one(run_seed: int, engine: Engine) -> None:
    kinds = kinds_on(engine)
    plans = [plan_of(seed_of(run_seed, number, kinds), engine, kinds) for number in range(1, ROUNDS_FOR_ALL + 1)]
    assert {main_of(plan, kinds) for plan in plans} == set(kinds)
    assert all(plan.of(main_of(plan, kinds)) for plan in plans)


@given(SEEDS, ENGINES)
def test_no_fault_comes_twice_or_on_the_wrong_engine(seed: int, engine: Engine) -> None:
    plan = plan_of(seed, engine, kinds_on(engine))
    kinds = [fault.kind for fault in plan.faults]
    assert 1 <= len(kinds) == len(set(kinds)) <= 3
    assert not set(kinds) & (POSTGRES_ONLY if engine is Engine.SQLITE else SQLITE_ONLY)


@given(SEEDS, st.sets(st.sampled_from(Fault), min_size=1))
def test_only_the_faults_that_are_wanted_come(seed: int, wanted: set[Fault]) -> None:
    kinds = tuple(kind for kind in kinds_on(Engine.SQLITE) if kind in wanted)
    if kinds:
        assert {fault.kind for fault in plan_of(seed, Engine.SQLITE, kinds).faults} <= wanted


@given(SEEDS, ENGINES)
def test_faults_are_as_strong_as_their_kind_needs(seed: int, engine: Engine) -> None:
    for fault in plan_of(seed, engine, kinds_on(engine)).faults:
        assert fault.at >= 0
        assert (fault.nth >= 1) == (fault.kind in KILL_POINTS or fault.point is not None)
        assert (fault.share > 0) == (fault.kind in ON_THE_WIRE)
        assert (fault.jump != 0) == (fault.kind is Fault.CLOCK_JUMP)
        assert str(fault.kind) in fault.words


@given(SEEDS, ENGINES)
def test_what_is_not_synced_is_never_needed_by_a_second_process(seed: int, engine: Engine) -> None:
    plan = plan_of(seed, engine, kinds_on(engine))
    if plan.of(Fault.POWER_LOSS):
        assert plan.workers == 1
        assert not plan.webhooks


@given(SEEDS, ENGINES)
def test_the_server_itself_makes_the_tables_where_it_is_killed_at_that(seed: int, engine: Engine) -> None:
    plan = plan_of(seed, engine, kinds_on(engine))
    assert not (plan.of(Fault.KILL_IN_MIGRATION) and plan.webhooks)


@given(SEEDS, ENGINES)
def test_orders_are_ones_that_the_shop_can_grant(seed: int, engine: Engine) -> None:
    plan = plan_of(seed, engine, kinds_on(engine))
    keys = Counter[str]()
    for buyer in plan.buyers:
        order = buyer.first()
        keys.update([order.key or ""])
        assert order.buyer == buyer.name
        assert all(1 <= line.quantity <= MAX_PER_ORDER and line.item in ITEMS for line in order.lines)
        assert (len(order.lines) == len(ITEMS)) == (buyer.visit in BASKETS)
    assert max(keys.values()) == 1, "each buyer's key is its own"


def test_every_visit_is_made_and_every_kind_is_explained() -> None:
    plans = [plan_of(seed, Engine.SQLITE, kinds_on(Engine.SQLITE)) for seed in range(20)]
    assert {buyer.visit for plan in plans for buyer in plan.buyers} == set(Visit)
    assert set(MEANINGS) == set(Fault)
    assert {buyer.first().action for plan in plans for buyer in plan.buyers if buyer.visit in HOLDING} == {
        Action.HOLD,
        Action.HOLD_BASKET,
    }


def test_the_orders_about_the_lines_of_a_basket_have_keys_of_their_own() -> None:
    plan = plan_of(3, Engine.SQLITE, kinds_on(Engine.SQLITE))
    buyer = next(buyer for buyer in plan.buyers if buyer.visit is Visit.HOLD_BASKET)
    orders = [buyer.order(Action.CONFIRM, (line,), "hold") for line in buyer.lines]
    assert len({order.key for order in orders}) == len({order.payment_ref for order in orders}) == len(ITEMS)
    assert buyer.order(Action.RELEASE, buyer.lines[:1], "hold").key is None
    assert buyer.returned("purchase").payment_ref is None
    assert last_buyer(1, buyer.lines[0]).key != last_buyer(2, buyer.lines[0]).key


@pytest.mark.parametrize("engine", Engine)
def test_each_engine_has_faults_that_only_it_can_have(engine: Engine) -> None:
    assert set(kinds_on(engine)) & (SQLITE_ONLY if engine is Engine.SQLITE else POSTGRES_ONLY)
