"""The working copy of what was loaded while a batch is decided, and the rows written so far."""

from collections import deque
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from sellout.decide.loading import Deadline, Loaded, Waiting
from sellout.domain import ANONYMOUS, Entry, Hold, HoldState, Instant, Item, KeyUse, LatePayment, Purchase, Scope


class Writes(NamedTuple):
    """Rows that make the outcomes true; new rows in the order of their commands, items with their final counters.

    `expired` are the ids of holds that end because their time is over; they are written before `changed_holds`,
    which may confirm one of them after all. Movements are not among the rows: the schema derives the ledger from
    these, so that nothing that writes to the database can leave it out, and the audit compares two independent
    accounts.
    """

    added_items: list[Item]
    changed_items: list[Item]
    purchases: list[Purchase]
    refunds: list[Purchase]
    holds: list[Hold]
    expired: list[str]
    changed_holds: list[Hold]
    entries: list[Entry]
    changed_entries: list[Entry]
    used_keys: list[tuple[Scope, KeyUse]]
    late_payments: list[LatePayment]

    def __bool__(self) -> bool:
        return any(self)


class Shelf:
    """One item while a batch is decided."""

    __slots__ = ("added", "changed", "deadlines", "held", "item", "queue", "sold", "spoken_for", "waiting_count")

    def __init__(self, item: Item, *, added: bool = False) -> None:
        self.item = item
        self.sold = item.sold
        self.held = item.held
        self.added = added
        self.changed = False
        self.deadlines: list[Deadline] = []
        self.queue: Queue | None = None
        self.waiting_count = 0
        self.spoken_for = False

    @property
    def available(self) -> int:
        """Units that are neither sold nor held."""
        return self.item.capacity - self.sold - self.held

    @property
    def free(self) -> int:
        """Units that the next command may have: none while they are spoken for by those who wait."""
        return 0 if self.spoken_for else self.item.capacity - self.sold - self.held

    def move(self, *, sold: int = 0, held: int = 0) -> None:
        """Count units that change their place."""
        self.sold += sold
        self.held += held
        self.changed = True

    def wait(self, entry: Entry) -> None:
        """Somebody stands at the end of the waiting list."""
        self.queue = self.queue or Queue(Waiting())
        self.queue.join(entry)
        self.waiting_count += 1

    def wait_no_longer(self, entry: Entry) -> None:
        """Somebody gives their place up."""
        self.waiting_count -= 1
        if self.queue is not None:
            self.queue.leave(entry)

    def final(self) -> Item:
        """The item with its counters as they are now."""
        return self.item._replace(sold=self.sold, held=self.held)


class Queue:
    """Those who wait for one item, by the quantity that they want, each quantity in the order of their coming."""

    __slots__ = ("_by_quantity", "_more", "_next_no")

    def __init__(self, waiting: Waiting) -> None:
        self._by_quantity: dict[int, deque[tuple[int, Entry]]] = {}
        self._more = set(waiting.more)
        self._next_no = 1 + max((entry.no for entry in waiting.entries), default=0)
        for entry in waiting.entries:
            self._by_quantity.setdefault(entry.quantity, deque()).append((entry.no, entry))

    def join(self, entry: Entry) -> None:
        """Stand at the end; behind those who were not loaded nobody can be seen, so an entry there is not kept."""
        if entry.quantity not in self._more:
            self._by_quantity.setdefault(entry.quantity, deque()).append((self._next_no, entry))
            self._next_no += 1

    def leave(self, entry: Entry) -> None:
        """Wait no longer."""
        line = self._by_quantity.get(entry.quantity, ())
        self._by_quantity[entry.quantity] = deque(place for place in line if place[1].id != entry.id)

    def pop_first(self, available: int) -> Entry | None:
        """The first who wants no more than there is."""
        fitting = [line for quantity, line in self._by_quantity.items() if line and quantity <= available]
        return min(fitting, key=lambda line: line[0][0]).popleft()[1] if fitting else None

    def others_fit(self, available: int) -> bool:
        """Whether somebody who was not loaded wants no more than there is."""
        return any(quantity <= available for quantity in self._more)


class Sale:
    """What was loaded, as the commands decided so far have left it."""

    def __init__(self, loaded: Loaded) -> None:
        self.shelves = {item_id: Shelf(item) for item_id, item in loaded.items.items()}
        self.by_key = dict(loaded.by_key)
        self.bought = dict(loaded.bought)
        self.purchase_by_id = dict(loaded.purchases)
        self.hold_by_id = dict(loaded.holds)
        self.entry_by_id = dict(loaded.entries)
        self.payments = dict(loaded.payments)
        self.lines = dict(loaded.lines)
        self.purchases: list[Purchase] = []
        self.refunds: list[Purchase] = []
        self.holds: list[Hold] = []
        self.expired: list[str] = []
        self.entries: list[Entry] = []
        self.used_keys: list[tuple[Scope, KeyUse]] = []
        self.late_payments: list[LatePayment] = []
        self._changed_holds: dict[str, Hold] = {}
        self._changed_entries: dict[str, Entry] = {}
        for item_id, deadlines in loaded.deadlines.items():
            heapify(kept := list(deadlines))
            self.shelves[item_id].deadlines = kept
        for item_id, waiting in loaded.waiting.items():
            self.shelves[item_id].queue = Queue(waiting)
            self.shelves[item_id].waiting_count = waiting.in_all

    def writes(self) -> Writes:
        """All rows that the commands have made or changed."""
        shelves = self.shelves.values()
        return Writes(
            added_items=[shelf.final() for shelf in shelves if shelf.added],
            changed_items=[shelf.final() for shelf in shelves if shelf.changed and not shelf.added],
            purchases=self.purchases,
            refunds=self.refunds,
            holds=self.holds,
            expired=self.expired,
            changed_holds=list(self._changed_holds.values()),
            entries=self.entries,
            changed_entries=list(self._changed_entries.values()),
            used_keys=self.used_keys,
            late_payments=self.late_payments,
        )

    def count(self, item_id: str, buyer: str, quantity: int) -> None:
        """Count units for or against a buyer's limit."""
        if buyer != ANONYMOUS:
            self.bought[item_id, buyer] = self.bought.get((item_id, buyer), 0) + quantity

    def use_key(self, scope: Scope, use: KeyUse) -> None:
        """Remember what a key was used for, where no row of a purchase or hold carries it."""
        self.by_key[scope] = use
        self.used_keys.append((scope, use))

    # Purchases.

    def add_purchase(self, purchase: Purchase) -> None:
        """A new sale. Units, limits and holds are counted by whoever adds it."""
        self.purchases.append(purchase)
        self.purchase_by_id[purchase.id] = purchase
        if purchase.key is not None:
            self.by_key[purchase.item_id, purchase.buyer, purchase.key] = purchase
        if purchase.payment_ref is not None and purchase.hold_id is not None:
            self.payments[purchase.payment_ref] = purchase.hold_id

    def set_refunded(self, refunded: Purchase) -> None:
        """Later commands of the batch see the refund. Its key goes on telling the first answer."""
        self.purchase_by_id[refunded.id] = refunded
        self.refunds.append(refunded)

    # Holds.

    def add_hold(self, hold: Hold) -> None:
        """Keep units for somebody."""
        shelf = self.shelves[hold.item_id]
        shelf.move(held=hold.quantity)
        heappush(shelf.deadlines, (hold.expires_at, hold.id))
        self.count(hold.item_id, hold.buyer, hold.quantity)
        self.holds.append(hold)
        self.hold_by_id[hold.id] = hold
        if hold.key is not None:
            self.by_key[hold.item_id, hold.buyer, hold.key] = hold

    def change_hold(self, hold: Hold) -> None:
        """A hold gets another state or deadline. Its units are counted by whoever changes it.

        Its key goes on telling the first answer, whatever becomes of the hold.
        """
        self.hold_by_id[hold.id] = hold
        self._changed_holds[hold.id] = hold
        if hold.is_open:
            heappush(self.shelves[hold.item_id].deadlines, (hold.expires_at, hold.id))

    def expire(self, hold: Hold, now: Instant) -> Hold:
        """A hold's time is over: its units are free. A buyer's limit has not counted it since its deadline."""
        self.shelves[hold.item_id].move(held=-hold.quantity)
        ended = hold._replace(state=HoldState.EXPIRED, ended_at=now)
        self.hold_by_id[hold.id] = ended
        self.expired.append(hold.id)
        return ended

    def next_deadline(self, shelf: Shelf) -> Instant | None:
        """When the earliest of an item's open holds ends."""
        while shelf.deadlines:
            at, hold_id = shelf.deadlines[0]
            hold = self.hold_by_id.get(hold_id)
            if hold is None or (hold.is_open and hold.expires_at == at):
                return at
            heappop(shelf.deadlines)
        return None

    # The waiting list.

    def add_entry(self, entry: Entry) -> None:
        """Somebody waits from now on."""
        self.entry_by_id[entry.id] = entry
        self.entries.append(entry)

    def change_entry(self, entry: Entry) -> None:
        """An entry gets another state."""
        self.entry_by_id[entry.id] = entry
        self._changed_entries[entry.id] = entry
