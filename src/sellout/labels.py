"""The labels of an outcome in the metrics: which items it concerns, and its name. Pure.

Strangers can type any item's id, so only ids of items that exist become labels: those of a granted outcome, and
those of a refusal for any other reason than that there is no such item.
"""

from collections.abc import Callable
from typing import Any

from sellout.domain import (
    AddItem,
    BasketBought,
    BasketHeld,
    Bought,
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

REPLAYED = "replayed"


def items_of(command: Command, outcome: Outcome) -> tuple[str, ...]:
    """The items that an outcome concerns: one, or those of a basket that was granted, or NO_ITEM."""
    kind = type(outcome)
    return _refused(command, outcome) if kind is Refused else _GRANTED[kind](command, outcome)


def _refused(command: Command, refused: Any) -> tuple[str, ...]:
    if refused.reason is Reason.UNKNOWN_ITEM:
        return (NO_ITEM,)
    if type(command) is AddItem:
        return (command.item.id,)
    return (refused.item_id or getattr(command, "item_id", NO_ITEM),)


_GRANTED: dict[type, Callable[[Any, Any], tuple[str, ...]]] = {
    Bought: lambda _, bought: (bought.purchase.item_id,),
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


def outcome_name(outcome: Outcome) -> str:
    """What happened, or the reason of a refusal."""
    if type(outcome) is Refused:
        return outcome.reason.value
    return REPLAYED if getattr(outcome, "replayed", False) else _NAMES[type(outcome)]


_NAMES: dict[type, str] = {
    Bought: "bought",
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
