"""The labels of an outcome in the metrics: which items it concerns, and its name. Pure.

Strangers can type any item's id, so only ids of items that exist become labels: those of a granted outcome, and
those of a refusal for any other reason than that there is no such item.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sellout.domain import (
    AddItem,
    BasketBought,
    BasketHeld,
    Bought,
    Buy,
    Command,
    Held,
    ItemSaved,
    Joined,
    Left,
    Outcome,
    Reason,
    Refunded,
    Refused,
    Released,
    Settled,
)

NO_ITEM = ""
"""The item of an outcome that concerns none, or none that exists."""

BOUGHT = "bought"

REPLAYED = "replayed"
"""The name of whatever a repeat of a key has got."""


def gather(
    commands: Sequence[Command], outcomes: Sequence[Outcome], waited: Sequence[float]
) -> dict[tuple[str, str], list[float]]:
    """The seconds that each command of a batch waited, by item and name of its outcome.

    In a rush every command passes here, and nearly all are bought or refused: so these two do without a call.
    """
    gathered: dict[tuple[str, str], list[float]] = defaultdict(list)
    for command, outcome, seconds in zip(commands, outcomes, waited, strict=True):
        if type(outcome) is Bought:
            gathered[outcome.purchase.item_id, REPLAYED if outcome.replayed else BOUGHT].append(seconds)
        elif type(outcome) is Refused:
            gathered[item_of_refused(command, outcome), outcome.reason._value_].append(seconds)
        else:
            kind = type(outcome)
            name = REPLAYED if getattr(outcome, "replayed", False) else _NAMES[kind]
            for item in _ITEMS[kind](command, outcome):
                gathered[item, name].append(seconds)
    return gathered


def item_of_refused(command: Command, refused: Refused) -> str:
    """The item that could not be had; NO_ITEM where there is none such, or where the command names none."""
    if refused.reason is Reason.UNKNOWN_ITEM:
        return NO_ITEM
    if type(command) is Buy:
        return command.item_id
    if type(command) is AddItem:
        return command.item.id
    return str(refused.item_id or getattr(command, "item_id", NO_ITEM))


_ITEMS: dict[type, Callable[[Any, Any], tuple[str, ...]]] = {
    Held: lambda _, held: (held.hold.item_id,),
    Released: lambda _, released: (released.hold.item_id,),
    Refunded: lambda _, refunded: (refunded.purchase.item_id,),
    Joined: lambda _, joined: (joined.entry.item_id,),
    Left: lambda _, left: (left.entry.item_id,),
    BasketBought: lambda _, basket: tuple(purchase.item_id for purchase in basket.purchases),
    BasketHeld: lambda _, basket: tuple(hold.item_id for hold in basket.holds),
    Settled: lambda settle, _: (settle.item_id,),
    ItemSaved: lambda _, saved: (saved.item.id,),
}


_NAMES: dict[type, str] = {
    Held: "held",
    Released: "released",
    Refunded: "refunded",
    Joined: "joined",
    Left: "left",
    BasketBought: "basket_bought",
    BasketHeld: "basket_held",
    Settled: "settled",
    ItemSaved: "item_saved",
}
