"""Units over time: what was certain, what was possible, and what holds and offers add to either."""

from dataclasses import replace
from math import inf

import pytest

from sellout.history.requests import Action, Line
from sellout.history.timeline import CLOCK_MARGIN_SECONDS, Level, claims_of, deadline_of, levels_of
from sellout.history.told import ToldHold, Window, basket_in, holds_told
from sellout.history.waiting import entries_told, offers_of
from sellout.prove.evidence import Evidence
from tests.prove.asks import basket, buy, confirm, hold, join, leave, look, pay, refund, release
from tests.prove.honest import answer
from tests.prove.planting import tell_instead
from tests.prove.till import Till


class TestALevel:
    LEVEL = Level([(1.0, 2), (3.0, -1), (5.0, -1)], rise_first=True)

    @pytest.mark.parametrize(
        ("start", "end", "most"),
        [(0.0, 0.5, 0), (0.0, 1.0, 2), (2.0, 9.0, 2), (3.0, 9.0, 2), (3.1, 4.0, 1), (5.0, 6.0, 1), (6.0, 9.0, 0)],
    )
    def test_is_highest_somewhere_in_a_span_with_both_its_ends(self, start: float, end: float, most: int) -> None:
        assert self.LEVEL.most(start, end) == most

    def test_has_a_peak(self) -> None:
        assert self.LEVEL.peak == 2
        assert Level([], rise_first=True).peak == 0

    @pytest.mark.parametrize(("rise_first", "peak"), [(True, 2), (False, 1)])
    def test_may_give_and_take_at_one_moment(self, rise_first: bool, peak: int) -> None:
        assert Level([(1.0, 1), (2.0, -1), (2.0, 1)], rise_first=rise_first).peak == peak


class TestADeadline:
    HELD = ToldHold("h", "ann", Line("item"), Window(10.0, 10.5))

    def test_is_uncertain_by_the_time_of_the_answer_and_by_the_clocks(self) -> None:
        window = deadline_of(self.HELD, Evidence((), own=True, orders=(), requests=()).pace)
        assert window == (12 - CLOCK_MARGIN_SECONDS, 12.5 + CLOCK_MARGIN_SECONDS)

    def test_moves_with_the_beginning_of_the_payment_and_never_back(self) -> None:
        pace = replace(Evidence((), own=True, orders=(), requests=()).pace, hold=5, payment=2)
        late, early = (replace(self.HELD, paid=Window(at, at + 0.5)) for at in (14.0, 11.0))
        assert deadline_of(late, pace) == (16 - CLOCK_MARGIN_SECONDS, 16.5 + CLOCK_MARGIN_SECONDS)
        assert deadline_of(early, pace) == deadline_of(self.HELD, pace)

    def test_of_an_offer_has_a_time_of_its_own(self) -> None:
        pace = replace(Evidence((), own=True, orders=(), requests=()).pace, offer=7)
        assert deadline_of(replace(self.HELD, entry_id="e"), pace).earliest == 17 - CLOCK_MARGIN_SECONDS


class TestClaims:
    def certain(self, till: Till) -> int:
        return levels_of(till.evidence())["item"].certainly_engaged.peak

    def possible(self, till: Till, at: float) -> int:
        return levels_of(till.evidence())["item"].possibly_engaged.most(at, at)

    def test_a_purchase_lasts_until_its_refund(self) -> None:
        till = Till({"item": 5})
        sold = till.ask(buy("ann", 2))
        till.ask(refund(sold))
        (claim,) = claims_of(till.evidence())
        first, second = till.requests
        assert claim.possible == (first.final.started_at, second.final.ended_at)
        assert claim.certain == (first.final.ended_at, second.final.started_at)

    def test_a_hold_that_is_confirmed_is_never_counted_twice(self) -> None:
        till = Till({"item": 5})
        taken = till.ask(hold("ann", 2))
        till.ask(pay(taken, "ann"))
        till.ask(confirm(taken, "ann"))
        assert self.certain(till) == 2
        assert {self.possible(till, at) for at in (100.1, 100.3, till.now, till.now + 99)} == {2}

    def test_a_hold_that_has_expired_is_free_and_taken_again_by_a_late_payment(self) -> None:
        till = Till({"item": 5})
        taken = till.ask(hold("ann", 2))
        till.wait(9)
        before = till.now
        till.ask(confirm(taken, "ann"))
        assert [self.possible(till, at) for at in (100.1, before, till.now)] == [2, 0, 2]

    def test_a_hold_that_is_released_is_free_from_the_answer_on(self) -> None:
        till = Till({"item": 5})
        taken = till.ask(hold("ann", 2))
        till.ask(release(taken, "ann"))
        assert [self.possible(till, at) for at in (till.now, till.now + 0.01)] == [2, 0]

    def test_whoever_waits_may_be_offered_what_comes_back(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        asked = till.now
        till.ask(leave(ann, "ann"))
        assert [self.possible(till, at) for at in (asked, till.now + 0.01)] == [1, 0]

    def test_without_an_answer_everything_may_have_been_granted_for_good(self) -> None:
        till = Till({"item": 5})
        till.ask(buy("ann", 2))
        silent = tell_instead(till.evidence(), lambda r: replace(r.final, status=None, said={}))
        (claim,) = claims_of(silent)
        assert (claim.possible, claim.certain) == ((till.requests[0].final.started_at, inf), (inf, inf))


class TestWhatWasTold:
    def test_two_answers_about_one_hold_narrow_the_time_down(self) -> None:
        till = Till({"item": 5})
        till.ask(hold("ann", doubled=True))
        first, second = till.requests
        (told,) = holds_told(till.requests).values()
        assert told.taken == (first.final.started_at, first.final.ended_at)
        assert second.final.replayed

    @pytest.mark.parametrize(
        "lines",
        [None, "none", [], ["a"], [{}], [{"purchase_id": "p", "item": "a"}], [{"purchase_id": "p", "quantity": 1}]],
    )
    def test_a_basket_of_another_shape_tells_of_nothing(self, lines: object) -> None:
        order = basket("ann", ("a", 1), ("b", 1))
        assert list(basket_in(order, answer(201, purchases=lines))) == []

    def test_an_offer_was_made_after_the_last_look_that_found_the_entry_waiting(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(look(ann, "ann"))
        till.ask(refund(sold))
        till.ask(look(ann, "ann"))
        (entry,) = entries_told(till.requests).values()
        waiting, offered = [r.final for r in till.requests if r.order.action is Action.LOOK]
        assert entry.offered == (waiting.started_at, offered.ended_at)

    def test_an_offer_that_nobody_saw_is_known_from_its_entry(self) -> None:
        till = Till({"item": 1})
        sold = till.ask(buy("olga"))
        ann = till.ask(join("ann"))
        till.ask(refund(sold))
        till.ask(leave(ann, "ann"))
        (offer,) = offers_of(till.evidence()).values()
        assert offer.taken.latest == inf
        assert offer.left is not None
