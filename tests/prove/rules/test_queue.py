"""What the rules on the waiting list must see: a queue jumped, wrong places, offers that go nowhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sellout.history.requests import Action
from sellout.prove.evidence import Evidence
from sellout.prove.scenarios.returns import RETURNS
from tests.prove.asks import buy, join, leave, look, refund
from tests.prove.kept import KeptEntry
from tests.prove.planting import broken, findings, tell_instead
from tests.prove.rules.returns_day import evidence
from tests.prove.till import Till


class TestServedInTurn:
    @pytest.mark.parametrize("offered", [True, False])
    def test_sees_a_queue_that_was_jumped(self, offered: bool) -> None:
        class LastFirst(Till):
            def in_line(self, item: str) -> list[KeptEntry]:
                return super().in_line(item)[::-1]

        till = LastFirst({"item": 2})
        sold = [till.ask(buy(owner)) for owner in ("olga", "otto")]
        joined = {buyer: till.ask(join(buyer)) for buyer in ("ann", "bob", "cid")}
        for purchase in sold[: 1 + offered]:
            till.ask(refund(purchase))
            till.wait(0.1)
        for buyer, entry in joined.items():
            till.ask(look(entry, buyer))
        run = till.evidence()
        assert "served_in_turn" in broken(RETURNS, run)
        assert "having come later than" in findings(RETURNS, run, "served_in_turn")

    def test_sees_a_passer_by_who_was_served_before_those_who_wait(self) -> None:
        class Rude(Till):
            def offer(self, item: str) -> None:
                """Nobody is offered anything."""

        till = Rude({"item": 1})
        sold = till.ask(buy("olga"))
        till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(buy("pat"))
        assert broken(RETURNS, till.evidence()) == ["served_in_turn"]

    def test_accepts_that_one_who_wants_less_is_served_before(self) -> None:
        till = Till({"item": 2})
        sold = till.ask(buy("olga")), till.ask(buy("otto"))
        till.ask(join("ann", 2))
        till.ask(join("bob", 1))
        till.ask(refund(sold[0]))
        run = till.evidence()
        assert [entry.state for entry in run.entries] == ["waiting", "offered"]
        till.wait(9)
        assert broken(RETURNS, till.evidence()) == []

    def test_accepts_that_one_who_left_was_passed(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(join("bob"))
        till.ask(leave(ann, "ann"))
        till.ask(refund(sold))
        till.wait(9)
        assert broken(RETURNS, till.evidence()) == []

    def test_knows_the_time_of_an_offer_that_nobody_saw_from_its_hold(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(join("bob"))
        till.ask(refund(sold))
        till.wait(9)
        till.ask(look(ann, "ann"))
        till.rest()
        run = till.evidence()
        assert [entry.state for entry in run.entries] == ["lapsed", "lapsed"]
        assert broken(RETURNS, run) == []


class TestJoinedInOrder:
    def test_sees_one_who_came_later_and_is_entered_before(self) -> None:
        run = evidence()
        first, *rest = run.entries
        late = replace(first, joined_at=first.joined_at + timedelta(seconds=1))
        assert "joined_in_order" in broken(RETURNS, replace(run, entries=(late, *rest)))

    @pytest.mark.parametrize("positions", [(2, 1), (1, 1), (1, 3), (None, 1)])
    def test_sees_places_that_are_not_in_order(self, positions: tuple[int | None, int]) -> None:
        till = Till({"item": 1})
        till.ask(buy("olga"))
        till.ask(join("ann"))
        till.ask(join("bob"))
        run = till.evidence()
        entries = tuple(replace(e, position=place) for e, place in zip(run.entries, positions, strict=True))
        assert broken(RETURNS, run) == []
        assert broken(RETURNS, replace(run, entries=entries)) == ["joined_in_order"]


class TestPlacesAreTrue:
    def joining(self, till: Till) -> Evidence:
        till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(join("bob"))
        till.ask(join("cid"))
        till.ask(leave(ann, "ann"))
        till.ask(join("dee", doubled=True))
        return till.evidence()

    def told(self, evidence: Evidence, buyer: str, place: int) -> Evidence:
        return tell_instead(
            evidence,
            lambda r: (
                replace(r.final, said={**r.final.said, "position": place})
                if r.order.action is Action.JOIN and r.order.buyer == buyer
                else None
            ),
        )

    def test_accepts_places_that_count_those_who_wait_before(self) -> None:
        run = self.joining(Till({"item": 1}))
        places = [r.final.whole("position") for r in run.requests if r.order.action is Action.JOIN]
        assert (places, broken(RETURNS, run)) == ([1, 2, 3, 3, 3], [])

    @pytest.mark.parametrize(("buyer", "place"), [("ann", 0), ("ann", 2), ("bob", 4), ("dee", 5)])
    def test_sees_another_place(self, buyer: str, place: int) -> None:
        run = self.told(self.joining(Till({"item": 1})), buyer, place)
        assert broken(RETURNS, run) == ["places_are_true"]

    def test_sees_a_place_before_those_who_are_still_seen_waiting(self) -> None:
        till = Till({"item": 1})
        till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(join("bob"))
        till.ask(look(ann, "ann"))
        assert broken(RETURNS, self.told(till.evidence(), "bob", 1)) == ["places_are_true"]
