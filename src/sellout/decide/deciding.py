"""A batch, command by command."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sellout.decide.baskets import buy_basket, hold_basket
from sellout.decide.buying import buy, refund
from sellout.decide.holding import confirm, pay, release, take
from sellout.decide.loading import Loaded
from sellout.decide.offers import offer_units
from sellout.decide.organising import add_item, change_item, settle
from sellout.decide.sale import Sale, Writes
from sellout.decide.waiting import join, leave
from sellout.domain import (
    AddItem,
    Buy,
    BuyBasket,
    ChangeItem,
    Command,
    ConfirmHold,
    HoldBasket,
    Instant,
    JoinWaitlist,
    LeaveWaitlist,
    Outcome,
    PayHold,
    Refund,
    ReleaseHold,
    Settle,
    TakeHold,
)


class Decision(NamedTuple):
    """An outcome for each command, in the same order, and the writes that make them true."""

    outcomes: list[Outcome]
    writes: Writes


def decide(loaded: Loaded, commands: Sequence[Command], now: Instant) -> Decision:
    """Decide `commands` in their order at the instant `now`.

    `loaded` is not changed. Every command gets exactly one outcome; a refused one sells, holds and returns nothing.
    Before the first, expired holds end and what is free is offered to those who wait.
    """
    sale = Sale(loaded)
    if loaded.due or loaded.waiting:
        _settle(sale, loaded, now)
    outcomes = [_HANDLERS[type(command)](sale, command, now) for command in commands]
    return Decision(outcomes, sale.writes())


def _settle(sale: Sale, loaded: Loaded, now: Instant) -> None:
    for hold in loaded.due:
        sale.expire(hold, now)
    for shelf in sale.shelves.values():
        offer_units(sale, shelf, now)


_HANDLERS: dict[type, Callable[[Sale, Any, Instant], Outcome]] = {
    Buy: buy,
    TakeHold: take,
    PayHold: pay,
    ConfirmHold: confirm,
    ReleaseHold: release,
    Refund: refund,
    JoinWaitlist: join,
    LeaveWaitlist: leave,
    BuyBasket: buy_basket,
    HoldBasket: hold_basket,
    Settle: settle,
    AddItem: add_item,
    ChangeItem: change_item,
}
