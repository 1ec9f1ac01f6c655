"""States and refusals as people read them. Pure."""

from typing import NamedTuple

from sellout.domain import EntryReading, EntryState, Got, Hold, Purchase, Reason, Refused, State
from sellout.http.problems import from_refusal


class StateWords(NamedTuple):
    """How a state is said: in a word, and on the button that buys."""

    name: str
    button: str


STATES: dict[State, StateWords] = {
    State.NOT_OPEN: StateWords("Not open yet", "Not open yet"),
    State.ON_SALE: StateWords("On sale", "Buy"),
    State.ALL_HELD: StateWords("All held", "All held: may come back"),
    State.SOLD_OUT: StateWords("Sold out", "Sold out"),
    State.PAUSED: StateWords("Paused", "Paused"),
    State.CLOSED: StateWords("Closed", "Closed"),
}

_REFUSALS: dict[Reason, str] = {
    Reason.UNAUTHORIZED: "This is sold through the shop's own site, after signing in. Nothing was bought here.",
    Reason.NOT_OPEN: "The sale has not opened yet. Nothing was bought.",
    Reason.CLOSED: "The sale has ended. Nothing was bought.",
    Reason.PAUSED: "The organiser has paused the sale. Nothing was bought; try again when it goes on.",
    Reason.SOLD_OUT: "Sold out. Every unit went to somebody who was a moment earlier, and nothing was bought for you.",
    Reason.ALL_HELD: "Every unit is sold or held by somebody who may still give it back. Nothing was bought.",
    Reason.LIMIT_REACHED: "With these you would have more than one buyer may have. Nothing was bought.",
    Reason.HOLD_EXPIRED: "The time of this hold is over, and its units are with others now.",
    Reason.HOLD_RELEASED: "This hold was given back.",
}


def refusal(refused: Refused) -> str:
    """What a visitor is told of a refusal."""
    if refused.reason is Reason.NOT_ENOUGH_LEFT:
        return f"Only {counted(refused.available or 0, 'unit')} left. Nothing was bought: choose fewer."
    return _REFUSALS.get(refused.reason) or from_refusal(refused).detail


def counted(number: int, noun: str) -> str:
    """`1 unit`, `2,000 units`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: int) -> str:
    """`10 minutes`, `90 seconds`, `2 hours`."""
    for size, noun in ((3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return counted(seconds // size, noun)
    return counted(seconds, "second")


class GotWords(NamedTuple):
    """What a visitor has: in a word, in a sentence, and the link that leads to it."""

    name: str
    sentence: str
    link: str


def got_in_words(got: Got) -> GotWords:
    """What a visitor has, and where the page leads from there."""
    match got:
        case Purchase():
            return GotWords("Yours", f"You have bought {counted(got.quantity, 'unit')}.", "See the receipt")
        case Hold(purchase_id=None):
            return GotWords("Held for you", f"{counted(got.quantity, 'unit')} held for you.", "Confirm or give back")
        case Hold():
            return GotWords("Yours", f"You have bought {counted(got.quantity, 'unit')}.", "See the receipt")
        case EntryReading():
            return _entry_in_words(got)


def _entry_in_words(reading: EntryReading) -> GotWords:
    state, units = reading.entry.state_with(reading.hold), counted(reading.entry.quantity, "unit")
    if state is EntryState.CONFIRMED:
        return GotWords("Yours", f"You have bought {units}.", "See the receipt")
    if state is EntryState.OFFERED:
        return GotWords("Held for you", f"{units} came back, held for you.", "Confirm or give back")
    return GotWords("Waiting", f"You are number {reading.position} on the waiting list.", "See your place")
