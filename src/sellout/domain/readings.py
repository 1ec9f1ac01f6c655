"""Readings: what is shown of a sale without changing it."""

from collections.abc import Sequence
from typing import NamedTuple

from sellout.domain.things import Entry, Hold, Instant, Item, Kind, Purchase


class MovementSum(NamedTuple):
    """All movements of one kind, added up."""

    movements: int
    capacity: int
    sold: int
    held: int


class Audit(NamedTuple):
    """The ledger of an item against its counters, read at one moment.

    `purchased` and `holding` are the units in its purchases and open holds; `unmatched` counts purchases and holds
    whose movements do not tell the same of them, and movements of purchases and holds that are not there.
    """

    item: Item
    sums: dict[Kind, MovementSum]
    purchased: int
    holding: int
    unmatched: int

    @property
    def consistent(self) -> bool:
        """Whether the movements add up to the counters, and purchases, holds and movements tell the same sale."""
        return (
            self._total("capacity") == self.item.capacity
            and self._total("sold") == self.item.sold == self.purchased
            and self._total("held") == self.item.held == self.holding
            and self.unmatched == 0
        )

    def _total(self, counter: str) -> int:
        return sum(getattr(total, counter) for total in self.sums.values())


class Extent(NamedTuple):
    """How much a database has, and when the last unit moved; so that a copy's age is seen.

    `orphans` are rows that name an item which is not there, by table; a sound database has none.
    """

    items: int
    purchases: int
    movements: int
    last_moved_at: Instant | None
    orphans: dict[str, int]


class Difference(NamedTuple):
    """An item whose counters are not the sums of its ledger: somebody has changed them by hand."""

    item_id: str
    capacity: int
    sold: int
    held: int
    moved_capacity: int
    moved_sold: int
    moved_held: int

    def __str__(self) -> str:
        pairs = (("capacity", self.capacity, self.moved_capacity), ("sold", self.sold, self.moved_sold),
                 ("held", self.held, self.moved_held))  # fmt: skip
        return f"{self.item_id}: " + ", ".join(
            f"{name} is {counter}, and its ledger says {moved}" for name, counter, moved in pairs if counter != moved
        )


class Snapshot(NamedTuple):
    """Items as they stood at `now`, by the store's clock: the units of expired holds count as free.

    `unsettled` are the items of which something is due that only a decision can do: somebody waits for units
    that are free.
    """

    items: Sequence[Item]
    now: Instant
    unsettled: frozenset[str] = frozenset()


class PurchasePage(NamedTuple):
    """Some purchases of an item in the order of their sale; `next_after` asks for those that follow."""

    purchases: Sequence[Purchase]
    next_after: int | None


class Movement(NamedTuple):
    """A row of the ledger: by how many units each counter of an item changed, why and when.

    `no` is its place in the ledger, which all items share. A purchase or a hold is named where it was the cause.
    """

    no: int
    kind: Kind
    purchase_id: str | None
    hold_id: str | None
    capacity: int
    sold: int
    held: int
    moved_at: Instant


class MovementPage(NamedTuple):
    """Some movements of an item, the newest first; `next_before` asks for those before them."""

    movements: Sequence[Movement]
    next_before: int | None


class LedgerPage(NamedTuple):
    """Some movements of an item in their order; `next_after` asks for those that follow."""

    movements: Sequence[Movement]
    next_after: int | None


class SalesPoint(NamedTuple):
    """Units of an item sold by an instant, without those that had been refunded by then."""

    at: Instant
    sold: int


class NewPurchases(NamedTuple):
    """Some purchases of an item, counted, and the units in them, refunded or not."""

    purchases: int
    units: int


class PurchasesSince(NamedTuple):
    """What was bought of each item since a look at all purchases; `last` is where the next look begins."""

    items: dict[str, NewPurchases]
    last: int


class EntryReading(NamedTuple):
    """An entry of the waiting list at `now`: its present place among those who wait, and what it was offered."""

    entry: Entry
    position: int | None
    hold: Hold | None
    unsettled: bool
    now: Instant


Got = Purchase | Hold | EntryReading
"""What an idempotency key has got of an item."""
