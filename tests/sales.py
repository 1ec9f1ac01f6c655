"""Sales as chance makes them up: few items, buyers, keys and payments, so that commands often meet each other.

Chance is a `random.Random`: Hypothesis gives one that it steers and shrinks (`st.randoms`), and tests that need the
same sales again seed their own.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from sellout.domain import (
    ANY_BUYER,
    MICROSECONDS,
    AddItem,
    Buy,
    BuyBasket,
    BuyerTokens,
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
from tests.model import Model
from tests.shelves import NOW
from tests.words import an_item, change

ITEMS = ["a", "a", "a", "b"]
NAMED = ["ada", "ada", "ada", "bob", "cleo"]
BUYERS = [*NAMED, *NAMED, ""]
KEYS = [None, None, "k", "l"]
PAYMENTS = [None, "r", "s", "t", "u", "v"]
QUANTITIES = [1, 1, 2, 3, 4]
SECONDS = [1, 2, 3]
TOKENS = [*[BuyerTokens.OPTIONAL] * 9, BuyerTokens.REQUIRED]
LIMITS = [None, None, 2, 3, 4]
HOUR = 3600 * MICROSECONDS
JUMPS = [0, 0, 0, 1, MICROSECONDS // 2, MICROSECONDS, 2 * MICROSECONDS, 3 * MICROSECONDS, HOUR, -HOUR]
RECENT = 5
"""Commands name one of so many things that were made last: the older ones have mostly ended."""

UNKNOWN = "unknown"
"""The id of nothing."""

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
        self.keyed: list[Command] = []
        self.hear(Model())

    def hear(self, sale: Model) -> None:
        """What there is after a batch, is told."""
        self.purchases, self.holds, self.entries = Named(sale.purchases), Named(sale.holds), Named(sale.entries)

    def one_of(self, things: "Named") -> str:
        """One of the last of these; now and then one that the same batch may make, or none."""
        names = self.chance.choice([*[things.told] * 8, things.asked, [UNKNOWN]])
        return self.chance.choice(names[-RECENT:] or things.told[-RECENT:] or [UNKNOWN])

    def new(self, letter: str, things: "Named") -> str:
        """A new id of something that may be made."""
        self.number += 1
        things.asked.append(f"{letter}{self.number}")
        return things.asked[-1]

    def batch(self, most: int) -> list[Command]:
        """Some commands."""
        return [self.command() for _ in range(self.chance.randint(1, most))]

    def command(self) -> Command:
        """Any command."""
        kind = self.chance.choice(_COMMANDS)
        names_nothing = kind in _NAMING and not (self.purchases.told if kind is _refund else self.holds.told)
        command = self.as_somebody((_take if names_nothing else kind)(self))
        if getattr(command, "key", None) is not None:
            self.keyed.append(command)
        return command

    def as_somebody(self, command: Command) -> Command:
        """Mostly as whoever may, so that there are sales of every item; now and then as somebody else, or nobody."""
        if not hasattr(command, "proven"):
            return command
        rightly = getattr(command, "buyer", None) or ANY_BUYER
        return command._replace(proven=self.chance.choice([*[rightly] * 9, "ada", "bob", None]))  # type: ignore[call-arg]

    def jump(self) -> None:
        """Time goes on, or an hour either way."""
        self.clock = max(NOW - HOUR, self.clock + self.chance.choice(JUMPS))


class Named:
    """Ids of one kind of thing: of those that are there, and of those that the commands since then may make."""

    def __init__(self, told: Iterable[str]) -> None:
        self.told = list(told)
        self.asked: list[str] = []


def moments(chance: Random, most: int = 12, commands: int = 6) -> list[Moment]:
    """A sale of two items: some moments, between which time passes. The model says what there is to be named."""
    asked, sale = Asked(chance), Model()
    found = [Moment(asked.clock, [AddItem(an_odd_item(asked, item_id)) for item_id in "ab"])]
    for _ in range(chance.randint(1, most)):
        sale.transact(found[-1].commands, found[-1].clock)
        asked.hear(sale)
        asked.jump()
        found.append(Moment(asked.clock, as_told(asked.batch(commands), sale.purchases, sale.holds)))
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
        paused=chance.randint(1, 12) == 12,
        limit_per_buyer=chance.choice(LIMITS),
        max_per_order=chance.choice([4, 4, 3]),
        hold_seconds=chance.choice(SECONDS),
        payment_seconds=chance.choice(SECONDS),
        offer_seconds=chance.choice(SECONDS),
        buyer_tokens=chance.choice(TOKENS),
    )


def _edge(asked: Asked) -> Instant | None:
    """When a window begins or ends, if at all: soon, now, or a moment ago."""
    chance = asked.chance
    away = chance.choice([-1, 0, 1, MICROSECONDS, 2 * MICROSECONDS])
    return asked.clock + away if chance.randint(1, 20) == 20 else None


def _buy(asked: Asked) -> Command:
    chance = asked.chance
    purchase_id = asked.new("p", asked.purchases)
    return Buy(purchase_id, chance.choice(ITEMS), chance.choice(BUYERS), chance.choice(QUANTITIES), chance.choice(KEYS))


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


def _lines(asked: Asked, letter: str, made: Named) -> tuple[Line, ...]:
    chance = asked.chance
    items = chance.choice([*[["a", "b"], ["b", "a"], ["a"]] * 3, ["a", "c"], ["a", "a"], ["a", "b", "a"]])
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
    if not asked.keyed:
        return _take(asked)
    match asked.chance.choice(asked.keyed[-2 * RECENT :]):
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
    *[_buy] * 8,
    *[_take] * 8,
    *[_join] * 8,
    *[_confirm] * 8,
    *[_again] * 6,
    *[_refund] * 6,
    *[_change] * 5,
    *[_release] * 4,
    *[_pay] * 4,
    *[_buy_basket] * 3,
    *[_hold_basket] * 3,
    *[_leave] * 3,
    _settle,
    _add,
]

_NAMING = {_refund, _pay, _confirm, _release}

_VALUES: dict[str, Callable[[Asked], str | int | bool | None]] = {
    "buyer_tokens": lambda asked: asked.chance.choice(TOKENS),
    "capacity": lambda asked: asked.chance.randint(0, 12),
    "closes_at": _edge,
    "hold_seconds": lambda asked: asked.chance.choice(SECONDS),
    "limit_per_buyer": lambda asked: asked.chance.choice(LIMITS),
    "max_per_order": lambda asked: asked.chance.choice([4, 4, 3, 2]),
    "name": lambda asked: asked.chance.choice(["A", "Another"]),
    "offer_seconds": lambda asked: asked.chance.choice(SECONDS),
    "opens_at": _edge,
    "paused": lambda asked: asked.chance.choice([False, False, True]),
    "payment_seconds": lambda asked: asked.chance.choice(SECONDS),
}
_MEMBERS = ["capacity", "capacity", "capacity", "limit_per_buyer", "paused", *_VALUES]


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
