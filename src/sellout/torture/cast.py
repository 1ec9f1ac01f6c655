"""Who comes to a tortured sale: what each buyer wants and does with it. Pure; a seed repeats it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.shared.chance import dice, doubled_actions, pick

ORGANISER = "organiser"
DOUBLED_SHARE = 0.12  # of a buyer's actions, sent twice at once
HOLDS_WITHIN_SHARE = 0.5  # of the sale: who holds comes early, because holds must have ended before a round can
QUANTITIES: Mapping[int, int] = {1: 5, 2: 3, 3: 2, 4: 1}


class Visit(StrEnum):
    """What somebody does who comes."""

    BUY = "buy"
    BUY_AND_RETURN = "buy_and_return"
    BUY_OTHERWISE = "buy_otherwise"
    BUY_BASKET = "buy_basket"
    CONFIRM = "confirm"
    PAY_AND_CONFIRM = "pay_and_confirm"
    CONFIRM_LATE = "confirm_late"
    BUY_TOO = "buy_too"
    RELEASE = "release"
    ABANDON = "abandon"
    PAY_AND_ABANDON = "pay_and_abandon"
    HOLD_BASKET = "hold_basket"
    WAIT = "wait"
    WAIT_AND_LEAVE = "wait_and_leave"


VISITS: Mapping[Visit, int] = {
    Visit.BUY: 30,
    Visit.BUY_AND_RETURN: 10,
    Visit.BUY_OTHERWISE: 4,
    Visit.BUY_BASKET: 8,
    Visit.CONFIRM: 10,
    Visit.PAY_AND_CONFIRM: 8,
    Visit.CONFIRM_LATE: 4,
    Visit.BUY_TOO: 6,
    Visit.RELEASE: 6,
    Visit.ABANDON: 4,
    Visit.PAY_AND_ABANDON: 2,
    Visit.HOLD_BASKET: 4,
    Visit.WAIT: 5,
    Visit.WAIT_AND_LEAVE: 3,
}
HOLDING = frozenset(
    {
        Visit.CONFIRM, Visit.PAY_AND_CONFIRM, Visit.CONFIRM_LATE, Visit.BUY_TOO, Visit.RELEASE, Visit.ABANDON,
        Visit.PAY_AND_ABANDON, Visit.HOLD_BASKET,
    }
)  # fmt: skip
BASKETS: Mapping[Visit, Action] = {Visit.BUY_BASKET: Action.BUY_BASKET, Visit.HOLD_BASKET: Action.HOLD_BASKET}
KEYED = frozenset(Action) - {Action.RELEASE, Action.LOOK, Action.LEAVE}


@dataclass(frozen=True, slots=True)
class Buyer:
    """One who comes `comes` seconds after the doors open, and `thinks` so long between two steps."""

    name: str
    visit: Visit
    lines: tuple[Line, ...]
    comes: float
    thinks: float
    doubled: frozenset[Action]

    def first(self) -> Order:
        """What this buyer asks for on coming."""
        if self.visit in BASKETS:
            return self.order(BASKETS[self.visit], self.lines)
        if self.visit in HOLDING:
            return self.order(Action.HOLD, self.lines)
        waits = self.visit in (Visit.WAIT, Visit.WAIT_AND_LEAVE)
        return self.order(Action.JOIN if waits else Action.BUY, self.lines)

    def order(self, action: Action, lines: tuple[Line, ...], subject: str | None = None) -> Order:
        """An order of this buyer; about a line of a basket it has a key and a payment of its own."""
        whose = f"{self.name}-{action}" + (f"-{lines[0].item}" if len(self.lines) > 1 and len(lines) == 1 else "")
        return Order(
            buyer=self.name,
            key=whose if action in KEYED else None,
            action=action,
            lines=lines,
            subject=subject,
            payment_ref=f"{whose}-payment" if action is Action.CONFIRM else None,
            doubled=action in self.doubled,
        )

    def otherwise(self) -> Order:
        """Another request under the key of the first: one unit more."""
        (line,) = self.lines
        return self.order(Action.BUY, (line._replace(quantity=line.quantity + 1),))

    def returned(self, purchase_id: str) -> Order:
        """The organiser's order to refund what this buyer has bought."""
        return refund(f"{self.name}-refund", purchase_id, self.lines, doubled=Action.REFUND in self.doubled)


def cast(seed: int, items: Sequence[str], count: int, sale_seconds: float) -> tuple[Buyer, ...]:
    """Everybody who comes during the sale."""
    return tuple(_buyer(dice(seed, "buyer", n), f"buyer-{n:04d}", items, sale_seconds) for n in range(count))


def _buyer(chance: random.Random, name: str, items: Sequence[str], sale_seconds: float) -> Buyer:
    visit = pick(chance, VISITS)
    chosen = list(items) if visit in BASKETS else [chance.choice(items)]
    return Buyer(
        name=name,
        visit=visit,
        lines=tuple(Line(item, pick(chance, QUANTITIES)) for item in chosen),
        comes=chance.random() * sale_seconds * (HOLDS_WITHIN_SHARE if visit in HOLDING else 1.0),
        thinks=chance.random() * 0.2,
        doubled=doubled_actions(chance, DOUBLED_SHARE) - {Action.LOOK},
    )


def refund(key: str, purchase_id: str, lines: tuple[Line, ...], *, doubled: bool = False) -> Order:
    """The organiser's order to take a purchase back."""
    return Order(ORGANISER, key, Action.REFUND, lines, purchase_id, doubled=doubled)


def last_buyer(number: int, line: Line) -> Order:
    """One of those who come when all else is over, until there is nothing left."""
    buyer = f"last-{number:04d}"
    return Order(buyer, f"{buyer}-buy", Action.BUY, (line,))
