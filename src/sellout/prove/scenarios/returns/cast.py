"""Who takes part in returns: owners, waiters, passers-by, and what is given back. Pure; a seed repeats it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sellout.history.requests import Action, Line, Order
from sellout.prove.scenarios.shared.chance import QUANTITY_WEIGHTS, dice, doubled_actions, pick

REFUNDED_SHARE = 0.7  # of the owners
PASSING_SHARE = 0.2  # of the crowd: they buy, or try to, past those who wait
AT_ONCE_SHARE = 0.6  # of the waiters; the others come one by one while units are given back
ORGANISER = "organiser"


class Manner(NamedTuple):
    """Refunds and latecomers come over `spread` seconds; of each action a share is asked for twice."""

    spread: float
    doubled_share: float


class Ending(StrEnum):
    """What a waiter does with an offer, or without one."""

    CONFIRM = "confirm"
    PAY_AND_CONFIRM = "pay_and_confirm"
    LEAVE_OFFER = "leave_offer"
    RELEASE_OFFER = "release_offer"
    LAPSE = "lapse"
    LEAVE_QUEUE = "leave_queue"


ENDINGS: Mapping[Ending, int] = {
    Ending.CONFIRM: 35,
    Ending.PAY_AND_CONFIRM: 15,
    Ending.LEAVE_OFFER: 12,
    Ending.RELEASE_OFFER: 8,
    Ending.LAPSE: 20,
    Ending.LEAVE_QUEUE: 10,
}


@dataclass(frozen=True, slots=True)
class Waiter:
    """One who joins the list after `comes` seconds, and does as `ending` says; one who leaves does so after `stays`."""

    buyer: str
    line: Line
    ending: Ending
    comes: float
    stays: float
    doubled: frozenset[Action]

    def order(self, action: Action, subject: str | None = None) -> Order:
        """What this waiter asks of the list, or of an offer."""
        keyed = action in (Action.JOIN, Action.PAY, Action.CONFIRM)
        return Order(
            buyer=self.buyer,
            key=f"{self.buyer}-{action}" if keyed else None,
            action=action,
            lines=(self.line,),
            subject=subject,
            payment_ref=f"{self.buyer}-payment" if action is Action.CONFIRM else None,
            doubled=action in self.doubled and action is not Action.LOOK,
        )


@dataclass(frozen=True, slots=True)
class Passer:
    """One who passes by after `comes` seconds and buys what is free, if anything is."""

    order: Order
    comes: float


@dataclass(frozen=True, slots=True)
class GiveBack:
    """A refund after `comes` seconds, always asked for twice: with one key, or with two."""

    owner: str
    comes: float
    one_key: bool

    def orders(self, purchase_id: str, line: Line) -> tuple[Order, ...]:
        """One order that is sent twice, or two."""
        keys = ("1",) if self.one_key else ("1", "2")
        return tuple(
            Order(
                buyer=ORGANISER,
                key=f"{self.owner}-refund-{key}",
                action=Action.REFUND,
                lines=(line,),
                subject=purchase_id,
                doubled=self.one_key,
            )
            for key in keys
        )


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody. The owners' orders add up to the stock exactly."""

    owners: tuple[Order, ...]
    waiters: tuple[Waiter, ...]
    passers: tuple[Passer, ...]
    refunds: tuple[GiveBack, ...]


def cast(seed: int, run_id: str, item: str, *, crowd: int, stock: int, manner: Manner) -> Cast:
    """Names and keys are the run's own, everything else is the seed's."""
    owners = _owners(seed, run_id, item, stock)
    passing = int(crowd * PASSING_SHARE)
    refunds = (_give_back(seed, number, owner.buyer, manner.spread) for number, owner in enumerate(owners))
    return Cast(
        owners=owners,
        waiters=tuple(_waiter(seed, f"{run_id}-{n:05d}", n, item, manner) for n in range(crowd - passing)),
        passers=tuple(_passer(seed, f"{run_id}-passer-{n:05d}", n, item, manner) for n in range(passing)),
        refunds=tuple(refund for refund in refunds if refund is not None),
    )


def _owners(seed: int, run_id: str, item: str, stock: int) -> tuple[Order, ...]:
    chance, owners, left = dice(seed, "owners"), list[Order](), stock
    while left > 0:
        buyer, quantity = f"{run_id}-owner-{len(owners):05d}", min(left, pick(chance, QUANTITY_WEIGHTS))
        owners.append(Order(buyer, f"{buyer}-buy", lines=(Line(item, quantity),)))
        left -= quantity
    return tuple(owners)


def _give_back(seed: int, number: int, owner: str, spread: float) -> GiveBack | None:
    chance = dice(seed, "refund", number)
    if chance.random() >= REFUNDED_SHARE:
        return None
    return GiveBack(owner, comes=spread * chance.random(), one_key=chance.random() < 0.5)


def _waiter(seed: int, buyer: str, number: int, item: str, manner: Manner) -> Waiter:
    chance = dice(seed, "waiter", number)
    return Waiter(
        buyer=buyer,
        line=Line(item, pick(chance, QUANTITY_WEIGHTS)),
        ending=pick(chance, ENDINGS),
        comes=0.0 if chance.random() < AT_ONCE_SHARE else manner.spread * chance.random(),
        stays=manner.spread * chance.random(),
        doubled=doubled_actions(chance, manner.doubled_share),
    )


def _passer(seed: int, buyer: str, number: int, item: str, manner: Manner) -> Passer:
    chance = dice(seed, "passer", number)
    order = Order(
        buyer=buyer,
        key=f"{buyer}-buy",
        lines=(Line(item, pick(chance, QUANTITY_WEIGHTS)),),
        doubled=chance.random() < manner.doubled_share,
    )
    return Passer(order, comes=manner.spread * chance.random())
