"""The yardstick, the same for every design: what buyers were told against what the shop has on record. Pure.

Every buyer means to buy one unit, once, and asks until there is an answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """What a buyer went home with."""

    BOUGHT = "bought"
    ALREADY = "has it already"  # said to one who asks again: a yes to whoever hears it
    REFUSED = "sold out"
    NOTHING = "no answer"


YES = frozenset({Told.BOUGHT, Told.ALREADY})


@dataclass(frozen=True, slots=True)
class Seen:
    """One run: the stock, what each buyer was told, the buyer of each unit on record (None: no names), what is left."""

    stock: int
    told: Mapping[str, Told]
    recorded: Sequence[str | None]
    left: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Units, each of a kind of error; all zero where the design sold exactly.

    oversold   on record, or promised, beyond the stock
    undersold  belong to nobody at the end, though somebody was told that there are none
    lost       a buyer was told that they are theirs, and they are not on record
    doubled    on record for a buyer who has one already; where records have no names, beyond what buyers were told
    untold     on record for a buyer who was told that there are none, or told nothing
    adrift     by which the shop's own stock and its own records differ
    """

    acknowledged: int
    recorded: int
    oversold: int
    undersold: int
    lost: int
    doubled: int
    untold: int
    adrift: int
    unanswered: int

    @property
    def exact(self) -> bool:
        return not any((self.oversold, self.undersold, self.lost, self.doubled, self.untold, self.adrift))


def judge(seen: Seen) -> Verdict:
    """Hold what was told and what is on record against each other."""
    names = Counter(name for name in seen.recorded if name is not None)
    nameless = len(seen.recorded) - names.total()
    promised = {buyer for buyer, told in seen.told.items() if told in YES}
    unkept = len(promised - names.keys())
    lost, surplus = max(0, unkept - nameless), max(0, nameless - unkept)
    recorded = len(seen.recorded)
    refused = sum(told is Told.REFUSED for told in seen.told.values())
    return Verdict(
        acknowledged=len(promised),
        recorded=recorded,
        oversold=max(0, max(len(promised), recorded) - seen.stock),
        undersold=min(refused, max(0, seen.stock - recorded - lost)),
        lost=lost,
        doubled=sum(count - 1 for count in names.values()) + surplus,
        untold=len(names.keys() - promised),
        adrift=abs(seen.stock - seen.left - recorded),
        unanswered=sum(told is Told.NOTHING for told in seen.told.values()),
    )
