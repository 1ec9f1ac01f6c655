"""Who comes to the holds: what each buyer wants and will do with a hold. Pure; a seed repeats it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.shared.chance import QUANTITY_WEIGHTS, dice, doubled_actions, pick

THINKS_SHARE_MAX = 0.4  # of the time that a hold lasts


class Ending(StrEnum):
    """What a buyer does with a hold."""

    PAY_AND_CONFIRM = "pay_and_confirm"
    CONFIRM = "confirm"
    CONFIRM_LATE = "confirm_late"
    RELEASE = "release"
    ABANDON = "abandon"
    PAY_AND_ABANDON = "pay_and_abandon"
    PAY_ONCE_FOR_TWO = "pay_once_for_two"
    PAY_LATE = "pay_late"
    RELEASE_AND_CONFIRM = "release_and_confirm"
    CONFIRM_AND_RELEASE = "confirm_and_release"


ENDINGS: Mapping[Ending, int] = {
    Ending.PAY_AND_CONFIRM: 30,
    Ending.CONFIRM: 18,
    Ending.CONFIRM_LATE: 14,
    Ending.RELEASE: 10,
    Ending.ABANDON: 7,
    Ending.PAY_AND_ABANDON: 4,
    Ending.PAY_ONCE_FOR_TWO: 5,
    Ending.PAY_LATE: 4,
    Ending.RELEASE_AND_CONFIRM: 4,
    Ending.CONFIRM_AND_RELEASE: 4,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One buyer. `thinks` is the pause between two steps, as a share of the time that a hold lasts."""

    buyer: str
    line: Line
    ending: Ending
    thinks: float
    doubled: frozenset[Action]

    def takes(self, number: int = 1) -> Order:
        """The order for the first hold, or for another one."""
        return self._order(Action.HOLD, f"hold-{number}")

    def buys(self) -> Order:
        """The order to buy outright what could not be held."""
        return self._order(Action.BUY, "buy")

    def about(self, action: Action, hold_id: str, number: int = 1, payment: int = 1) -> Order:
        """The order to pay, confirm or release a hold."""
        ref = f"{self.buyer}-payment-{payment}" if action is Action.CONFIRM else None
        return self._order(action, f"{action}-{number}-{payment}", hold_id, ref)

    def _order(self, action: Action, key: str, subject: str | None = None, payment_ref: str | None = None) -> Order:
        return Order(
            buyer=self.buyer,
            key=None if action is Action.RELEASE else f"{self.buyer}-{key}",
            action=action,
            lines=(self.line,),
            subject=subject,
            payment_ref=payment_ref,
            doubled=action in self.doubled,
        )


def cast(seed: int, run_id: str, item: str, count: int, doubled_share: float) -> tuple[Part, ...]:
    """All buyers. Names and keys are the run's own; everything else is the seed's."""
    return tuple(_part(seed, f"{run_id}-{number:05d}", number, item, doubled_share) for number in range(count))


def _part(seed: int, buyer: str, number: int, item: str, doubled_share: float) -> Part:
    chance = dice(seed, "holds", number)
    return Part(
        buyer=buyer,
        line=Line(item, pick(chance, QUANTITY_WEIGHTS)),
        ending=pick(chance, ENDINGS),
        thinks=THINKS_SHARE_MAX * chance.random(),
        doubled=doubled_actions(chance, doubled_share),
    )
