"""What the rules on purchases and keys must see: lost, unasked, twice."""

from dataclasses import replace

import pytest

from sellout.history.requests import Action, Order
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Purchase
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import buy, confirm, hold, release
from tests.prove.kept import Said
from tests.prove.planting import broken, findings, keep_instead, tell_instead
from tests.prove.rules.holds_day import evidence
from tests.prove.till import Till


class TestAcknowledgedIsKept:
    def test_sees_a_purchase_that_is_gone(self) -> None:
        run = evidence()
        lost = keep_instead(run, purchases=run.purchases[1:])
        assert "acknowledged_is_kept" in broken(HOLDS, lost)

    @pytest.mark.parametrize(
        "change", [{"buyer": "zoe"}, {"quantity": 9}, {"payment_ref": "x"}, {"hold_id": "h-9"}, {"state": "refunded"}]
    )
    def test_sees_one_that_is_kept_otherwise(self, change: dict[str, object]) -> None:
        run = evidence()
        first, *rest = run.purchases
        assert "acknowledged_is_kept" in broken(HOLDS, keep_instead(run, purchases=(replace(first, **change), *rest)))  # type: ignore[arg-type]

    def test_sees_a_purchase_that_nobody_was_told_of(self) -> None:
        run = evidence()
        ghost = Purchase("p-ghost", 1, "ann")
        assert "nothing_unasked" in broken(HOLDS, keep_instead(run, purchases=(*run.purchases, ghost)))

    def test_accepts_a_purchase_whose_answer_was_lost(self) -> None:
        till = Till({"item": 2})
        till.ask(buy("ann"))
        run = tell_instead(till.evidence(), lambda r: replace(r.final, status=None, said={}))
        assert broken(HOLDS, run) == ["every_request_answered"]


class TestOncePerHold:
    def test_sees_a_hold_that_was_confirmed_twice(self) -> None:
        class Twice(Till):
            def on_confirm(self, order: Order) -> Said:
                kept = self.holds[order.subject or ""]
                if kept.state == "confirmed":
                    kept.state = "expired"
                return super().on_confirm(order)

        till = Twice({"item": 5})
        taken = till.ask(hold("ann"))
        till.ask(confirm(taken, "ann"))
        till.ask(replace(confirm(taken, "ann", ref="another"), key="another"))
        assert "once_per_hold" in broken(HOLDS, till.evidence())

    def test_sees_one_payment_for_two_holds(self) -> None:
        class Careless(Till):
            def is_used(self, ref: str | None) -> bool:
                return super().is_used(ref) and ref != "one payment"

        till = Careless({"item": 5})
        for number in (1, 2):
            taken = till.ask(hold("ann", number=number))
            till.ask(confirm(taken, "ann", ref="one payment"))
        run = till.evidence()
        assert "once_per_hold" in broken(HOLDS, run)
        assert "payment_ref one payment has made 2 purchases" in findings(HOLDS, run, "once_per_hold")

    def test_sees_a_payment_refused_that_was_never_used(self) -> None:
        till = Till({"item": 5})
        taken = till.ask(hold("ann"))
        till.ask(confirm(taken, "ann"))
        run = tell_instead(
            till.evidence(),
            lambda r: (
                replace(r.final, status=409, said={"code": "payment_ref_in_use"})
                if r.order.action is Action.CONFIRM
                else None
            ),
        )
        assert "one_payment_for_one_hold" in broken(HOLDS, run)

    def test_accepts_the_refusal_of_a_payment_for_a_second_hold(self) -> None:
        till = Till({"item": 5})
        first, second = till.ask(hold("ann")), till.ask(hold("ann", number=2))
        till.ask(confirm(first, "ann"))
        assert till.ask(confirm(second, "ann")).code == "payment_ref_in_use"
        till.ask(release(second, "ann"))
        assert broken(HOLDS, till.evidence()) == []


class TestOncePerKey:
    def doubled(self, action: Action, **change: object) -> Evidence:
        """The day, with another second answer to a doubled request."""
        return tell_instead(
            evidence(),
            lambda r: replace(r.final, **change) if r.order.action is action and r.copy == 1 else None,  # type: ignore[arg-type]
        )

    @pytest.mark.parametrize("action", [Action.HOLD, Action.PAY, Action.CONFIRM])
    def test_sees_a_replay_with_another_answer(self, action: Action) -> None:
        second = next(r for r in evidence().requests if r.order.action is action and r.copy == 1).final
        run = self.doubled(action, said={**second.said, "expires_at": "2026-07-01T09:00:00Z"})
        assert broken(HOLDS, run) == ["once_per_key"]

    @pytest.mark.parametrize("action", [Action.HOLD, Action.PAY, Action.CONFIRM])
    def test_sees_two_answers_that_both_say_they_are_the_first(self, action: Action) -> None:
        assert broken(HOLDS, self.doubled(action, replayed=False)) == ["once_per_key"]

    def test_sees_only_replays(self) -> None:
        run = tell_instead(
            evidence(), lambda r: replace(r.final, replayed=True) if r.order.action is Action.PAY else None
        )
        assert broken(HOLDS, run) == ["once_per_key"]

    def test_sees_two_holds_under_one_key(self) -> None:
        class Forgetful(Till):
            def answer(self, order: Order) -> tuple[int, dict[str, object], bool]:
                self.keys.clear()
                return super().answer(order)

        till = Forgetful({"item": 5})
        taken = till.ask(hold("ann", doubled=True))
        till.ask(release(taken, "ann"))
        assert "once_per_key" in broken(HOLDS, till.evidence())

    def test_sees_a_refusal_after_the_success(self) -> None:
        refused = {"code": "all_held", "available": 0}
        run = self.doubled(Action.CONFIRM, status=409, said=refused, replayed=False)
        assert "once_per_key" in broken(HOLDS, run)

    def test_accepts_a_refusal_before_it(self) -> None:
        assert broken(HOLDS, evidence()) == []  # eve's first request was refused, her second one has the same key
