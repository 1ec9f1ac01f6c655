"""Commands: what a buyer or an organiser asks. Ids that a command may create are made by whoever asks.

`proven` is the buyer that whoever asks has proven to be: None for nobody, ANY_BUYER for who may act for all.
"""

from typing import NamedTuple

from sellout.domain.things import Item


class Buy(NamedTuple):
    """Sell `quantity` units to `buyer`. `purchase_id` is the id the purchase gets if it is granted."""

    purchase_id: str
    item_id: str
    buyer: str
    quantity: int
    key: str | None
    proven: str | None = None


class TakeHold(NamedTuple):
    """Keep `quantity` units for `buyer` until the item's `hold_seconds` are over."""

    hold_id: str
    item_id: str
    buyer: str
    quantity: int
    key: str | None
    proven: str | None = None


class PayHold(NamedTuple):
    """Payment of a hold begins: it gets the item's `payment_seconds`, once."""

    hold_id: str
    key: str | None
    proven: str | None = None


class ConfirmHold(NamedTuple):
    """A hold is paid: it becomes the purchase `purchase_id`. One payment confirms one hold."""

    hold_id: str
    purchase_id: str
    payment_ref: str | None
    key: str | None
    proven: str | None = None


class ReleaseHold(NamedTuple):
    """Give a hold back."""

    hold_id: str
    proven: str | None = None


class Refund(NamedTuple):
    """Take a purchase back; its units are available again."""

    purchase_id: str
    key: str | None = None


class JoinWaitlist(NamedTuple):
    """Wait for `quantity` units. `hold_id` is the id of the hold that the entry may be offered."""

    entry_id: str
    hold_id: str
    item_id: str
    buyer: str
    quantity: int
    contact: str | None
    key: str | None
    proven: str | None = None


class LeaveWaitlist(NamedTuple):
    """Wait no longer; an offer passes on."""

    entry_id: str
    proven: str | None = None


class Line(NamedTuple):
    """A line of a basket. `id` is the id of the purchase or the hold that it becomes."""

    id: str
    item_id: str
    quantity: int


class BuyBasket(NamedTuple):
    """Buy all lines or none. Each line is another item."""

    basket_id: str
    buyer: str
    lines: tuple[Line, ...]
    key: str | None
    proven: str | None = None


class HoldBasket(NamedTuple):
    """Hold all lines or none. Each line is another item."""

    basket_id: str
    buyer: str
    lines: tuple[Line, ...]
    key: str | None
    proven: str | None = None


class Settle(NamedTuple):
    """Let the item's expired holds end and offer what is free to those who wait, as every command does first."""

    item_id: str


class AddItem(NamedTuple):
    """Put a new item on sale. Its `sold` and `held` are zero."""

    item: Item


class Change(NamedTuple):
    """The members of an item that a `ChangeItem` sets: name and new value."""

    field: str
    value: str | int | bool | None


class ChangeItem(NamedTuple):
    """Change members of an item: its name, capacity, window, pause and limits."""

    item_id: str
    changes: tuple[Change, ...]


Command = (
    Buy
    | TakeHold
    | PayHold
    | ConfirmHold
    | ReleaseHold
    | Refund
    | JoinWaitlist
    | LeaveWaitlist
    | BuyBasket
    | HoldBasket
    | Settle
    | AddItem
    | ChangeItem
)
