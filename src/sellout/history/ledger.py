"""The ledger as what it is: the states of an item, one after each transaction, in the order of the commits. Pure.

The movements of one transaction have one instant, and stand in the order in which its rows were written, which is not
that of its decisions: so only its end is a state that anybody could see. What was reached within a transaction is known
by a bound: at most all that it took was taken before anything that it gave back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sellout.history.kept import Movement


class State(NamedTuple):
    """An item after one transaction; the last three are the bounds of what was reached within that transaction."""

    at: int
    capacity: int
    sold: int
    held: int
    capacity_least: int
    sold_most: int
    engaged_most: int

    @property
    def engaged(self) -> int:
        return self.sold + self.held

    @property
    def is_sold_out(self) -> bool:
        return self.sold == self.capacity


NOTHING = State(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Account:
    """The ledger of one item. `states[n]` is the state after its n-th transaction, `states[0]` the one before all.

    `movements[n]` are those of the n-th transaction. `places` say in which transaction something moved: by kind of
    movement and the purchase's or hold's id, the first time where there are several.
    """

    states: tuple[State, ...]
    movements: tuple[tuple[Movement, ...], ...]
    places: Mapping[tuple[str, str], int]


EMPTY = Account((NOTHING,), ((),), {})


def accounts_of(movements: Iterable[Movement]) -> dict[str, Account]:
    """By item."""
    by_item: dict[str, list[Movement]] = {}
    for movement in movements:
        by_item.setdefault(movement.item, []).append(movement)
    return {item: _account(found) for item, found in by_item.items()}


def _account(movements: Iterable[Movement]) -> Account:
    states, together = [NOTHING], list[tuple[Movement, ...]]([()])
    places: dict[tuple[str, str], int] = {}
    for at, group in groupby(movements, key=lambda movement: movement.moved_at):
        batch = tuple(group)
        states.append(_after(states[-1], at, batch))
        together.append(batch)
        for movement in batch:
            places.setdefault((movement.kind, movement.purchase_id or movement.hold_id or ""), len(states) - 1)
    return Account(tuple(states), tuple(together), places)


def _after(before: State, at: int, batch: Iterable[Movement]) -> State:
    capacity, sold, held = before.capacity, before.sold, before.held
    least, most_sold, most_engaged = before.capacity, before.sold, before.engaged
    for movement in batch:
        capacity, sold, held = capacity + movement.capacity, sold + movement.sold, held + movement.held
        least += min(0, movement.capacity)
        most_sold += max(0, movement.sold)
        most_engaged += _taken(movement)
    return State(at, capacity, sold, held, least if before.capacity else capacity, most_sold, most_engaged)


def _taken(movement: Movement) -> int:
    """Units that this movement takes from what is free; a hold that is confirmed only hands them on to its purchase."""
    if movement.kind == "confirm":
        return movement.held
    return max(0, movement.sold) + max(0, movement.held)
