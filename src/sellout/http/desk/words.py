"""Results, refusals and movements as organisers read them. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from sellout.domain import Kind, Movement, Reason
from sellout.http.pages.words import counted

RESULTS: Mapping[str, str] = {
    "signed-in": "You are signed in.",
    "signed-out": "You are signed out.",
    "added": "The item is there.",
    "opened": "The sale is open.",
    "paused": "The sale is paused: nobody can buy until it goes on.",
    "resumed": "The sale goes on.",
    "restocked": "The units are added.",
    "closed": "The sale is closed.",
    "saved": "Your changes are saved.",
    "unchanged": "Nothing was different, so nothing was changed.",
    "refunded": "The purchase is refunded, and its units are back.",
    "already-refunded": "This purchase had been refunded before. Nothing was changed.",
}
"""What is said at the top of the page that follows a press."""

REFUSALS: Mapping[str, str] = {
    Reason.SOLD_OUT: "Sold out",
    Reason.ALL_HELD: "All units held",
    Reason.NOT_ENOUGH_LEFT: "Fewer left than asked for",
    Reason.LIMIT_REACHED: "The buyer’s limit was reached",
    Reason.NOT_OPEN: "Not open yet",
    Reason.CLOSED: "Closed",
    Reason.PAUSED: "Paused",
    Reason.KEY_REUSED: "A key was used for another request",
    Reason.INVALID_REQUEST: "Not a valid request",
    Reason.HOLD_EXPIRED: "The hold had expired",
    Reason.HOLD_RELEASED: "The hold was given back before",
    Reason.ALREADY_CONFIRMED: "The hold was confirmed before",
    Reason.PAYMENT_REF_IN_USE: "A payment came twice",
    Reason.ALREADY_REFUNDED: "Refunded before",
    Reason.CAPACITY_BELOW_COMMITTED: "The capacity would be below what is sold",
    Reason.ITEM_EXISTS: "The item existed already",
}
"""Why commands were refused. A reason that has no words is shown as it is."""


class MovementWords(NamedTuple):
    """A movement: in a word, and in a sentence."""

    name: str
    sentence: str


_MOVEMENTS: Mapping[Kind, tuple[str, str]] = {
    Kind.BUY: ("Bought", "{} sold"),
    Kind.REFUND: ("Refunded", "{} back in the sale"),
    Kind.HOLD: ("Held", "{} kept for a buyer"),
    Kind.CONFIRM: ("Confirmed", "{} no longer held, but bought"),
    Kind.RELEASE: ("Released", "{} given back"),
    Kind.EXPIRE: ("Expired", "{} free again: the time of the hold was over"),
}


def movement_in_words(movement: Movement) -> MovementWords:
    """What happened, and to how many units."""
    units = counted(max(abs(movement.capacity), abs(movement.sold), abs(movement.held)), "unit")
    if movement.kind is Kind.RESTOCK:
        return MovementWords("Restocked", f"{units} {'added' if movement.capacity >= 0 else 'taken away'}")
    name, sentence = _MOVEMENTS[movement.kind]
    return MovementWords(name, sentence.format(units))


def refusal_words(reason: str) -> str:
    """A reason of a refusal in words."""
    return REFUSALS.get(reason, reason)
