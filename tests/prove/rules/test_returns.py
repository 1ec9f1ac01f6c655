"""Honest days of refunds are exact, and the rules see a refund that counts twice or not at all."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sellout.history.requests import Action, Order
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Purchase
from sellout.prove.scenarios.returns import RETURNS
from tests.prove.asks import buy, refund
from tests.prove.kept import Said
from tests.prove.planting import all_at_once, broken, count_more, findings, keep_instead, tell_instead
from tests.prove.rules.returns_day import evidence, random_day
from tests.prove.till import Till


class TestAnHonestDay:
    def test_is_exact(self) -> None:
        run = evidence()
        assert {entry.state for entry in run.entries} >= {"confirmed", "left", "lapsed"}
        assert broken(RETURNS, run) == []

    @given(
        stock=st.integers(1, 8),
        steps=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), max_size=60),
        chance=st.randoms(use_true_random=False),
    )
    def test_is_exact_whatever_happens(self, stock: int, steps: list[tuple[int, int]], chance: Random) -> None:
        run = random_day(Till({"item": stock}), steps)
        assert broken(RETURNS, run) == []
        assert broken(RETURNS, all_at_once(run, chance)) == []


class TestRefundedOnce:
    def twice(self, till: Till) -> Evidence:
        sold = till.ask(buy("olga"))
        till.ask(refund(sold, key="1"))
        till.ask(refund(sold, key="2"))
        return till.evidence()

    def test_accepts_that_the_second_is_told_so(self) -> None:
        assert broken(RETURNS, self.twice(Till({"item": 3}))) == []

    def test_sees_one_purchase_given_back_twice(self) -> None:
        class Generous(Till):
            def on_refund(self, order: Order) -> Said:
                item, purchase = self.purchases[order.subject or ""]
                self.purchases[order.subject or ""] = item, replace(purchase, state="sold")
                return super().on_refund(order)

        run = self.twice(Generous({"item": 3}))
        assert "was given back 2 times" in findings(RETURNS, run, "refunded_once")
        assert {"refunded_once", "counters_match_ledger"} <= set(broken(RETURNS, run))

    def test_sees_it_in_the_ledger_alone(self) -> None:
        run = count_more(self.twice(Till({"item": 3})), "refund", sold=-1)
        assert {"refunded_once", "counters_match_ledger"} <= set(broken(RETURNS, run))

    def test_sees_a_refund_that_was_refused_as_a_repetition_of_nothing(self) -> None:
        till = Till({"item": 3})
        sold = till.ask(buy("olga"))
        till.ask(refund(sold))
        run = tell_instead(
            till.evidence(),
            lambda r: (
                replace(r.final, status=409, said={"code": "already_refunded"})
                if r.order.action is Action.REFUND
                else None
            ),
        )
        assert "and nobody had done so" in findings(RETURNS, run, "refunded_once")

    def test_sees_a_refund_that_nobody_was_told_of(self) -> None:
        till = Till({"item": 3})
        till.ask(buy("olga"))
        run = count_more(till.evidence(), "refund", sold=-1)
        refunded = tuple(replace(purchase, state="refunded") for purchase in run.purchases)
        assert "refunded_once" in broken(RETURNS, keep_instead(run, purchases=refunded))

    def test_sees_a_refund_that_was_lost(self) -> None:
        till = Till({"item": 3})
        sold = till.ask(buy("olga"))
        till.ask(refund(sold))
        run = count_more(till.evidence(), "refund", count=-1, sold=1)
        kept = tuple(replace(purchase, state="sold") for purchase in run.purchases)
        run = keep_instead(run, purchases=kept)
        assert {"acknowledged_is_kept", "counters_match_ledger"} <= set(broken(RETURNS, run))

    def test_sees_a_replay_with_another_answer(self) -> None:
        till = Till({"item": 3})
        sold = till.ask(buy("olga"))
        till.ask(refund(sold, doubled=True))
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, said={**r.final.said, "buyer": "otto"}) if r.copy == 1 else None,
        )
        assert broken(RETURNS, run) == ["once_per_key"]


class TestWhatIsShared:
    def test_an_oversale_to_a_passer_by_is_seen(self) -> None:
        run = evidence()
        extra = Purchase("p-extra", 9, "pat")
        run = count_more(keep_instead(run, purchases=(*run.purchases, extra)), "buy", sold=9)
        assert {"never_oversold", "nothing_unasked"} <= set(broken(RETURNS, run))

    def test_a_second_purchase_of_one_offer_is_seen(self) -> None:
        run = evidence()
        confirmed = next(purchase for purchase in run.purchases if purchase.hold_id)
        again = replace(confirmed, purchase_id="p-again")
        assert "once_per_hold" in broken(RETURNS, keep_instead(run, purchases=(*run.purchases, again)))
