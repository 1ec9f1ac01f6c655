"""What the rule on counters and ledger must see, kind by kind."""

from dataclasses import replace

import pytest

from sellout.prove.readings import Purchase
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import hold
from tests.prove.planting import broken, count_more, findings, keep_instead
from tests.prove.rules.holds_day import evidence
from tests.prove.till import Till


class TestCountersMatchLedger:
    @pytest.mark.parametrize("kind", ["hold", "confirm", "release", "expire"])
    def test_sees_a_movement_too_many(self, kind: str) -> None:
        sign = 1 if kind == "hold" else -1
        assert "counters_match_ledger" in broken(HOLDS, count_more(evidence(stock=9), kind, held=sign))

    def test_sees_a_sum_that_is_not_the_counter(self) -> None:
        run = evidence()
        audit = run.only.audit_after
        short = {kind: moved for kind, moved in audit.ledger.items() if kind != "buy"}
        assert broken(HOLDS, keep_instead(run, audit_after=replace(audit, movements=short))) == [
            "counters_match_ledger"
        ]

    def test_sees_what_the_server_itself_reports(self) -> None:
        run = evidence()
        audit = replace(run.only.audit_after, consistent=False)
        assert broken(HOLDS, keep_instead(run, audit_after=audit)) == ["counters_match_ledger"]

    def test_sees_expiries_entered_as_confirmations(self) -> None:
        class Muddled(Till):
            def move(self, item: str, kind: str, subject: str, *, sold: int = 0, held: int = 0) -> None:
                super().move(item, "confirm" if kind == "expire" else kind, subject, sold=sold, held=held)

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
        moved = {**audit.ledger, "restock": replace(audit.of("restock"), sold=1)}
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
            def move(self, item: str, kind: str, subject: str, *, sold: int = 0, held: int = 0) -> None:
                super().move(item, "vanish" if kind == "expire" else kind, subject, sold=sold, held=held)

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
