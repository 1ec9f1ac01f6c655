"""What the rules on units over time must see: oversold, undersold, left over."""

from dataclasses import replace

import pytest

from sellout.history.requests import Action, Order
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import buy, hold, release
from tests.prove.kept import Said, problem
from tests.prove.planting import broken, count_more, findings, keep_instead, tell_instead
from tests.prove.rules.holds_day import evidence
from tests.prove.till import Till


class TestNeverOversold:
    def test_sees_it_on_the_counters(self) -> None:
        run = count_more(evidence(), "buy", sold=1)
        assert "never_oversold" in broken(HOLDS, run)

    def test_sees_it_at_a_moment_of_the_run_even_if_it_was_mended(self) -> None:
        class Generous(Till):
            def refusal(self, order: Order) -> Said | None:
                return None if order.buyer == "eve" and self.now < 101 else super().refusal(order)

        run = evidence(Generous({"item": 5}))
        assert run.after.sold <= 5
        assert "never_oversold" in broken(HOLDS, run)
        assert "At one moment buyers had 6 units of item" in findings(HOLDS, run, "never_oversold")


class TestNeverUndersold:
    def test_sees_all_held_while_a_unit_was_free(self) -> None:
        class Mean(Till):
            def refusal(self, order: Order) -> Said | None:
                return problem(409, "all_held", available=0) if order.buyer == "gus" else super().refusal(order)

        assert broken(HOLDS, evidence(Mean({"item": 7}))) == ["never_undersold"]

    def test_sees_units_that_stay_taken_after_their_hold_has_ended(self) -> None:
        class Forgetful(Till):
            """Ends holds only when it is asked for its books, as one would that waits for a sweeper."""

            def settle(self) -> None:
                if self.sweeping:
                    super().settle()

            sweeping = False

        till = Forgetful({"item": 1})
        till.ask(hold("ann"))
        till.wait(till.pace.hold + 1)
        till.ask(hold("bob"))
        till.sweeping = True
        run = till.evidence()
        assert broken(HOLDS, run) == ["never_undersold"]
        assert "bob was told 409 all_held, and at least 1 of item were free" in findings(HOLDS, run, "never_undersold")

    def test_sees_sold_out_while_units_were_only_held(self) -> None:
        till = Till({"item": 1})
        taken = till.ask(hold("ann"))
        till.ask(hold("bob"))
        till.ask(release(taken, "ann"))
        run = tell_instead(till.evidence(), lambda r: replace(r.final, status=410, said={"code": "sold_out"})
                           if r.final.refused else None)  # fmt: skip
        assert broken(HOLDS, run) == ["never_undersold"]

    def test_sees_a_refusal_of_two_while_two_were_free(self) -> None:
        till = Till({"item": 5})
        till.ask(buy("ann", 3))
        till.ask(buy("bob", 3))
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, said={"code": "not_enough_left", "available": 1}) if r.final.refused else None,
        )
        run = replace(run, requests=(run.requests[0], replace(run.requests[1], order=buy("bob", 2))))
        assert broken(HOLDS, replace(run, orders=(run.orders[0], buy("bob", 2)))) == ["never_undersold"]

    @pytest.mark.parametrize("available", [0, 3])
    def test_sees_a_refusal_that_contradicts_itself(self, available: int) -> None:
        till = Till({"item": 5})
        till.ask(buy("ann", 4))
        till.ask(buy("bob", 3))
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, said={**r.final.said, "available": available}) if r.final.refused else None,
        )
        assert broken(HOLDS, run) == ["never_undersold"]

    def test_sees_units_left_over_that_somebody_wanted_when_none_came_back_any_more(self) -> None:
        till = Till({"item": 2})
        till.ask(hold("ann", 2))
        refused = till.ask(hold("bob", 2))
        till.wait(till.pace.hold + 1)
        calm_from = till.now
        till.ask(buy("bob", 2))
        run = till.evidence(calm_from=calm_from)
        assert broken(HOLDS, run) == []
        again = replace(refused, started_at=calm_from, ended_at=calm_from + 0.1)
        run = tell_instead(run, lambda r: again if r.order.action is Action.BUY else None)
        run = count_more(keep_instead(run, purchases=()), "buy", count=-1, sold=-2)
        assert "bob was refused 2 of item when no unit came back" in findings(HOLDS, run, "never_undersold")
