"""What the rules on entries and their offers must see."""

from dataclasses import replace
from typing import Any

import pytest

from sellout.history.requests import Order
from sellout.prove.scenarios.returns import RETURNS
from tests.prove.asks import buy, join, leave, look, refund
from tests.prove.kept import Said
from tests.prove.planting import broken, findings
from tests.prove.rules.returns_day import evidence
from tests.prove.till import Till


class TestEntriesEndAsTold:
    @pytest.mark.parametrize(
        ("buyer", "state"), [("bob", "lapsed"), ("cid", "lapsed"), ("dee", "offered"), ("eve", "waiting")]
    )
    def test_sees_another_end(self, buyer: str, state: str) -> None:
        run = evidence()
        entries = tuple(replace(e, state=state) if e.buyer == buyer else e for e in run.entries)
        assert "entries_end_as_told" in broken(RETURNS, replace(run, entries=entries))

    def test_sees_an_entry_that_is_gone(self) -> None:
        run = evidence()
        gone = tuple(entry for entry in run.entries if entry.buyer != "cid")
        assert broken(RETURNS, replace(run, entries=gone)) == ["entries_end_as_told"]

    def test_sees_an_entry_for_another_number(self) -> None:
        run = evidence()
        more = tuple(replace(e, quantity=9) if e.buyer == "cid" else e for e in run.entries)
        assert "entries_end_as_told" in broken(RETURNS, replace(run, entries=more))

    def test_sees_an_offer_that_never_lapses(self) -> None:
        class Stuck(Till):
            def settle(self) -> None:
                """No hold ever expires."""

        till = Stuck({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        till.wait(9)
        assert broken(RETURNS, till.evidence()) == ["holds_end_as_told", "entries_end_as_told"]


class TestOffers:
    def test_that_are_shown_when_their_time_is_over_are_seen(self) -> None:
        class Patient(Till):
            def offer(self, item: str) -> None:
                self.pace, pace = replace(self.pace, offer=9), self.pace
                super().offer(item)
                self.pace = pace

        till = Patient({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        till.wait(till.pace.offer + 1)
        till.ask(look(ann, "ann"))
        till.rest()
        till.rest()
        assert "deadlines_are_kept" in broken(RETURNS, till.evidence())

    def test_that_are_left_too_late_may_have_lapsed(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        till.wait(till.pace.offer + 1)
        assert till.ask(leave(ann, "ann")).granted
        assert broken(RETURNS, till.evidence()) == []

    def test_that_are_left_in_time_must_be_given_back(self) -> None:
        class Deaf(Till):
            def on_leave(self, order: Order) -> Said:
                return 204, {"entry_id": order.subject}

        till = Deaf({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        till.ask(leave(ann, "ann"))
        till.rest()
        assert broken(RETURNS, till.evidence()) == ["holds_end_as_told"]

    def test_that_are_left_end_in_no_other_way(self) -> None:
        run = evidence()
        (left,) = (entry.hold_id for entry in run.entries if entry.buyer == "cid")
        holds = tuple(replace(kept, state="confirmed") if kept.hold_id == left else kept for kept in run.holds)
        run = replace(run, holds=holds)
        assert "was given up and is kept as confirmed" in findings(RETURNS, run, "holds_end_as_told")


class TestNobodyWaitsForFreeUnits:
    def test_sees_a_unit_that_came_back_and_went_to_nobody(self) -> None:
        class Lazy(Till):
            def offer(self, item: str) -> None:
                """Nobody is offered anything."""

        till = Lazy({"item": 1})
        sold = till.ask(buy("olga"))
        till.ask(join("ann"))
        till.ask(refund(sold))
        assert broken(RETURNS, till.evidence()) == ["nobody_waits_for_free_units"]

    def test_sees_a_unit_that_came_back_from_an_offer_and_went_no_further(self) -> None:
        class Forgetful(Till):
            def end(self, hold: Any, kind: str, state: str) -> None:
                hold.state = state
                self.move(hold.line.item, kind, hold.hold_id, held=-hold.line.quantity)

        till = Forgetful({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(join("bob"))
        till.ask(refund(sold))
        till.ask(leave(ann, "ann"))
        assert "nobody_waits_for_free_units" in broken(RETURNS, till.evidence())

    def test_accepts_free_units_that_are_too_few_for_those_who_wait(self) -> None:
        till = Till({"item": 2})
        sold = till.ask(buy("olga"))
        till.ask(buy("otto"))
        till.ask(join("ann", 2))
        till.ask(refund(sold))
        run = till.evidence()
        assert (run.after.available, broken(RETURNS, run)) == (1, [])
