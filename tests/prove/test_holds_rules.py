"""What the rules of holds must see. The shop of most faults is honest but for one step."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.prove.evidence import Action, Attempt, Evidence, Line, Order, Purchase, Request
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import buy, confirm, hold, pay, release
from tests.prove.planting import all_at_once, broken, count_more, findings, keep_instead, tell_instead
from tests.prove.till import KeptHold, Said, Till, problem


def a_day(till: Till) -> Till:
    """Five units: paid, confirmed, released, let expire, paid late in vain, and bought at the last call."""
    ann = till.ask(hold("ann", 2, doubled=True))
    bob, cid, dee = till.ask(hold("bob")), till.ask(hold("cid")), till.ask(hold("dee"))
    till.ask(hold("eve"))
    till.ask(pay(ann, "ann", doubled=True))
    till.ask(confirm(ann, "ann", doubled=True))
    till.ask(release(bob, "bob", doubled=True))
    eve = till.ask(hold("eve"))
    till.ask(confirm(eve, "eve"))
    till.wait(till.pace.hold + 1)
    till.ask(confirm(dee, "dee"))
    fay = till.ask(hold("fay"))
    till.ask(confirm(cid, "cid"))
    till.ask(confirm(fay, "fay"))
    till.ask(hold("gus"))
    till.wait(till.pace.hold + 1)
    return till


def evidence(till: Till | None = None, stock: int = 5) -> Evidence:
    till = a_day(till or Till({"item": stock}))
    return till.evidence(calm_from=till.now)


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


def random_day(till: Till, steps: list[tuple[int, int]]) -> Evidence:
    """Six buyers: each step is one of them who takes, buys, pays, confirms, releases, or lets time pass."""
    taken: dict[int, Attempt] = {}
    for number, (step, who) in enumerate(steps):
        buyer = f"buyer-{who}"
        if step == 0:
            answer = till.ask(replace(hold(buyer, 1 + who % 3, doubled=who == 1), key=f"{buyer}-{number}"))
            taken = {**taken, who: answer} if answer.granted else taken
        elif step == 1:
            till.ask(replace(buy(buyer, 1 + who % 2), key=f"{buyer}-{number}"))
        elif step == 2:
            till.wait(till.pace.hold / 2)
        elif who in taken:
            till.ask(_next(step, taken[who], buyer, number))
            taken = {name: answer for name, answer in taken.items() if name != who or step == 3}
    till.wait(till.pace.hold + till.pace.payment)
    return till.evidence(calm_from=till.now)


def _next(step: int, taken: Attempt, buyer: str, number: int) -> Order:
    if step == 3:
        return pay(taken, buyer)
    return release(taken, buyer) if step == 4 else confirm(taken, buyer, ref=f"{buyer}-{number}")


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


class TestEveryRequestAnswered:
    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"status": 500, "said": {}}, id="a 500"),
            pytest.param({"status": None, "said": {}}, id="silence"),
            pytest.param({"status": 503, "said": {"code": "busy"}}, id="busy for ever"),
            pytest.param({"status": 404, "said": {"code": "unknown_hold"}}, id="unknown"),
            pytest.param({"status": 409, "said": {"code": "already_confirmed"}}, id="nobody confirmed it"),
            pytest.param({"status": 201, "said": {"hold_id": "h-1"}}, id="another success"),
            pytest.param({"said": {"hold_id": "h-7", "state": "paying"}}, id="about another hold"),
        ],
    )
    def test_sees(self, answer: dict[str, object]) -> None:
        till = Till({"item": 3})
        taken = till.ask(hold("ann"))
        till.ask(pay(taken, "ann"))
        till.wait(9)
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, **answer) if r.order.action is Action.PAY else None,  # type: ignore[arg-type]
        )
        assert "every_request_answered" in broken(HOLDS, run)

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ({"status": 202}, "was answered 202 instead of 200"),
            ({"said": {"state": "paying", "subject": "h-0"}}, "was answered 200 without a hold_id"),
            ({"said": {"state": "paying", "hold_id": "h-7"}}, "asked about h-0 and was answered about something else"),
            ({"said": {"state": "held", "hold_id": "h-0"}}, "was told the state held"),
            ({"said": {"state": "paying", "hold_id": "h-0", "quantity": 7}}, "meant 1 and was told of 7"),
        ],
    )
    def test_sees_what_is_wrong_with_a_success(self, answer: dict[str, object], why: str) -> None:
        till = Till({"item": 3})
        till.ask(pay(till.ask(hold("ann")), "ann"))
        till.wait(9)
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, **answer) if r.order.action is Action.PAY else None,  # type: ignore[arg-type]
        )
        assert broken(HOLDS, run) == ["every_request_answered"]
        assert why in findings(HOLDS, run, "every_request_answered")

    def test_sees_a_request_of_which_nothing_is_known(self) -> None:
        run = evidence()
        assert "every_request_answered" in broken(HOLDS, replace(run, requests=run.requests[:-1]))

    def test_sees_all_held_without_a_time_to_come_again(self) -> None:
        run = tell_instead(evidence(), lambda r: replace(r.final, retry_after=None))
        assert broken(HOLDS, run) == ["every_request_answered"]

    def test_sees_another_quantity(self) -> None:
        def less(request: Request) -> Attempt | None:
            if request.order.action is not Action.HOLD or request.order.buyer != "bob":
                return None
            return replace(request.final, said={**request.final.said, "quantity": 9})

        assert broken(HOLDS, tell_instead(evidence(), less)) == ["every_request_answered"]


class TestCountersMatchLedger:
    @pytest.mark.parametrize("kind", ["hold", "confirm", "release", "expire"])
    def test_sees_a_movement_too_many(self, kind: str) -> None:
        sign = 1 if kind == "hold" else -1
        assert "counters_match_ledger" in broken(HOLDS, count_more(evidence(stock=9), kind, held=sign))

    def test_sees_a_sum_that_is_not_the_counter(self) -> None:
        run = evidence()
        audit = run.only.audit_after
        short = {kind: moved for kind, moved in audit.movements.items() if kind != "buy"}
        assert broken(HOLDS, keep_instead(run, audit_after=replace(audit, movements=short))) == [
            "counters_match_ledger"
        ]

    def test_sees_what_the_server_itself_reports(self) -> None:
        run = evidence()
        audit = replace(run.only.audit_after, consistent=False)
        assert broken(HOLDS, keep_instead(run, audit_after=audit)) == ["counters_match_ledger"]

    def test_sees_expiries_entered_as_confirmations(self) -> None:
        class Muddled(Till):
            def move(self, item: str, kind: str, *, sold: int = 0, held: int = 0) -> None:
                super().move(item, "confirm" if kind == "expire" else kind, sold=sold, held=held)

        assert broken(HOLDS, evidence(Muddled({"item": 5}))) == ["counters_match_ledger"]

    def test_sees_a_counter_that_the_purchases_do_not_explain(self) -> None:
        run = evidence(stock=9)
        run = keep_instead(run, purchases=(*run.purchases, Purchase("p-9", 2, "zoe")))
        assert "have 8 units, and the counter of sold units says 6" in findings(HOLDS, run, "counters_match_ledger")

    def test_sees_an_item_that_says_something_else_than_its_audit(self) -> None:
        run = evidence(stock=9)
        run = keep_instead(run, after=replace(run.only.after, capacity=8, available=2))
        assert broken(HOLDS, run) == ["counters_match_ledger"]
        said = findings(HOLDS, run, "counters_match_ledger")
        assert "the item says Counters(capacity=8, sold=6, held=0, available=2), and its audit" in said

    def test_sees_a_movement_that_is_lost_with_its_counter(self) -> None:
        run = evidence()
        audit = run.only.audit_after
        moved = {**audit.movements, "restock": replace(audit.of("restock"), sold=1)}
        run = keep_instead(run, audit_after=replace(audit, movements=moved))
        assert broken(HOLDS, run) == ["counters_match_ledger"]
        assert "movements of sold add up to 6, and the counter says 5" in findings(HOLDS, run, "counters_match_ledger")

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("hold", "the ledger has 7 movements hold with 7 units, and buyers were told of 6 with 7"),
            ("release", "the ledger has 2 movements release with -1 units, and buyers were told of 1 with -1"),
        ],
    )
    def test_sees_a_movement_of_nothing(self, kind: str, why: str) -> None:
        run = count_more(evidence(), kind)
        assert broken(HOLDS, run) == ["counters_match_ledger"]
        assert why in findings(HOLDS, run, "counters_match_ledger")

    def test_sees_holds_that_ended_by_no_movement_that_buyers_know(self) -> None:
        class Muddled(Till):
            def move(self, item: str, kind: str, *, sold: int = 0, held: int = 0) -> None:
                super().move(item, "vanish" if kind == "expire" else kind, sold=sold, held=held)

        till = Muddled({"item": 2})
        till.ask(hold("ann"))
        till.wait(9)
        run = till.evidence()
        said = findings(HOLDS, run, "counters_match_ledger")
        assert "confirm and expire end 0 held units, by what buyers were told 1" in said
        assert "expire end 0 held units, and buyers let 1 to 1 expire" in said

    def test_sees_counters_that_do_not_follow(self) -> None:
        run = evidence()
        wrong = replace(run.only.before, available=1)
        assert broken(HOLDS, keep_instead(run, before=wrong)) == ["counters_match_ledger"]
