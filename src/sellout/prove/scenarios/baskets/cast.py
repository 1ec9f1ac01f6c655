"""Who comes for baskets: which items in which order, and bought or held. Pure; a seed repeats it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.shared.chance import QUANTITY_WEIGHTS, dice, doubled_actions, pick

ITEMS = 5
LINES_WEIGHTS: Mapping[int, int] = {2: 1, 3: 1}
THINKS_SHARE_MAX = 0.4  # of the time that a hold lasts


class Ending(StrEnum):
    """What a buyer does about a basket."""

    BUY = "buy"
    HOLD_AND_CONFIRM = "hold_and_confirm"
    HOLD_AND_RELEASE = "hold_and_release"
    HOLD_AND_ABANDON = "hold_and_abandon"


ENDINGS: Mapping[Ending, int] = {
    Ending.BUY: 50,
    Ending.HOLD_AND_CONFIRM: 25,
    Ending.HOLD_AND_RELEASE: 15,
    Ending.HOLD_AND_ABANDON: 10,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One buyer. `thinks` is the pause between two steps, as a share of the time that a hold lasts."""

    buyer: str
    lines: tuple[Line, ...]
    ending: Ending
    thinks: float
    doubled: frozenset[Action]

    def takes(self) -> Order:
        """The order for the basket, bought or held."""
        return self._order(Action.BUY_BASKET if self.ending is Ending.BUY else Action.HOLD_BASKET, "take")

    def buys(self) -> Order:
        """The order to buy what could not be had before."""
        return self._order(Action.BUY_BASKET, "last")

    def about(self, action: Action, hold_id: str, line: Line) -> Order:
        """The order to confirm or release one hold of the basket."""
        return Order(
            buyer=self.buyer,
            key=f"{self.buyer}-{action}-{line.item}" if action is Action.CONFIRM else None,
            action=action,
            lines=(line,),
            subject=hold_id,
            payment_ref=f"{self.buyer}-payment-{line.item}" if action is Action.CONFIRM else None,
            doubled=action in self.doubled,
        )

    def _order(self, action: Action, key: str) -> Order:
        return Order(f"{self.buyer}", f"{self.buyer}-{key}", action, self.lines, doubled=action in self.doubled)


def items_of(run_id: str) -> tuple[str, ...]:
    """The items that all baskets choose from."""
    return tuple(f"{run_id}-item-{number}" for number in range(1, ITEMS + 1))


def cast(seed: int, run_id: str, count: int, doubled_share: float) -> tuple[Part, ...]:
    """All buyers. Names, keys and items are the run's own; everything else is the seed's."""
    items = items_of(run_id)
    return tuple(_part(seed, f"{run_id}-{n:05d}", n, items, doubled_share) for n in range(count))


def _part(seed: int, buyer: str, number: int, items: tuple[str, ...], doubled_share: float) -> Part:
    chance = dice(seed, "baskets", number)
    chosen = chance.sample(items, pick(chance, LINES_WEIGHTS))
    return Part(
        buyer=buyer,
        lines=tuple(Line(item, pick(chance, QUANTITY_WEIGHTS)) for item in chosen),
        ending=pick(chance, ENDINGS),
        thinks=THINKS_SHARE_MAX * chance.random(),
        doubled=doubled_actions(chance, doubled_share),
    )
