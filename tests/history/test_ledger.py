"""The ledger as states: one after each transaction, and bounds of what was reached within it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.history.highest import Highest
from sellout.history.kept import Movement
from sellout.history.ledger import accounts_of


def moves(*rows: tuple[int, str, int, int]) -> list[Movement]:
    """Movements of item "a" after its first: when, kind, sold, held. Each is of a purchase or hold of its own."""
    found = [Movement(1, "a", "restock", 5, 0, 0, 0)]
    for no, (at, kind, sold, held) in enumerate(rows, 2):
        bought = kind in ("buy", "refund")
        found.append(
            Movement(no, "a", kind, 0, sold, held, at, f"{no}" if bought else None, None if bought else f"{no}")
        )
    return found


class TestAnAccount:
    def test_has_a_state_after_each_transaction(self) -> None:
        account = accounts_of(moves((1, "buy", 2, 0), (2, "hold", 0, 1), (2, "buy", 1, 0), (3, "expire", 0, -1)))["a"]
        states = [(state.capacity, state.sold, state.held) for state in account.states]
        assert states == [(0, 0, 0), (5, 0, 0), (5, 2, 0), (5, 3, 1), (5, 3, 0)]
        assert account.places == {("restock", ""): 1, ("buy", "2"): 2, ("hold", "3"): 3, ("buy", "4"): 3,
                                  ("expire", "5"): 4}  # fmt: skip

    def test_is_of_one_item(self) -> None:
        other = Movement(9, "b", "restock", 7, 0, 0, 0)
        assert accounts_of([*moves(), other])["b"].states[-1].capacity == 7

    @pytest.mark.parametrize(
        ("rows", "sold_most", "engaged_most"),
        [
            ([(1, "buy", 2, 0), (1, "refund", -2, 0)], 2, 2),
            ([(1, "hold", 0, 1), (1, "expire", 0, -1)], 0, 1),
            ([(1, "buy", 2, 0), (1, "confirm", 0, -2)], 2, 0),
            ([(1, "buy", 2, 0), (1, "expire", 0, -2)], 2, 2),
        ],
    )
    def test_knows_the_most_that_was_taken_within_a_transaction(
        self, rows: list[tuple[int, str, int, int]], sold_most: int, engaged_most: int
    ) -> None:
        state = accounts_of(moves(*rows))["a"].states[2]
        assert (state.sold_most, state.engaged_most) == (sold_most, engaged_most)

    def test_knows_the_least_that_a_changed_capacity_was(self) -> None:
        changed = [*moves(), Movement(2, "a", "restock", -2, 0, 0, 1), Movement(3, "a", "restock", 4, 0, 0, 1)]
        assert [state.capacity_least for state in accounts_of(changed)["a"].states] == [0, 5, 3]


class TestTheHighest:
    @given(st.lists(st.integers(), min_size=1, max_size=40), st.data())
    def test_of_any_stretch_is_found(self, numbers: list[int], data: st.DataObject) -> None:
        first = data.draw(st.integers(0, len(numbers) - 1))
        behind = data.draw(st.integers(first + 1, len(numbers)))
        assert Highest(numbers).within(first, behind) == max(numbers[first:behind])
