"""The decision: what each command of a batch gets, and what is written for it.

Pure: no IO, no clock, no randomness. `decide` treats the commands one after the other, each on what the ones
before it left, so that cutting a sequence of commands into other batches changes no outcome. A store loads what
`Needs` names, calls `decide`, and writes what `Writes` names, all in one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sellout.domain import (
    ANONYMOUS,
    AddItem,
    Bought,
    Buy,
    ChangeItem,
    Command,
    Instant,
    Item,
    ItemSaved,
    Outcome,
    Purchase,
    Reason,
    Refund,
    Refunded,
    Refused,
)


class Needs(NamedTuple):
    """What a batch touches: the store loads it before the decision.

    A scope is (item id, buyer, idempotency key): keys of other items or other buyers are other keys.
    """

    item_ids: set[str]
    scopes: list[tuple[str, str, str]]
    buyers: set[tuple[str, str]]
    purchase_ids: set[str]


class Loaded(NamedTuple):
    """What the store holds of `Needs`; what is missing here does not exist."""

    items: Mapping[str, Item]
    by_key: Mapping[tuple[str, str, str], Purchase] = {}
    bought: Mapping[tuple[str, str], int] = {}
    purchases: Mapping[str, Purchase] = {}


class Writes(NamedTuple):
    """Rows that make the outcomes true, purchases and refunds in order, items with their final counters.

    Movements are not among them: the schema derives the ledger from these rows, so that nothing that
    writes to the database can leave it out, and the audit compares two independent accounts.
    """

    added_items: list[Item]
    changed_items: list[Item]
    purchases: list[Purchase]
    refunds: list[Purchase]

    def __bool__(self) -> bool:
        return any(map(bool, tuple(self)))


class Decision(NamedTuple):
    """An outcome for each command, in the same order, and the writes that make them true."""

    outcomes: list[Outcome]
    writes: Writes


def needs(commands: Sequence[Command]) -> Needs:
    """What must be loaded to decide `commands`."""
    wanted = Needs(set(), [], set(), set())
    for command in commands:
        if type(command) is Buy:
            _, item_id, buyer, _, key = command
            wanted.item_ids.add(item_id)
            if buyer != ANONYMOUS:
                wanted.buyers.add((item_id, buyer))
            if key is not None:
                wanted.scopes.append((item_id, buyer, key))
        elif type(command) is Refund:
            wanted.purchase_ids.add(command.purchase_id)
        elif type(command) is AddItem:
            wanted.item_ids.add(command.item.id)
        elif type(command) is ChangeItem:
            wanted.item_ids.add(command.item_id)
    return wanted


def limits_matter(items: Sequence[Item], commands: Sequence[Command]) -> bool:
    """Whether the decision reads what buyers hold: a store need not load it where no limit can apply."""
    return any(item.limit_per_buyer is not None for item in items) or any(
        type(command) is ChangeItem for command in commands
    )


def decide(loaded: Loaded, commands: Sequence[Command], now: Instant) -> Decision:
    """Decide `commands` in their order at the instant `now`.

    `loaded` is not changed. Every command gets exactly one outcome; a refused one writes nothing.
    """
    sale = _Sale(loaded)
    outcomes = [_HANDLERS[type(command)](sale, command, now) for command in commands]
    return Decision(outcomes, sale.writes())


_SOLD_OUT = Refused(Reason.SOLD_OUT, available=0)
_ALL_HELD = Refused(Reason.ALL_HELD, available=0)


class _Shelf:
    """One item while a batch is decided."""

    __slots__ = ("added", "changed", "held", "item", "sold")

    def __init__(self, item: Item, *, added: bool = False) -> None:
        self.item = item
        self.sold = item.sold
        self.held = item.held
        self.added = added
        self.changed = False

    @property
    def available(self) -> int:
        return self.item.capacity - self.sold - self.held

    def final(self) -> Item:
        return self.item._replace(sold=self.sold, held=self.held)


class _Sale:
    """The working copy of what was loaded, and the rows written so far."""

    __slots__ = ("bought", "by_key", "purchase_by_id", "purchases", "refunds", "shelves")

    def __init__(self, loaded: Loaded) -> None:
        self.shelves = {item_id: _Shelf(item) for item_id, item in loaded.items.items()}
        self.by_key = dict(loaded.by_key)
        self.bought = dict(loaded.bought)
        self.purchase_by_id = dict(loaded.purchases)
        self.purchases: list[Purchase] = []
        self.refunds: list[Purchase] = []

    def writes(self) -> Writes:
        shelves = self.shelves.values()
        return Writes(
            added_items=[shelf.final() for shelf in shelves if shelf.added],
            changed_items=[shelf.final() for shelf in shelves if shelf.changed and not shelf.added],
            purchases=self.purchases,
            refunds=self.refunds,
        )


def _buy(sale: _Sale, command: Buy, now: Instant) -> Outcome:
    purchase_id, item_id, buyer, quantity, key = command
    shelf = sale.shelves.get(item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    if key is not None:
        first = sale.by_key.get((item_id, buyer, key))
        if first is not None:
            return _replay(first, command)
    refusal = _refusal(shelf, sale.bought, command, now)
    if refusal is not None:
        return refusal
    purchase = Purchase(purchase_id, item_id, shelf.item.name, buyer, quantity, key, now)
    shelf.sold += quantity
    shelf.changed = True
    sale.purchases.append(purchase)
    sale.purchase_by_id[purchase_id] = purchase
    if key is not None:
        sale.by_key[item_id, buyer, key] = purchase
    if buyer != ANONYMOUS:
        sale.bought[item_id, buyer] = sale.bought.get((item_id, buyer), 0) + quantity
    return Bought(purchase)


def _replay(first: Purchase, command: Buy) -> Outcome:
    """Answer as the first time, also after a refund. Item and buyer are the key's scope: the quantity may differ."""
    if first.quantity != command.quantity:
        return Refused(Reason.KEY_REUSED)
    return Bought(first._replace(refunded_at=None), replayed=True)


def _refusal(shelf: _Shelf, bought: Mapping[tuple[str, str], int], command: Buy, now: Instant) -> Refused | None:
    """Why `command` gets nothing: first what is wrong with it, then the sale's window, then the stock."""
    item = shelf.item
    quantity = command.quantity
    if quantity > item.max_per_order:
        return Refused(Reason.INVALID_REQUEST, field="quantity", message=f"must be from 1 to {item.max_per_order}")
    if item.limit_per_buyer is not None and command.buyer == ANONYMOUS:
        return Refused(Reason.INVALID_REQUEST, field="buyer", message="is required: this item has a limit per buyer")
    if item.paused or item.opens_at is not None or item.closes_at is not None:
        closed = _outside_window(item, now)
        if closed is not None:
            return closed
    available = shelf.available
    if available == 0:
        return _ALL_HELD if shelf.held else _SOLD_OUT
    limit = item.limit_per_buyer
    if limit is not None and bought.get((item.id, command.buyer), 0) + quantity > limit:
        return Refused(Reason.LIMIT_REACHED)
    if quantity > available:
        return Refused(Reason.NOT_ENOUGH_LEFT, available=available)
    return None


def _outside_window(item: Item, now: Instant) -> Refused | None:
    if item.closes_at is not None and now >= item.closes_at:
        return Refused(Reason.CLOSED)
    if item.opens_at is not None and now < item.opens_at:
        return Refused(Reason.NOT_OPEN, opens_at=item.opens_at)
    return Refused(Reason.PAUSED) if item.paused else None


def _refund(sale: _Sale, command: Refund, now: Instant) -> Outcome:
    purchase = sale.purchase_by_id.get(command.purchase_id)
    if purchase is None:
        return Refused(Reason.UNKNOWN_PURCHASE)
    if purchase.refunded_at is not None:
        return Refused(Reason.ALREADY_REFUNDED)
    refunded = purchase._replace(refunded_at=now)
    shelf = sale.shelves[purchase.item_id]
    shelf.sold -= purchase.quantity
    shelf.changed = True
    _remember(sale, refunded)
    sale.refunds.append(refunded)
    return Refunded(refunded)


def _remember(sale: _Sale, refunded: Purchase) -> None:
    """Later commands of the batch see the refund: by id, by key, and in the buyer's limit."""
    item_id, buyer, key = refunded.item_id, refunded.buyer, refunded.key
    sale.purchase_by_id[refunded.id] = refunded
    if key is not None and (item_id, buyer, key) in sale.by_key:
        sale.by_key[item_id, buyer, key] = refunded
    if (item_id, buyer) in sale.bought:
        sale.bought[item_id, buyer] -= refunded.quantity


def _add_item(sale: _Sale, command: AddItem, now: Instant) -> Outcome:
    item = command.item
    if item.id in sale.shelves:
        return Refused(Reason.ITEM_EXISTS)
    sale.shelves[item.id] = _Shelf(item, added=True)
    return ItemSaved(item, now)


def _change_item(sale: _Sale, command: ChangeItem, now: Instant) -> Outcome:
    shelf = sale.shelves.get(command.item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    before = shelf.final()
    after = before._replace(**{change.field: change.value for change in command.changes})  # type: ignore[arg-type]
    if after.available < 0:
        return Refused(Reason.CAPACITY_BELOW_COMMITTED, available=before.available)
    if not _window_is_open(after):
        return Refused(Reason.INVALID_REQUEST, field="closes_at", message="must be later than opens_at")
    shelf.item = after
    shelf.changed = True
    return ItemSaved(after, now)


def _window_is_open(item: Item) -> bool:
    return item.opens_at is None or item.closes_at is None or item.opens_at < item.closes_at


_HANDLERS: dict[type, Callable[[_Sale, Any, Instant], Outcome]] = {
    Buy: _buy,
    Refund: _refund,
    AddItem: _add_item,
    ChangeItem: _change_item,
}
