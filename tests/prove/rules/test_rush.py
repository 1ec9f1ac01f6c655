"""What the rules of the rush must see. Each planted fault breaks exactly the rule that names it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.history.requests import Attempt
from sellout.history.verdict import FINDINGS_MAX, Verdict
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Audit, Movements, Purchase
from sellout.prove.scenarios.rush import RULES
from sellout.prove.verdict import judge as judge_by
from tests.prove.honest import (
    RESTOCKED,
    SOLD,
    answer,
    answer_instead,
    audit,
    bought,
    busy,
    count_instead,
    counters,
    crowd,
    honest_run,
    not_enough_left,
    rewrite,
    silence,
    sold_out,
)

FIVE = [1, 1, 1, 1, 1]


def judge(evidence: Evidence) -> Verdict:
    return judge_by(RULES, evidence)


def broken(evidence: Evidence) -> list[str]:
    return [ruling.name for ruling in judge(evidence).broken]


def sellout_run() -> Evidence:
    """Three units, five buyers; the first and the fourth sent their request twice."""
    return honest_run(3, crowd(*FIVE, doubled=(0, 3)))


class TestAnHonestRun:
    def test_is_exact(self) -> None:
        assert judge(sellout_run()).exact

    def test_is_exact_when_fewer_came_than_there_are_units(self) -> None:
        assert judge(honest_run(9, crowd(*FIVE))).exact

    def test_is_exact_when_a_buyer_had_to_ask_again(self) -> None:
        run = answer_instead(sellout_run(), 1, busy(), silence(), bought("p-buyer-1", replayed=True))
        assert judge(run).exact

    def test_may_leave_units_that_nobody_asked_for_in_that_number(self) -> None:
        run = honest_run(5, crowd(3, 3, doubled=(1,)))
        assert run.after.available == 2
        assert judge(run).exact

    @given(
        stock=st.integers(1, 30),
        buyers=st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=40),
    )
    def test_is_exact_whatever_the_stock_and_the_demand(self, stock: int, buyers: list[tuple[int, bool]]) -> None:
        doubled = [number for number, (_, twice) in enumerate(buyers) if twice]
        run = honest_run(stock, crowd(*(quantity for quantity, _ in buyers), doubled=doubled))
        assert broken(run) == []


class TestNeverOversold:
    def test_sees_more_units_sold_than_there_were(self) -> None:
        run = answer_instead(sellout_run(), 4, bought("p-extra"))
        run = rewrite(run, purchases=(*run.purchases, Purchase("p-extra", 1, "buyer-4")))
        run = count_instead(run, capacity=3, sold=4)
        assert broken(run) == ["never_oversold"]

    def test_sees_one_purchase_told_to_two_buyers(self) -> None:
        run = answer_instead(sellout_run(), 4, bought("p-buyer-1"))
        assert "never_oversold" in broken(run)

    def test_sees_it_on_the_counters_alone(self) -> None:
        run = rewrite(sellout_run(), own=False)
        assert broken(count_instead(run, capacity=3, sold=4)) == ["never_oversold"]


class TestNeverUndersold:
    def test_sees_a_buyer_told_sold_out_while_a_unit_was_left(self) -> None:
        run = answer_instead(honest_run(5, crowd(*FIVE)), 4, sold_out())
        run = count_instead(rewrite(run, purchases=run.purchases[:4]), capacity=5, sold=4)
        assert broken(run) == ["never_undersold"]

    def test_sees_a_refusal_of_two_while_two_were_left(self) -> None:
        run = answer_instead(honest_run(4, crowd(2, 2)), 1, not_enough_left(available=1))
        run = count_instead(rewrite(run, purchases=run.purchases[:1]), capacity=4, sold=2)
        assert broken(run) == ["never_undersold"]

    def test_sees_a_refusal_that_contradicts_itself(self) -> None:
        run = honest_run(3, crowd(2, 2, 1))
        assert broken(answer_instead(run, 1, not_enough_left(available=2))) == ["never_undersold"]

    def test_sees_that_one_unit_can_not_be_too_few_of_some(self) -> None:
        assert broken(answer_instead(sellout_run(), 4, not_enough_left(available=0))) == ["never_undersold"]

    def test_sees_held_units_in_an_item_where_nobody_holds(self) -> None:
        held = answer(409, code="all_held", retry_after=1.0)
        assert broken(answer_instead(sellout_run(), 4, held)) == ["never_undersold"]

    def test_sees_a_buyer_told_sold_out_before_another_one_asked_and_bought(self) -> None:
        run = answer_instead(sellout_run(), 2, busy(at=0.0), bought("p-buyer-2", at=1.0))
        assert broken(run) == ["never_undersold"]

    def test_accepts_a_refusal_before_another_one_asked_and_heard_of_an_older_purchase(self) -> None:
        run = answer_instead(sellout_run(), 2, busy(at=0.0), bought("p-buyer-2", at=1.0, replayed=True))
        assert judge(run).exact


class TestAcknowledgedIsKept:
    def test_sees_a_purchase_that_is_gone(self) -> None:
        run = sellout_run()
        assert broken(rewrite(run, purchases=run.purchases[1:])) == ["acknowledged_is_kept"]

    def test_sees_a_wrong_quantity(self) -> None:
        run = sellout_run()
        wrong = replace(run.purchases[0], quantity=2)
        assert broken(rewrite(run, purchases=(wrong, *run.purchases[1:]))) == ["acknowledged_is_kept"]

    def test_sees_a_purchase_that_was_given_back_by_nobody(self) -> None:
        run = sellout_run()
        refunded = replace(run.purchases[0], state="refunded")
        assert broken(rewrite(run, purchases=(refunded, *run.purchases[1:]))) == ["acknowledged_is_kept"]

    def test_sees_purchases_swapped_between_buyers(self) -> None:
        run = sellout_run()
        first, second, third = run.purchases
        swapped = replace(first, buyer=second.buyer), replace(second, buyer=first.buyer), third
        assert "acknowledged_is_kept" in broken(rewrite(run, purchases=swapped))


class TestNothingUnasked:
    def test_sees_a_purchase_of_a_stranger(self) -> None:
        run = honest_run(9, crowd(*FIVE))
        run = rewrite(run, purchases=(*run.purchases, Purchase("p-ghost", 1, "a stranger")))
        assert broken(count_instead(run, capacity=9, sold=6)) == ["nothing_unasked"]

    def test_sees_a_purchase_of_nobody(self) -> None:
        run = honest_run(9, crowd(*FIVE))
        run = rewrite(run, purchases=(*run.purchases, Purchase("p-ghost", 1, None)))
        assert broken(count_instead(run, capacity=9, sold=6)) == ["nothing_unasked"]

    def test_sees_more_kept_than_a_buyer_without_an_answer_asked_for(self) -> None:
        run = answer_instead(honest_run(9, crowd(*FIVE)), 0, silence())
        double = replace(run.purchases[0], quantity=2)
        run = rewrite(run, purchases=(double, *run.purchases[1:]))
        assert broken(count_instead(run, capacity=9, sold=6)) == ["nothing_unasked", "every_request_answered"]


class TestOncePerKey:
    def test_sees_two_answers_that_name_two_purchases(self) -> None:
        run = answer_instead(honest_run(9, crowd(*FIVE, doubled=(0,))), 0, bought("p-second"), copy=1)
        run = rewrite(run, purchases=(*run.purchases, Purchase("p-second", 1, "buyer-0")))
        assert broken(count_instead(run, capacity=9, sold=6)) == ["once_per_key"]

    def test_sees_a_second_purchase_that_no_answer_told_of(self) -> None:
        run = honest_run(9, crowd(*FIVE, doubled=(0,)))
        run = rewrite(run, purchases=(*run.purchases, Purchase("p-second", 1, "buyer-0")))
        assert broken(count_instead(run, capacity=9, sold=6)) == ["once_per_key"]

    def test_sees_a_buyer_told_both_bought_and_sold_out(self) -> None:
        assert broken(answer_instead(sellout_run(), 0, sold_out(), copy=1)) == ["once_per_key"]


class TestEveryRequestAnswered:
    @pytest.mark.parametrize(
        "attempts",
        [
            pytest.param([answer(500)], id="a 500"),
            pytest.param([silence()] * 3, id="silence"),
            pytest.param([busy()] * 3, id="busy for ever"),
            pytest.param([answer(404, code="unknown_item")], id="not the contract's refusal"),
            pytest.param([answer(410)], id="a refusal that does not say why"),
            pytest.param([answer(201)], id="a purchase without a name"),
            pytest.param([answer(403, code="paused")], id="paused, though nobody paused it"),
        ],
    )
    def test_sees(self, attempts: list[Attempt]) -> None:
        assert broken(answer_instead(sellout_run(), 4, *attempts)) == ["every_request_answered"]

    def test_sees_a_500_even_where_the_server_kept_the_purchase(self) -> None:
        assert broken(answer_instead(sellout_run(), 1, answer(500))) == ["every_request_answered"]

    def test_sees_a_request_of_which_nothing_is_known(self) -> None:
        run = sellout_run()
        assert broken(rewrite(run, requests=run.requests[:-1])) == ["every_request_answered"]

    def test_sees_a_purchase_kept_for_a_buyer_who_was_refused(self) -> None:
        run = answer_instead(sellout_run(), 1, silence(), sold_out())
        assert broken(run) == ["every_request_answered"]

    def test_sees_an_answer_about_another_quantity(self) -> None:
        run = answer_instead(sellout_run(), 1, bought("p-buyer-1", quantity=2))
        assert broken(run) == ["every_request_answered"]


class TestCountersMatchLedger:
    def test_sees_a_counter_that_the_ledger_does_not_explain(self) -> None:
        run = sellout_run()
        lost = Movements(count=2, capacity=0, sold=2, held=0)
        short = replace(run.audit_after, movements={**run.audit_after.ledger, SOLD: lost})
        assert broken(rewrite(run, audit_after=short)) == ["counters_match_ledger"]

    def test_sees_a_counter_that_buyers_do_not_explain(self) -> None:
        run = count_instead(honest_run(9, crowd(*FIVE)), capacity=9, sold=6)
        assert broken(run) == ["counters_match_ledger"]

    def test_sees_what_the_server_itself_reports(self) -> None:
        run = sellout_run()
        assert broken(rewrite(run, audit_after=replace(run.audit_after, consistent=False))) == ["counters_match_ledger"]

    def test_sees_an_item_that_says_something_else_than_its_audit(self) -> None:
        run = honest_run(9, crowd(*FIVE))
        assert broken(rewrite(run, after=counters(9, 4))) == ["counters_match_ledger"]

    def test_sees_held_units_that_its_audit_does_not_have(self) -> None:
        run = honest_run(9, crowd(*FIVE))
        assert broken(rewrite(run, after=counters(9, 5, held=1))) == ["counters_match_ledger"]

    def test_sees_available_units_that_do_not_follow(self) -> None:
        run = honest_run(9, crowd(*FIVE))
        assert broken(rewrite(run, before=replace(run.before, available=8))) == ["counters_match_ledger"]


class TestAnItemThatOthersUseToo:
    def test_may_sell_to_others_meanwhile(self) -> None:
        run = answer_instead(rewrite(sellout_run(), own=False), 2, sold_out())
        assert broken(rewrite(run, purchases=run.purchases[:2])) == []

    def test_may_refuse_and_then_have_a_unit_that_was_refunded(self) -> None:
        run = rewrite(sellout_run(), own=False, after=counters(3, 2))
        refunded = Movements(count=1, capacity=0, sold=-1, held=0)
        after = Audit(3, 2, 0, 1, {**run.audit_after.ledger, "refund": refunded}, consistent=True)
        assert broken(rewrite(run, audit_after=after)) == []

    @pytest.mark.parametrize(("held", "verdict"), [(1, []), (0, ["never_undersold"])])
    def test_may_refuse_for_a_unit_that_was_held_and_let_go(self, held: int, verdict: list[str]) -> None:
        run = answer_instead(honest_run(4, crowd(2, 2)), 1, not_enough_left(available=1))
        run = count_instead(rewrite(run, purchases=run.purchases[:1]), capacity=4, sold=2)
        assert broken(rewrite(run, own=False, before=counters(4, 0, held))) == verdict

    def test_may_not_refuse_for_more_units_than_came_back(self) -> None:
        run = rewrite(sellout_run(), own=False, after=counters(5, 3))
        restocked = Movements(count=2, capacity=4, sold=0, held=0)
        after = replace(audit(4, 3), movements={**run.audit_after.ledger, RESTOCKED: restocked})
        assert broken(rewrite(run, audit_after=after)) == ["never_undersold"]

    def test_must_have_every_acknowledged_unit_in_the_ledger(self) -> None:
        run = rewrite(sellout_run(), own=False, after=counters(3, 3), audit_after=audit(3, 2))
        assert broken(run) == ["counters_match_ledger"]


class TestTheServerOfTheRun:
    def test_must_stop_cleanly(self) -> None:
        assert broken(rewrite(sellout_run(), server_exit=-9)) == ["stopped_cleanly"]
        assert judge(rewrite(sellout_run(), server_exit=0)).exact

    def test_is_not_judged_where_it_is_somebody_elses(self) -> None:
        assert len(judge(sellout_run()).rulings) == len(RULES)


def test_findings_are_few_and_counted_all() -> None:
    run = honest_run(1, crowd(*[1] * 50))
    ruling = next(r for r in judge(count_instead(run, capacity=2, sold=1)).rulings if r.name == "never_undersold")
    assert len(ruling.findings) == FINDINGS_MAX
    assert ruling.findings_total == 49
    assert ruling.findings[0] == "buyer-1 was told 410 sold out, and at the end 1 unit was left"
