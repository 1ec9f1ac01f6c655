"""Who comes and what they will do: a seed repeats it, and everything that a scenario is for is among it."""

from collections.abc import Callable
from typing import Any

import pytest

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.baskets import cast as baskets
from sellout.prove.scenarios.holds import cast as holds
from sellout.prove.scenarios.returns import cast as returns

MANNER = returns.Manner(spread=3, doubled_share=0.2)
CASTS: dict[str, Callable[[int, str], Any]] = {
    "holds": lambda seed, run: holds.cast(seed, run, run, 200, 0.2),
    "returns": lambda seed, run: returns.cast(seed, run, run, crowd=200, stock=90, manner=MANNER),
    "baskets": lambda seed, run: baskets.cast(seed, run, 200, 0.2),
}


@pytest.mark.parametrize("name", CASTS)
class TestASeed:
    def test_repeats_every_choice(self, name: str) -> None:
        assert CASTS[name](7, "run") == CASTS[name](7, "run")

    def test_repeats_it_in_another_run_under_other_names(self, name: str) -> None:
        first, second = (CASTS[name](7, run) for run in ("run-1", "run-2"))
        assert first != second
        assert str(first).replace("run-1", "run-2") == str(second)

    def test_of_another_number_makes_other_choices(self, name: str) -> None:
        assert CASTS[name](7, "run") != CASTS[name](8, "run")


def keys_of(orders: list[Order]) -> list[tuple[str, str]]:
    return [(order.buyer, order.key) for order in orders if order.key is not None]


class TestHolds:
    def test_have_every_ending_and_some_that_are_sent_twice(self) -> None:
        parts = holds.cast(1, "run", "lamp", 200, 0.2)
        assert {part.ending for part in parts} == set(holds.Ending)
        assert {part.line.quantity for part in parts} == {1, 2, 3}
        assert 0 < sum(part.takes().doubled for part in parts) < 100

    def test_have_a_key_of_their_own_for_each_order(self) -> None:
        (part,) = holds.cast(1, "run", "lamp", 1, 0.2)
        actions = (Action.PAY, Action.CONFIRM)
        orders = [part.takes(), part.takes(2), part.buys(), *(part.about(action, "h") for action in actions)]
        orders.append(part.about(Action.CONFIRM, "h", number=2))
        assert len(set(keys_of(orders))) == len(orders)
        assert part.about(Action.RELEASE, "h").key is None


class TestReturns:
    def test_owners_own_exactly_the_stock(self) -> None:
        for seed in range(20):
            owners = returns.cast(seed, "run", "lamp", crowd=5, stock=17, manner=MANNER).owners
            assert sum(owner.quantity for owner in owners) == 17

    def test_have_waiters_who_come_at_once_and_later_and_buyers_who_pass_by(self) -> None:
        roles = returns.cast(1, "run", "lamp", crowd=200, stock=90, manner=MANNER)
        assert {waiter.ending for waiter in roles.waiters} == set(returns.Ending)
        assert 0 < sum(waiter.comes == 0 for waiter in roles.waiters) < len(roles.waiters)
        assert len(roles.waiters) + len(roles.passers) == 200
        assert {refund.one_key for refund in roles.refunds} == {True, False}
        assert 0 < len(roles.refunds) < len(roles.owners)

    @pytest.mark.parametrize(("one_key", "keys", "copies"), [(True, 1, 2), (False, 2, 1)])
    def test_every_refund_is_asked_for_twice(self, one_key: bool, keys: int, copies: int) -> None:
        orders = returns.GiveBack("ann", 0.0, one_key).orders("p-1", Line("lamp"))
        assert len(set(keys_of(list(orders)))) == keys
        assert {order.copies for order in orders} == {copies}


class TestBaskets:
    def test_have_two_or_three_items_in_different_orders(self) -> None:
        parts = baskets.cast(1, "run", 200, 0.2)
        assert {len(part.lines) for part in parts} == {2, 3}
        assert all(len({line.item for line in part.lines}) == len(part.lines) for part in parts)
        assert len({tuple(line.item for line in part.lines) for part in parts}) > 50
        assert {part.ending for part in parts} == set(baskets.Ending)
