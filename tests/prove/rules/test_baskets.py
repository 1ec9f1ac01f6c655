"""What the rules of baskets must see. The shop of most faults is honest but for one step."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.history.requests import Action, Attempt, Line, Order, Request
from sellout.history.told import basket_in
from sellout.prove.evidence import Evidence
from sellout.prove.scenarios.baskets import BASKETS
from tests.prove.asks import basket, confirm, release
from tests.prove.kept import Said
from tests.prove.planting import all_at_once, broken, findings, tell_instead
from tests.prove.till import Till

STOCK = {"a": 4, "b": 3, "c": 2}


def a_day(till: Till) -> Till:
    """Baskets bought, held and confirmed, held and released, held and let expire, and refused."""
    till.ask(basket("ann", ("a", 2), ("b", 1), doubled=True))
    bob, cid = basket("bob", ("c", 1), ("a", 1), held=True, doubled=True), basket("cid", ("b", 1), ("c", 1), held=True)
    held = {order: till.ask(order) for order in (bob, cid)}
    till.ask(basket("dee", ("b", 1), ("c", 1)))
    till.ask(basket("eve", ("a", 2), ("b", 2)))
    for taken in _holds(bob, held[bob]):
        till.ask(confirm(taken, "bob", ref=f"bob-{taken.said['hold_id']}"))
    for taken in _holds(cid, held[cid])[:1]:
        till.ask(release(taken, "cid"))
    till.wait(till.pace.hold + 1)
    return till


def _holds(order: Order, held: Attempt) -> list[Attempt]:
    """Each hold of a basket as if it had been taken by itself."""
    return [
        replace(held, said={"hold_id": hold_id, "item": line.item, "quantity": line.quantity})
        for hold_id, line in basket_in(order, held)
    ]


def evidence(till: Till | None = None) -> Evidence:
    """The day and a last call, in which dee gets what cid let go, and fay wants more than is left."""
    till = a_day(till or Till(STOCK))
    calm_from = till.now
    till.ask(basket("dee", ("b", 1), ("c", 1), key="last"))
    till.ask(basket("fay", ("a", 1), ("b", 2), key="last"))
    return till.evidence(calm_from=calm_from)


class TestAnHonestDay:
    def test_is_exact(self) -> None:
        run = evidence()
        assert [r.final.status for r in run.of((Action.BUY_BASKET,))] == [201, 201, 409, 409, 201, 409]
        assert (run.after.sold, run.after.available) == (7, 2)
        assert broken(BASKETS, run) == []

    @given(
        steps=st.lists(
            st.tuples(st.booleans(), st.permutations(["a", "b", "c"]), st.integers(1, 3), st.integers(0, 3)),
            max_size=30,
        ),
        chance=st.randoms(use_true_random=False),
    )
    def test_is_exact_whatever_happens(self, steps: list[tuple[bool, list[str], int, int]], chance: Random) -> None:
        till = Till({"a": 6, "b": 5, "c": 9})
        for number, (held, items, quantity, then) in enumerate(steps):
            lines = [(item, 1 + (quantity + place) % 3) for place, item in enumerate(items[: 2 + then % 2])]
            order = basket(f"buyer-{number}", *lines, held=held, doubled=then == 1)
            answer = till.ask(order)
            if held and answer.granted and then < 3:
                for taken in _holds(order, answer):
                    till.ask(
                        release(taken, order.buyer)
                        if then
                        else confirm(taken, order.buyer, ref=f"{order.buyer}-{taken.said['item']}")
                    )
        till.wait(9)
        run = till.evidence(calm_from=till.now)
        assert broken(BASKETS, run) == []
        assert broken(BASKETS, all_at_once(run, chance)) == []


class Halving(Till):
    """Sells and holds the lines that can be had, and tells the buyer that nothing can."""

    def refusal(self, order: Order) -> Said | None:
        refused = super().refusal(order)
        if refused and len(order.lines) > 1 and order.key == f"{order.buyer}-take":
            for line in order.lines:
                if super().refusal(replace(order, lines=(line,))) is None:
                    self.keep(order, line)
        return refused

    def keep(self, order: Order, line: Line) -> None:
        if order.action is Action.BUY_BASKET:
            self.sell(order.buyer, line)
        else:
            self.take(order.buyer, line, self.pace.hold)


class TestAllLinesOrNone:
    def test_sees_half_a_basket_that_was_sold(self) -> None:
        till = Halving(STOCK)
        till.ask(basket("ann", ("a", 1), ("b", 9)))
        run = till.evidence()
        assert broken(BASKETS, run) == ["nothing_unasked", "counters_match_ledger", "all_lines_or_none"]
        assert "ann bought nothing, and 1 of a is kept" in findings(BASKETS, run, "all_lines_or_none")

    def test_sees_half_a_basket_that_was_held(self) -> None:
        till = Halving(STOCK)
        till.ask(basket("ann", ("a", 1), ("b", 9), held=True))
        till.wait(9)
        run = till.evidence()
        assert broken(BASKETS, run) == ["counters_match_ledger", "all_lines_or_none"]

    def test_sees_a_basket_that_was_granted_without_a_line(self) -> None:
        class Short(Till):
            def on_buy_basket(self, order: Order) -> Said:
                status, said = super().on_buy_basket(order)
                *rest, last = said["purchases"]
                del self.purchases[last["purchase_id"]]
                self.move(last["item"], "buy", last["purchase_id"], sold=-last["quantity"])
                return status, {**said, "purchases": rest}

        till = Short(STOCK)
        till.ask(basket("ann", ("a", 1), ("b", 1)))
        run = till.evidence()
        assert "all_lines_or_none" in broken(BASKETS, run)
        assert "ann asked for 1 of a and 1 of b and was told of 1 of a" in findings(BASKETS, run, "all_lines_or_none")

    def test_sees_a_line_with_another_quantity(self) -> None:
        def less(request: Request) -> Attempt | None:
            if request.order.action is not Action.BUY_BASKET or not request.final.granted:
                return None
            first, *rest = request.final.said["purchases"]
            return replace(request.final, said={**request.final.said, "purchases": [{**first, "quantity": 9}, *rest]})

        assert "all_lines_or_none" in broken(BASKETS, tell_instead(evidence(), less))

    def test_sees_a_purchase_of_the_basket_that_is_lost(self) -> None:
        run = evidence()
        books = tuple(replace(b, purchases=b.purchases[1:]) if b.item == "b" else b for b in run.books)
        assert {"acknowledged_is_kept", "all_lines_or_none"} <= set(broken(BASKETS, replace(run, books=books)))

    def test_sees_a_doubled_basket_that_was_sold_twice(self) -> None:
        class Forgetful(Till):
            def answer(self, order: Order) -> tuple[int, dict[str, Any], bool]:
                self.keys.clear()
                return super().answer(order)

        till = Forgetful({"a": 9, "b": 9})
        till.ask(basket("ann", ("a", 1), ("b", 1), doubled=True))
        assert {"once_per_key", "all_lines_or_none"} <= set(broken(BASKETS, till.evidence()))


class TestRefusalNamesTheLine:
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"errors": None}, id="no line"),
            pytest.param({"errors": [{"field": "quantity", "message": "?"}]}, id="another member"),
            pytest.param({"errors": [{"field": "lines.7", "message": "?"}]}, id="a line that there is not"),
            pytest.param({"detail": "Sorry"}, id="no item in the detail"),
        ],
    )
    def test_sees(self, change: dict[str, Any]) -> None:
        run = tell_instead(
            evidence(), lambda r: replace(r.final, said={**r.final.said, **change}) if r.final.code else None
        )
        assert broken(BASKETS, run) == ["refusal_names_the_line"]

    def test_and_the_line_must_be_one_that_could_not_be_had(self) -> None:
        till = Till({"a": 5, "b": 1})
        till.ask(basket("ann", ("a", 1), ("b", 2)))
        other = {"errors": [{"field": "lines.0", "message": "?"}], "detail": "Line 1, a"}
        run = tell_instead(till.evidence(), lambda r: replace(r.final, said={**r.final.said, **other}))
        assert broken(BASKETS, run) == ["never_undersold"]


class TestWhatIsShared:
    def test_an_oversold_item_is_seen(self) -> None:
        class Generous(Till):
            def refusal(self, order: Order) -> Said | None:
                return None if order.lines else super().refusal(order)

        run = evidence(Generous(STOCK))
        assert "never_oversold" in broken(BASKETS, run)

    def test_a_basket_that_would_fit_into_what_is_left_at_the_end_is_seen(self) -> None:
        class Mean(Till):
            def refusal(self, order: Order) -> Said | None:
                return super().refusal(replace(order, lines=tuple(Line(i, q + 9) for i, q in order.lines)))

        till = Mean({"a": 5, "b": 5})
        till.ask(basket("ann", ("a", 1), ("b", 1)))
        run = till.evidence(calm_from=100.0)
        assert "was refused 1 of a and 1 of b when no unit came back" in findings(BASKETS, run, "never_undersold")

    def test_a_hold_of_a_basket_that_stays_held_is_seen(self) -> None:
        class Stuck(Till):
            def settle(self) -> None:
                """No hold ever expires."""

        assert "holds_end_as_told" in broken(BASKETS, evidence(Stuck(STOCK)))
