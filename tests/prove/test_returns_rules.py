"""What the rules of refunds and the waiting list must see. The shop of most faults is honest but for one step."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.prove.evidence import Action, Attempt, Evidence, Order, Purchase
from sellout.prove.scenarios.returns import RETURNS
from tests.prove.asks import buy, confirm, join, leave, look, pay, refund, release
from tests.prove.planting import all_at_once, broken, count_more, findings, keep_instead, tell_instead
from tests.prove.till import KeptEntry, Said, Till


def a_day(till: Till) -> Till:
    """Four units, sold, and given back one after the other to a queue in which everything happens."""
    pairs = [till.ask(buy(owner, 2)) for owner in ("olga", "otto")]
    till.ask(buy("pat"))
    ann, bob = till.ask(join("ann", 3)), till.ask(join("bob", doubled=True))
    cid, dee = till.ask(join("cid")), till.ask(join("dee"))
    eve, fay = till.ask(join("eve")), till.ask(join("fay"))
    till.ask(leave(eve, "eve"))
    till.ask(refund(pairs[0], doubled=True))
    offers = [till.ask(look(joined, buyer)) for joined, buyer in ((bob, "bob"), (cid, "cid"), (dee, "dee"))]
    till.ask(pay(offers[0], "bob"))
    till.ask(confirm(offers[0], "bob"))
    till.ask(leave(cid, "cid"))
    till.ask(look(dee, "dee"))
    till.wait(till.pace.offer + 1)
    till.ask(look(dee, "dee"))
    taken = till.ask(look(fay, "fay"))
    if taken.said["hold_id"]:
        till.ask(release(taken, "fay"))
    till.ask(refund(pairs[1], key="1"))
    till.ask(refund(pairs[1], key="2"))
    till.ask(look(ann, "ann"))
    till.ask(buy("pip"))
    till.ask(join("gus", 2))
    till.rest()
    return till


def evidence(till: Till | None = None) -> Evidence:
    return a_day(till or Till({"item": 4})).evidence()


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


def random_day(till: Till, steps: list[tuple[int, int]]) -> Evidence:
    """Six buyers: each step somebody buys, is refunded, joins, looks, answers an offer, or lets time pass."""
    bought, entries = list[Attempt](), dict[str, Attempt]()
    for number, (step, who) in enumerate(steps):
        buyer, quantity = f"buyer-{who}-{number}", 1 + who % 3
        if step in (0, 1):
            answer = till.ask(buy(buyer, quantity))
            bought += [answer] if answer.granted else []
        elif step == 2 and bought:
            till.ask(refund(bought[who % len(bought)], key=str(number), doubled=who == 2))
        elif step in (3, 4):
            entries[buyer] = till.ask(join(buyer, quantity, doubled=who == 1))
        elif step == 5:
            till.wait(till.pace.offer / 2)
        elif entries:
            name = list(entries)[who % len(entries)]
            _answer_offer(till, step, entries.pop(name), name)
    till.rest()
    return till.evidence()


def _answer_offer(till: Till, step: int, joined: Attempt, buyer: str) -> None:
    seen = till.ask(look(joined, buyer))
    if seen.said["state"] == "waiting" or step == 8:
        till.ask(leave(joined, buyer))
    elif seen.said["state"] == "offered":
        till.ask(confirm(seen, buyer) if step == 6 else release(seen, buyer))


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
                self.move(hold.line.item, kind, held=-hold.line.quantity)

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
