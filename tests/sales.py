"""Sales as chance makes them up: few items, buyers, keys and payments, so that commands often meet each other.

Chance is a `random.Random`: Hypothesis gives one that it steers and shrinks (`st.randoms`), and tests that need the
same sales again seed their own.
"""

from collections.abc import Callable, Container, Sequence
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from sellout.domain import (
    MICROSECONDS,
    AddItem,
    Buy,
    BuyBasket,
    ChangeItem,
    Command,
    ConfirmHold,
    HoldBasket,
    Instant,
    Item,
    JoinWaitlist,
    LeaveWaitlist,
    Line,
    PayHold,
    Refund,
    ReleaseHold,
    Settle,
    TakeHold,
)
from tests.shelves import NOW
from tests.words import an_item, change

ITEMS = ["a", "a", "a", "b"]
NAMED = ["ada", "ada", "bob", "cleo"]
BUYERS = ["ada", "ada", "bob", "cleo", ""]
KEYS = [None, None, "k", "l"]
PAYMENTS = [None, "r", "s", "t"]
QUANTITIES = [1, 1, 2, 3, 4]
SECONDS = [1, 2, 3]
LIMITS = [None, None, 1, 2, 3, 4]
HOUR = 3600 * MICROSECONDS
JUMPS = [0, 0, 0, 1, MICROSECONDS // 2, MICROSECONDS, 2 * MICROSECONDS, 3 * MICROSECONDS, HOUR, -HOUR]
RECENT = 6
"""Commands name one of so many things that were made last: the older ones have mostly ended."""

CHANCE = st.randoms(use_true_random=False)
SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=4)


class Moment(NamedTuple):
    """Commands that are decided when the clock shows `clock`, in this order."""

    clock: Instant
    commands: Sequence[Command]


class Asked:
    """What has been asked of a sale so far, so that the next commands can name it, and ask it again."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.clock = NOW
        self.number = 0
        self.purchases = ["no-purchase"]
        self.holds = ["no-hold"]
        self.entries = ["no-entry"]
        self.commands: list[Command] = []

    def one_of(self, values: Sequence[str]) -> str:
        """One of the last of these."""
        return self.chance.choice(values[-RECENT:])

    def new(self, letter: str, made: list[str]) -> str:
        """A new id of something that may be made."""
        self.number += 1
        made.append(f"{letter}{self.number}")
        return made[-1]

    def batch(self, most: int) -> list[Command]:
        """Some commands."""
        return [self.command() for _ in range(self.chance.randint(1, most))]

    def command(self) -> Command:
        """Any command."""
        command = self.chance.choice(_COMMANDS)(self)
        self.commands.append(command)
        return command

    def jump(self) -> None:
        """Time goes on, or an hour either way."""
        self.clock = max(NOW - HOUR, self.clock + self.chance.choice(JUMPS))


def moments(chance: Random, most: int = 4, commands: int = 12) -> list[Moment]:
    """A sale of two items: some moments, between which time passes."""
    asked = Asked(chance)
    found = [Moment(asked.clock, [AddItem(an_odd_item(asked, item_id)) for item_id in "ab"])]
    for _ in range(chance.randint(1, most)):
        found.append(Moment(asked.clock, asked.batch(commands)))
        asked.jump()
    return found


def an_odd_item(asked: Asked, item_id: str) -> Item:
    """An item with any window, pause, limits and times."""
    chance = asked.chance
    opens_at, closes_at = _edge(asked), _edge(asked)
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        opens_at = None
    return an_item(
        item_id,
        capacity=chance.randint(0, 6),
        opens_at=opens_at,
        closes_at=closes_at,
        paused=chance.choice([False, False, False, False, True]),
        limit_per_buyer=chance.choice(LIMITS),
        max_per_order=chance.choice([4, 3, 2]),
        hold_seconds=chance.choice(SECONDS),
        payment_seconds=chance.choice(SECONDS),
        offer_seconds=chance.choice(SECONDS),
    )


def _edge(asked: Asked) -> Instant | None:
    """When a window begins or ends, if at all: soon, now, or a moment ago."""
    chance = asked.chance
    away = chance.choice([-1, 0, 1, MICROSECONDS, 2 * MICROSECONDS])
    return asked.clock + away if chance.randint(0, 7) == 7 else None


def _buy(asked: Asked) -> Command:
    chance = asked.chance
    purchase_id = asked.new("p", asked.purchases)
    return Buy(
        purchase_id, chance.choice(ITEMS), chance.choice(BUYERS), chance.choice(QUANTITIES), chance.choice(KEYS)
    )


def _take(asked: Asked) -> Command:
    chance = asked.chance
    hold_id = asked.new("h", asked.holds)
    return TakeHold(
        hold_id, chance.choice(ITEMS), chance.choice(BUYERS), chance.choice(QUANTITIES), chance.choice(KEYS)
    )


def _pay(asked: Asked) -> Command:
    return PayHold(asked.one_of(asked.holds), asked.chance.choice(KEYS))


def _confirm(asked: Asked) -> Command:
    chance = asked.chance
    hold_id = asked.one_of(asked.holds)
    return ConfirmHold(hold_id, asked.new("p", asked.purchases), chance.choice(PAYMENTS), chance.choice(KEYS))


def _release(asked: Asked) -> Command:
    return ReleaseHold(asked.one_of(asked.holds))


def _refund(asked: Asked) -> Command:
    return Refund(asked.one_of(asked.purchases), asked.chance.choice(KEYS))


def _join(asked: Asked) -> Command:
    chance = asked.chance
    entry_id, hold_id = asked.new("e", asked.entries), asked.new("h", asked.holds)
    item_id, buyer = chance.choice(ITEMS), chance.choice(NAMED)
    contact = chance.choice([None, None, "a@b"])
    return JoinWaitlist(
        entry_id, hold_id, item_id, buyer, chance.choice(QUANTITIES), contact, chance.choice(KEYS)
    )  # fmt: skip


def _leave(asked: Asked) -> Command:
    return LeaveWaitlist(asked.one_of(asked.entries))


def _lines(asked: Asked, letter: str, made: list[str]) -> tuple[Line, ...]:
    chance = asked.chance
    items = chance.choice([["a", "b"], ["b", "a"], ["a", "b"], ["a"], ["a", "c"], ["a", "a"], ["a", "b", "a"]])
    return tuple(Line(asked.new(letter, made), item_id, chance.choice(QUANTITIES)) for item_id in items)


def _buy_basket(asked: Asked) -> Command:
    lines = _lines(asked, "p", asked.purchases)
    return BuyBasket(f"b{asked.number}", asked.chance.choice(NAMED), lines, asked.chance.choice(KEYS))


def _hold_basket(asked: Asked) -> Command:
    lines = _lines(asked, "h", asked.holds)
    return HoldBasket(f"b{asked.number}", asked.chance.choice(NAMED), lines, asked.chance.choice(KEYS))


def _settle(asked: Asked) -> Command:
    return Settle(asked.chance.choice([*ITEMS, "c"]))


def _add(asked: Asked) -> Command:
    return AddItem(an_odd_item(asked, asked.chance.choice(["c", "a"])))


def _change(asked: Asked) -> ChangeItem:
    """One or two members of an item get new values."""
    chance = asked.chance
    members = {chance.choice(_MEMBERS) for _ in range(chance.randint(1, 2))}
    values = {member: _VALUES[member](asked) for member in sorted(members)}
    return change(chance.choice(ITEMS), **values)


def _again(asked: Asked) -> Command:
    """An earlier command once more, as somebody sends it who has not got the answer: with ids of its own."""
    if not asked.commands:
        return _buy(asked)
    match asked.chance.choice(asked.commands[-2 * RECENT :]):
        case Buy() | ConfirmHold() as command:
            return command._replace(purchase_id=asked.new("p", asked.purchases))
        case TakeHold() as command:
            return command._replace(hold_id=asked.new("h", asked.holds))
        case JoinWaitlist() as command:
            entry_id, hold_id = asked.new("e", asked.entries), asked.new("h", asked.holds)
            return command._replace(entry_id=entry_id, hold_id=hold_id)
        case BuyBasket() as command:
            lines = tuple(line._replace(id=asked.new("p", asked.purchases)) for line in command.lines)
            return command._replace(basket_id=f"b{asked.number}", lines=lines)
        case HoldBasket() as command:
            lines = tuple(line._replace(id=asked.new("h", asked.holds)) for line in command.lines)
            return command._replace(basket_id=f"b{asked.number}", lines=lines)
        case command:
            return command


_COMMANDS: list[Callable[[Asked], Command]] = [
    *[_buy] * 4,
    *[_take] * 4,
    *[_join] * 4,
    *[_confirm] * 4,
    *[_again] * 3,
    *[_refund] * 3,
    *[_change] * 3,
    *[_release] * 2,
    *[_pay] * 2,
    *[_buy_basket] * 2,
    *[_hold_basket] * 2,
    _leave,
    _settle,
    _add,
]

_VALUES: dict[str, Callable[[Asked], str | int | bool | None]] = {
    "capacity": lambda asked: asked.chance.randint(0, 8),
    "closes_at": _edge,
    "hold_seconds": lambda asked: asked.chance.choice(SECONDS),
    "limit_per_buyer": lambda asked: asked.chance.choice(LIMITS),
    "max_per_order": lambda asked: asked.chance.randint(2, 4),
    "name": lambda asked: asked.chance.choice(["A", "Another"]),
    "offer_seconds": lambda asked: asked.chance.choice(SECONDS),
    "opens_at": _edge,
    "paused": lambda asked: asked.chance.choice([False, True]),
    "payment_seconds": lambda asked: asked.chance.choice(SECONDS),
}
_MEMBERS = ["capacity", "capacity", "limit_per_buyer", "paused", "paused", *_VALUES]


def as_told(commands: Sequence[Command], *made: Container[str]) -> list[Command]:
    """The commands of a batch as they can be sent: ids are told in answers, so nobody has those that it makes itself.

    Only the keys go where an id is not among those that were `made` before: what a key means is looked up by the
    thing that it is used on.
    """
    return [_as_told(command, made) for command in commands]


def _as_told(command: Command, made: Sequence[Container[str]]) -> Command:
    match command:
        case PayHold() | ConfirmHold() if not any(command.hold_id in things for things in made):
            return command._replace(key=None)
        case Refund() if not any(command.purchase_id in things for things in made):
            return command._replace(key=None)
        case _:
            return command


def cut(commands: Sequence[Command], sizes: Sequence[int]) -> list[Sequence[Command]]:
    """The commands as batches of these sizes, again and again."""
    batches, start = list[Sequence[Command]](), 0
    while start < len(commands):
        end = start + sizes[len(batches) % len(sizes)]
        batches.append(commands[start:end])
        start = end
    return batches
