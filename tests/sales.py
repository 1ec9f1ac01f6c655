"""Sales as Hypothesis makes them up: few items, buyers and keys, so that commands often meet each other."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from sellout.domain import AddItem, Buy, Change, ChangeItem, Command, Item, Refund
from tests.shelves import NOW
from tests.words import an_item

ITEMS = st.sampled_from(["a", "a", "b"])
BUYERS = st.sampled_from(["ada", "ada", "bob", ""])
KEYS = st.sampled_from([None, "k", "l"])
EDGES = st.one_of(st.none(), st.none(), st.integers(NOW - 1, NOW + 3))
LIMITS = st.one_of(st.none(), st.integers(1, 4))
BUYS = st.builds(Buy, st.just(""), ITEMS, BUYERS, st.integers(1, 4), KEYS)
CHANGES: dict[str, st.SearchStrategy[str | int | bool | None]] = {
    "capacity": st.integers(0, 12),
    "closes_at": EDGES,
    "limit_per_buyer": LIMITS,
    "max_per_order": st.integers(1, 4),
    "name": st.sampled_from(["A", "Another"]),
    "opens_at": EDGES,
    "paused": st.booleans(),
}


class Moment(NamedTuple):
    """Commands that are decided at one instant, in this order."""

    now: int
    commands: Sequence[Command]


@st.composite
def items(draw: st.DrawFn, item_id: str = "b") -> Item:
    """An item with any window, pause and limits."""
    opens_at, closes_at = draw(EDGES), draw(EDGES)
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        opens_at = None
    return an_item(
        item_id,
        capacity=draw(st.integers(0, 8)),
        opens_at=opens_at,
        closes_at=closes_at,
        paused=draw(st.sampled_from([False, False, False, True])),
        limit_per_buyer=draw(LIMITS),
        max_per_order=draw(st.integers(2, 4)),
    )


@st.composite
def changes(draw: st.DrawFn) -> ChangeItem:
    """One or two members of an item get new values."""
    members = draw(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=2, unique=True))
    return ChangeItem(draw(ITEMS), tuple(Change(member, draw(CHANGES[member])) for member in members))


@st.composite
def sales(draw: st.DrawFn) -> list[Moment]:
    """One to three moments, between which time goes on. Purchases have numbers, so that refunds can name them."""
    moments, number = [], 0
    for now in range(NOW, NOW + draw(st.integers(1, 3))):
        commands: list[Command] = []
        for _ in range(draw(st.integers(1, 12))):
            commands.append(_command(draw, number))
            number += 1
        moments.append(Moment(now, commands))
    return moments


def _command(draw: st.DrawFn, number: int) -> Command:
    match draw(st.sampled_from(["buy", "buy", "buy", "buy", "refund", "change", "add"])):
        case "buy":
            return draw(BUYS)._replace(purchase_id=f"p{number}")
        case "refund":
            return Refund(f"p{draw(st.integers(0, number))}")
        case "change":
            return draw(changes())
        case _:
            return AddItem(draw(items()))


def cut(commands: Sequence[Command], sizes: Sequence[int]) -> list[Sequence[Command]]:
    """The commands as batches of these sizes, again and again."""
    batches, start = list[Sequence[Command]](), 0
    while start < len(commands):
        end = start + sizes[len(batches) % len(sizes)]
        batches.append(commands[start:end])
        start = end
    return batches


SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=4)
