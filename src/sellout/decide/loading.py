"""What a batch touches, in the order in which a store can find it out, and what the store gives of it.

    needs            from the commands alone: ids, keys, buyers
    Found            the purchases, holds and entries that commands name by their ids
    follow           what these lead to: their items, buyers, and keys, whose scope is the item and the buyer
    due_max, ...     how much of what can grow is enough to decide this batch: open holds, the waiting list

All pure. What is not loaded does not exist for the decision, so each of these limits says why it is enough.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sellout.domain import (
    ANONYMOUS,
    CAPACITY_MAX,
    AddItem,
    Buy,
    BuyBasket,
    ChangeItem,
    Command,
    ConfirmHold,
    Entry,
    Hold,
    HoldBasket,
    Instant,
    Item,
    JoinWaitlist,
    KeyUse,
    LeaveWaitlist,
    PayHold,
    Purchase,
    Refund,
    ReleaseHold,
    Scope,
    Settle,
    TakeHold,
)

BASKETS = ""
"""Stands for the item in the scope of a basket's key."""

DUE_LOADED_MIN = 1000
"""Expired holds that one batch ends, at the least, if there are so many."""

ENTRIES_LOADED_MAX = 1000
"""Entries of the waiting list that one batch looks at, of those who want the same quantity."""

LAPSING_LOADED = 100
"""Entries of one quantity that may lapse in a batch without keeping those behind them waiting until the next."""

Deadline = tuple[Instant, str]
"""When an open hold ends, and its id."""

Lines = Sequence[Purchase] | Sequence[Hold]
"""What a basket has become, in the order of its lines."""


class Needs(NamedTuple):
    """What a batch touches: the store loads it before the decision.

    A scope is (item id, buyer, idempotency key): keys of other items or other buyers are other keys.
    """

    item_ids: set[str]
    scopes: list[Scope]
    buyers: set[tuple[str, str]]
    purchase_ids: set[str]
    hold_ids: set[str]
    entry_ids: set[str]
    payment_refs: set[str]


class Found(NamedTuple):
    """What commands name by its id; an entry's offered hold is among the holds."""

    purchases: Mapping[str, Purchase] = {}
    holds: Mapping[str, Hold] = {}
    entries: Mapping[str, Entry] = {}


class Waiting(NamedTuple):
    """Those who wait for an item: the first of each quantity that may be served in this batch.

    `more` are the quantities of which not all were loaded; `in_all` is how many wait, where the batch has
    somebody join.
    """

    entries: Sequence[Entry] = ()
    more: frozenset[int] = frozenset()
    in_all: int = 0


class Loaded(NamedTuple):
    """What the store holds of what a batch needs; what is missing here does not exist.

    `due` are open holds past their deadline, the earliest first, and `deadlines` the next ones that end. `payments`
    are the holds that payment references came for, in time or too late.
    """

    items: Mapping[str, Item]
    by_key: Mapping[Scope, Purchase | Hold | KeyUse] = {}
    bought: Mapping[tuple[str, str], int] = {}
    purchases: Mapping[str, Purchase] = {}
    holds: Mapping[str, Hold] = {}
    entries: Mapping[str, Entry] = {}
    due: Sequence[Hold] = ()
    deadlines: Mapping[str, Sequence[Deadline]] = {}
    waiting: Mapping[str, Waiting] = {}
    payments: Mapping[str, str] = {}
    lines: Mapping[str, Lines] = {}


def needs(commands: Sequence[Command]) -> Needs:
    """What `commands` name themselves."""
    wanted = Needs(set(), [], set(), set(), set(), set(), set())
    for command in commands:
        if type(command) is Buy or type(command) is TakeHold:
            _, item_id, buyer, _, key, _ = command
            wanted.item_ids.add(item_id)
            if buyer != ANONYMOUS:
                wanted.buyers.add((item_id, buyer))
            if key is not None:
                wanted.scopes.append((item_id, buyer, key))
        else:
            _NEEDS[type(command)](wanted, command)
    return wanted


def _add_buyer(wanted: Needs, item_id: str, buyer: str) -> None:
    if buyer != ANONYMOUS:  # who has no limit, but perhaps thousands of purchases
        wanted.buyers.add((item_id, buyer))


def _hold_needs(wanted: Needs, command: PayHold | ConfirmHold | ReleaseHold) -> None:
    wanted.hold_ids.add(command.hold_id)
    if type(command) is ConfirmHold and command.payment_ref is not None:
        wanted.payment_refs.add(command.payment_ref)


def _basket_needs(wanted: Needs, command: BuyBasket | HoldBasket) -> None:
    if command.key is not None:
        wanted.scopes.append((BASKETS, command.buyer, command.key))
    for line in command.lines:
        wanted.item_ids.add(line.item_id)
        _add_buyer(wanted, line.item_id, command.buyer)
        if command.key is not None:
            wanted.scopes.append((line.item_id, command.buyer, command.key))


def _join_needs(wanted: Needs, command: JoinWaitlist) -> None:
    wanted.item_ids.add(command.item_id)
    wanted.buyers.add((command.item_id, command.buyer))
    if command.key is not None:
        wanted.scopes.append((command.item_id, command.buyer, command.key))


_NEEDS: dict[type, Callable[[Needs, Any], None]] = {
    PayHold: _hold_needs,
    ConfirmHold: _hold_needs,
    ReleaseHold: _hold_needs,
    Refund: lambda wanted, command: wanted.purchase_ids.add(command.purchase_id),
    JoinWaitlist: _join_needs,
    LeaveWaitlist: lambda wanted, command: wanted.entry_ids.add(command.entry_id),
    BuyBasket: _basket_needs,
    HoldBasket: _basket_needs,
    Settle: lambda wanted, command: wanted.item_ids.add(command.item_id),
    AddItem: lambda wanted, command: wanted.item_ids.add(command.item.id),
    ChangeItem: lambda wanted, command: wanted.item_ids.add(command.item_id),
}


def follow(wanted: Needs, commands: Sequence[Command], found: Found) -> None:
    """Add to `wanted` what the things lead to that commands name by id."""
    for thing in _things(found):
        wanted.item_ids.add(thing.item_id)
        _add_buyer(wanted, thing.item_id, thing.buyer)
    for command in commands:
        if type(command) is PayHold or type(command) is ConfirmHold:
            _follow_key(wanted, found.holds.get(command.hold_id), command.key)
        elif type(command) is Refund:
            _follow_key(wanted, found.purchases.get(command.purchase_id), command.key)


def _follow_key(wanted: Needs, thing: Hold | Purchase | None, key: str | None) -> None:
    if thing is not None and key is not None:
        wanted.scopes.append((thing.item_id, thing.buyer, key))


def _things(found: Found) -> Iterable[Purchase | Hold | Entry]:
    yield from found.purchases.values()
    yield from found.holds.values()
    yield from found.entries.values()


def limits_matter(items: Iterable[Item], commands: Sequence[Command]) -> bool:
    """Whether the decision reads what buyers hold: a store need not load it where no limit can apply."""
    return any(item.limit_per_buyer is not None for item in items) or _has(commands, ChangeItem)


def due_max(item_id: str, commands: Sequence[Command]) -> int:
    """Expired holds of an item to load at the most.

    Each has a unit at least, so with these freed every command of the batch that could be granted is. The rest
    ends in the next batches.
    """
    return DUE_LOADED_MIN + _units_asked(item_id, commands)


def deadlines_wanted(item: Item, due_units: int, commands: Sequence[Command], found: Found, *, waiting: bool) -> int:
    """How many of an item's next deadlines to load: enough to know the earliest until the last command.

    None where units are left after this batch whatever it asks: deadlines are told to those who find all held.
    A late confirmation takes its hold's units; what a change leaves is not known from the commands.
    """
    asked = _units_asked(item.id, commands) + _units_held(item.id, found)
    if item.available + due_units > asked and not (waiting or _has(commands, ChangeItem)):
        return 0
    return 1 + sum(isinstance(command, _END_HOLDS) for command in commands)


def units_to_offer(item: Item, due_units: int, commands: Sequence[Command], found: Found) -> int:
    """Units that may be free at some moment of the batch: nobody who waits for more can be served in it."""
    free = item.available + due_units
    returned = _units_held(item.id, found)
    returned += sum(purchase.quantity for purchase in found.purchases.values() if purchase.item_id == item.id)
    return max(0, free) + returned + _capacity_raised(item, commands)


def entries_wanted(units: int, commands: Sequence[Command], *, limited: bool = True) -> int:
    """Entries of one quantity to load: each offer takes a unit, and one more for each that may be given back.

    Where a limit per buyer may apply (`limited`) an entry may also lapse, which takes nothing.
    """
    offers = units + sum(isinstance(command, _END_HOLDS) for command in commands)
    return min(ENTRIES_LOADED_MAX, offers + (LAPSING_LOADED if limited else 0))


def somebody_joins(item_id: str, commands: Sequence[Command]) -> bool:
    """Whether the place at the end of an item's waiting list matters."""
    return any(type(command) is JoinWaitlist and command.item_id == item_id for command in commands)


_END_HOLDS = (PayHold, ConfirmHold, ReleaseHold, LeaveWaitlist)


def _has(commands: Sequence[Command], kind: type) -> bool:
    return any(type(command) is kind for command in commands)


def _units_asked(item_id: str, commands: Sequence[Command]) -> int:
    """Units of an item that the batch takes if all of it is granted, but for late confirmations.

    What nobody can have counts as all there can be, so that no figure is beyond what an engine can count.
    """
    asked = 0
    for command in commands:
        if type(command) is Buy or type(command) is TakeHold or type(command) is JoinWaitlist:
            asked += min(command.quantity, CAPACITY_MAX) if command.item_id == item_id else 0
        elif type(command) is BuyBasket or type(command) is HoldBasket:
            asked += sum(min(line.quantity, CAPACITY_MAX) for line in command.lines if line.item_id == item_id)
    return asked


def _units_held(item_id: str, found: Found) -> int:
    """Units of an item in the holds that commands name."""
    return sum(hold.quantity for hold in found.holds.values() if hold.item_id == item_id)


def _capacity_raised(item: Item, commands: Sequence[Command]) -> int:
    values = [change.value for command in commands if type(command) is ChangeItem and command.item_id == item.id
              for change in command.changes if change.field == "capacity"]  # fmt: skip
    return max([0, *(value - item.capacity for value in values if isinstance(value, int))])
