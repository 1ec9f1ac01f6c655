"""Honest days of holds are exact, and the rules on late payments see what they must."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.history.requests import Order
from sellout.prove.evidence import Evidence
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import buy, confirm, hold
from tests.prove.kept import Said
from tests.prove.planting import all_at_once, broken, keep_instead, tell_instead
from tests.prove.rules.holds_day import evidence, random_day
from tests.prove.till import Till


class TestAnHonestDay:
    def test_has_everything_that_can_become_of_a_hold(self) -> None:
        run = evidence()
        assert {kept.state for kept in run.holds} == {"confirmed", "released", "expired"}
        assert [request.final.code for request in run.requests if request.final.code] == [
            "all_held",
            "hold_expired",
            "sold_out",
        ]
        assert (run.after.sold, run.after.available) == (5, 0)

    @pytest.mark.parametrize("stock", [5, 6, 9])
    def test_is_exact(self, stock: int) -> None:
        assert broken(HOLDS, evidence(stock=stock)) == []

    @given(
        stock=st.integers(1, 12),
        steps=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=60),
        chance=st.randoms(use_true_random=False),
    )
    def test_is_exact_whatever_happens(self, stock: int, steps: list[tuple[int, int]], chance: Random) -> None:
        run = random_day(Till({"item": stock}), steps)
        assert broken(HOLDS, run) == []
        assert broken(HOLDS, all_at_once(run, chance)) == []


class TestLatePayments:
    def late(self, till: Till | None = None, stock: int = 1) -> Evidence:
        """Ann's hold has expired; bob has bought all there is but what the stock has beyond one; then she pays."""
        till = till or Till({"item": stock})
        taken = till.ask(hold("ann"))
        till.wait(till.pace.hold + 1)
        till.ask(buy("bob"))
        till.ask(confirm(taken, "ann"))
        return till.evidence()

    @pytest.mark.parametrize("stock", [1, 2])
    def test_are_taken_where_the_units_are_there_and_are_due_back_where_not(self, stock: int) -> None:
        run = self.late(stock=stock)
        assert broken(HOLDS, run) == []
        assert (len(run.only.late_payments), run.after.sold) == (2 - stock, stock)

    def test_sees_one_that_is_due_back_though_its_units_were_there(self) -> None:
        class Strict(Till):
            def on_confirm(self, order: Order) -> Said:
                kept = self.holds[order.subject or ""]
                return self.too_late(kept, order.payment_ref) if kept.state == "expired" else super().on_confirm(order)

        assert broken(HOLDS, self.late(Strict({"item": 2}))) == ["refund_due_only_when_gone"]

    def test_sees_one_whose_buyer_is_not_told(self) -> None:
        run = tell_instead(
            self.late(), lambda r: replace(r.final, said={"code": "hold_expired"}) if r.final.code else None
        )
        assert "refund_due_only_when_gone" in broken(HOLDS, run)

    @pytest.mark.parametrize("times", [0, 2])
    def test_sees_one_that_is_recorded_never_or_twice(self, times: int) -> None:
        run = self.late()
        run = keep_instead(run, late_payments=run.only.late_payments * times)
        assert broken(HOLDS, run) == ["late_payments_are_recorded"]

    def test_sees_one_that_is_recorded_without_a_word(self) -> None:
        (recorded,) = self.late().only.late_payments
        run = keep_instead(self.late(stock=2), late_payments=(recorded,))
        assert broken(HOLDS, run) == ["late_payments_are_recorded"]
