"""What the rules on the ends of holds must see: stuck, early, late, and not for good."""

from dataclasses import replace

import pytest

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import confirm, hold, pay, release
from tests.prove.kept import KeptHold, Said
from tests.prove.planting import broken, findings, tell_instead
from tests.prove.rules.holds_day import evidence
from tests.prove.till import Till


class TestHoldsEndAsTold:
    def test_sees_a_unit_that_stays_held(self) -> None:
        class Stuck(Till):
            def settle(self) -> None:
                """No hold ever expires."""

        till = Stuck({"item": 2})
        till.ask(hold("ann"))
        till.wait(9)
        run = till.evidence()
        assert "holds_end_as_told" in broken(HOLDS, run)
        assert "1 of item are still held" in findings(HOLDS, run, "holds_end_as_told")

    @pytest.mark.parametrize(("buyer", "state"), [("ann", "expired"), ("bob", "expired"), ("cid", "released")])
    def test_sees_another_end_than_the_buyer_was_told(self, buyer: str, state: str) -> None:
        run = evidence()
        holds = tuple(replace(kept, state=state) if kept.buyer == buyer else kept for kept in run.holds)
        assert "holds_end_as_told" in broken(HOLDS, replace(run, holds=holds))

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"quantity": 9}, "is kept for cid with 9 of item"),
            ({"item": "lamp"}, "is kept for cid with 1 of lamp"),
            ({"buyer": "zoe"}, "is kept for zoe with 1 of item"),
            ({"state": "paying"}, "is still paying"),
            ({"state": "confirmed"}, "was neither confirmed nor released and is kept as confirmed"),
        ],
    )
    def test_sees_a_hold_that_is_kept_otherwise(self, change: dict[str, object], why: str) -> None:
        run = evidence()
        holds = tuple(replace(kept, **change) if kept.buyer == "cid" else kept for kept in run.holds)  # type: ignore[arg-type]
        run = replace(run, holds=holds)
        assert broken(HOLDS, run) == ["holds_end_as_told"]
        assert why in findings(HOLDS, run, "holds_end_as_told")

    def test_sees_a_hold_that_is_gone(self) -> None:
        run = evidence()
        assert broken(HOLDS, replace(run, holds=run.holds[1:])) == ["holds_end_as_told"]

    def test_sees_units_that_did_not_come_back(self) -> None:
        class Leaky(Till):
            def end(self, hold: KeptHold, kind: str, state: str) -> None:
                super().end(hold, kind, state)
                self.shelves[hold.line.item].sold += kind == "release"

        assert "counters_match_ledger" in broken(HOLDS, evidence(Leaky({"item": 9})))


class TestDeadlinesAreKept:
    def test_sees_a_hold_that_ended_before_its_time(self) -> None:
        class Hasty(Till):
            def take(self, buyer: str, line: Line, seconds: float) -> KeptHold:
                return super().take(buyer, line, seconds - 1)

        till = Hasty({"item": 1})
        taken = till.ask(hold("ann"))
        till.wait(1.2)
        assert till.ask(pay(taken, "ann")).code == "hold_expired"
        assert broken(HOLDS, till.evidence()) == ["deadlines_are_kept"]

    @pytest.mark.parametrize("ask", [pay, release])
    def test_sees_a_hold_that_outlived_its_time(self, ask: object) -> None:
        class Patient(Till):
            def take(self, buyer: str, line: Line, seconds: float) -> KeptHold:
                return super().take(buyer, line, seconds + 5)

        till = Patient({"item": 1})
        taken = till.ask(hold("ann"))
        till.wait(till.pace.hold + 1)
        till.ask(ask(taken, "ann"))  # type: ignore[operator]
        till.wait(9)
        assert "deadlines_are_kept" in broken(HOLDS, till.evidence())

    def test_accepts_that_beginning_to_pay_moves_the_deadline(self) -> None:
        till = Till({"item": 1})
        taken = till.ask(hold("ann"))
        till.wait(till.pace.hold - 0.5)
        till.ask(pay(taken, "ann"))
        till.wait(1.0)
        assert till.ask(confirm(taken, "ann")).granted
        assert broken(HOLDS, till.evidence()) == []


class TestEndedOnce:
    def test_accepts_that_an_ended_hold_stays_ended(self) -> None:
        till = Till({"item": 3})
        ann, bob = till.ask(hold("ann")), till.ask(hold("bob"))
        till.ask(confirm(ann, "ann"))
        assert till.ask(release(ann, "ann")).code == "already_confirmed"
        till.ask(release(bob, "bob"))
        assert till.ask(confirm(bob, "bob")).code == "hold_released"
        assert broken(HOLDS, till.evidence()) == []

    def test_sees_a_hold_that_is_sold_after_it_was_given_back(self) -> None:
        class Forgiving(Till):
            def on_confirm(self, order: Order) -> Said:
                kept = self.holds[order.subject or ""]
                kept.state = "expired" if kept.state == "released" else kept.state
                return super().on_confirm(order)

        till = Forgiving({"item": 3})
        taken = till.ask(hold("ann"))
        till.ask(release(taken, "ann"))
        till.ask(confirm(taken, "ann"))
        assert "ended_once" in broken(HOLDS, till.evidence())

    def test_sees_a_hold_that_is_given_back_after_it_was_sold(self) -> None:
        class Forgiving(Till):
            def on_release(self, order: Order) -> Said:
                kept = self.holds[order.subject or ""]
                return (204, {}) if kept.state == "confirmed" else super().on_release(order)

        till = Forgiving({"item": 3})
        taken = till.ask(hold("ann"))
        till.ask(confirm(taken, "ann"))
        till.ask(release(taken, "ann"))
        assert "ended_once" in broken(HOLDS, till.evidence())

    @pytest.mark.parametrize(
        ("action", "code"), [(Action.CONFIRM, "hold_released"), (Action.RELEASE, "already_confirmed")]
    )
    def test_sees_an_end_that_nobody_asked_for(self, action: Action, code: str) -> None:
        till = Till({"item": 3})
        taken = till.ask(hold("ann"))
        till.ask(confirm(taken, "ann") if action is Action.CONFIRM else release(taken, "ann"))
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, status=409, said={"code": code}) if r.order.action is action else None,
        )
        assert "ended_once" in broken(HOLDS, run)
