"""The checker: it accepts every history of a correct shop, and finds each fault that is planted in one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellout.history.check import RULES
from tests.history import wrong_shops as wrong
from tests.history.planting import (
    Plant,
    broken,
)
from tests.history.plants import PLANTERS, day, otherwise, plants
from tests.history.sale import Weather, played
from tests.history.shop import Shop

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

WEATHERS = st.builds(
    Weather,
    seed=st.integers(0, 2**32),
    buyers=st.integers(2, 25),
    stock=st.integers(1, 25),
    lost=st.sampled_from([0.0, 0.05, 0.2]),
    repeated=st.sampled_from([0.0, 0.0, 0.2]),
    crashes=st.sampled_from([0, 0, 1, 3]),
    jump=st.sampled_from([0.0, 0.0, 5.0, -1.5]),
)


class TestACorrectShop:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(WEATHERS)
    def test_is_never_accused(self, weather: Weather) -> None:
        assert broken(played(weather)) == []

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def test_is_never_accused_of_what_buyers_without_keys_bring_upon_themselves(self, seed: int) -> None:
        assert broken(played(Weather(seed, lost=0.1, crashes=1, keyless=0.5))) == []

    def test_may_refuse_another_request_under_a_key(self) -> None:
        assert broken(otherwise(day(), status=422, said={"code": "key_reused"})) == []

    def test_has_no_other_reason_to_refuse_it_than_the_key(self) -> None:
        assert "every_request_settled" in broken(otherwise(day(), status=422, said={"code": "invalid_request"}))


class TestAFaultInTheRecord:
    @pytest.mark.parametrize(("rule", "plant"), list(plants()))
    def test_is_found_by_the_rule_that_names_it(self, rule: str, plant: Plant) -> None:
        assert rule in broken(plant(day()))

    def test_is_planted_for_every_rule(self) -> None:
        assert [planter.__name__ for planter in PLANTERS] == [rule.name for rule in RULES]


class TestAShopThatDoesItWrong:
    @pytest.mark.parametrize(
        ("kind", "rule"),
        [
            (wrong.Generous, "never_oversold"),
            (wrong.Mean, "refusals_are_true"),
            (wrong.Mean, "never_undersold"),
            (wrong.Forgetful, "never_undersold"),
            (wrong.Hasty, "deadlines_are_kept"),
            (wrong.Absentminded, "once_per_key"),
            (wrong.Rude, "served_in_turn"),
            (wrong.Lenient, "limits_are_kept"),
            (wrong.Halving, "all_lines_or_none"),
            (wrong.Greedy, "never_oversold"),
        ],
    )
    def test_is_found_out_within_a_few_sales(self, kind: type[Shop], rule: str) -> None:
        sales = (Weather(seed, buyers=40, lost=0.1) for seed in range(8))
        assert any(rule in broken(played(weather, kind)) for weather in sales)
