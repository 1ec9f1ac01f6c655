"""What a store is: the protocol that every engine fulfils, and the errors that it may raise.

    StoreError
     +- StoreUnavailable   it cannot answer now; asking again later may help
     |   +- StoreBusy      more readings wait than may wait
     +- StoreUnusable      it cannot be used at all before somebody mends it; raised only when it is opened
         +- NoShop         there is no shop in it
         +- OutOfDate      it lacks migrations, and was to be read only

A refusal is an outcome, never an error. An error means that the store could not answer; what a batch asked is
then either not done, or done and found again under its idempotency keys.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from sellout.domain import (
    Audit,
    Command,
    Difference,
    EntryReading,
    Extent,
    Got,
    Hold,
    Item,
    KeyScope,
    LatePayment,
    LedgerPage,
    MovementPage,
    OrganiserKey,
    Outcome,
    Purchase,
    PurchasePage,
    PurchasesSince,
    Revocation,
    SalesPoint,
    Snapshot,
)
from sellout.ledger import Checker, Closing
from sellout.store.webhooks import Webhooks


class StoreError(Exception):
    """The store could not answer."""


class StoreUnavailable(StoreError):
    """The store cannot answer now."""


class StoreBusy(StoreUnavailable):
    """More readings wait than may wait."""


class StoreUnusable(StoreError):
    """The database cannot be used as it is."""


class NoShop(StoreUnusable):
    """There is no shop in the database."""


class OutOfDate(StoreUnusable):
    """The database lacks migrations, and whoever only reads makes none."""

    def __init__(self) -> None:
        super().__init__(
            "its schema is of an older version, and reading changes nothing: run `sellout db upgrade` first"
        )


class Store(Protocol):
    """One database of sales. Every method is one transaction and may raise StoreUnavailable."""

    @property
    def webhooks(self) -> Webhooks:
        """What webhooks keep in the same database."""
        ...

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        """Decide and commit `commands` in their order; durable when it returns.

        It waits for the database until `deadline` (`time.monotonic` seconds) at most. The caller gives one
        batch at a time.
        """
        ...

    async def items(self) -> Snapshot:
        """All items, in the order in which they were added."""
        ...

    async def item(self, item_id: str) -> Snapshot:
        """One item, or none where there is no such item."""
        ...

    async def purchase(self, purchase_id: str) -> Purchase | None:
        """A purchase by its id."""
        ...

    async def purchase_by_key(self, item_id: str, buyer: str, key: str) -> Purchase | None:
        """The purchase that an idempotency key has got."""
        ...

    async def got_by_key(self, item_id: str, buyer: str, key: str) -> Got | None:
        """What an idempotency key has got of an item, as it stands now: a purchase, a hold, or a waiting-list entry.

        A confirmed hold is still the hold; its `purchase_id` leads on.
        """
        ...

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        """At most `limit` purchases of an item that follow the place `after` (0 to begin)."""
        ...

    async def search_purchases(self, item_id: str, text: str, limit: int) -> Sequence[Purchase]:
        """At most `limit` purchases of an item: the one whose id is `text`, and those whose buyer begins with it.

        Case matters, and every character means itself. The one with the id comes first; the others are in the order
        of their buyers, and each buyer's in the order of their sale.
        """
        ...

    async def hold(self, hold_id: str) -> Hold | None:
        """A hold by its id, as it is seen now: expired from its deadline on."""
        ...

    async def entry(self, entry_id: str) -> EntryReading | None:
        """An entry of the waiting list by its id, with its place and its offer."""
        ...

    async def late_payments(self, item_id: str, after: str, limit: int) -> Sequence[LatePayment]:
        """At most `limit` payments of an item to be given back, whose references follow `after` ("" to begin)."""
        ...

    async def movements(self, item_id: str, before: int, limit: int) -> MovementPage:
        """At most `limit` movements of an item, the newest first, from before the place `before` (0 to begin)."""
        ...

    async def sales_history(self, item_id: str, points_max: int) -> Sequence[SalesPoint]:
        """How an item was sold: at most `points_max` (1 or more) points, equally far apart, from its first sale to now.

        The last one is now and has all units that are sold. No points where nothing was ever sold.
        """
        ...

    async def purchases_since(self, after: int | None) -> PurchasesSince:
        """What was bought of each item after the place `after`, for rates. None to begin: it counts nothing yet.

        Where several nodes sell, a purchase may be committed out of its turn, and is then not counted.
        """
        ...

    async def audit(self, item_id: str) -> Audit | None:
        """The ledger of an item against its counters, at one moment."""
        ...

    async def ledger(self, item_id: str, after: int, limit: int) -> LedgerPage:
        """At most `limit` movements of an item in their order, from after the place `after` (0 to begin)."""
        ...

    async def check_ledger(self, checker: Checker) -> bool:
        """Check the next seals of an item's ledger against its movements; False once all have been.

        Each call is a look at another moment, and none takes long.
        """
        ...

    async def closing(self, item_id: str) -> Closing | None:
        """What a closing report tells of an item."""
        ...

    async def extent(self) -> Extent:
        """How much there is in all, and what names an item that is not there."""
        ...

    async def differing(self) -> Sequence[Difference]:
        """Items whose counters are not the sums of their ledger: they would sell units again, or too few."""
        ...

    async def seal_rest(self) -> int:
        """Seal movements that no batch has sealed, some thousands at most; how many there were."""
        ...

    async def organiser_keys(self) -> Sequence[OrganiserKey]:
        """All organiser keys, the revoked ones too, in the order in which they were made."""
        ...

    async def add_organiser_key(self, name: str, digest: str, scopes: Collection[KeyScope]) -> bool:
        """Make a key valid under a name that no key has had; whether there was none. Names are never given again."""
        ...

    async def add_first_organiser_key(self, name: str, digest: str) -> bool:
        """Make this key valid, for all scopes, where there has never been one; whether there had not."""
        ...

    async def set_organiser_key(self, name: str, digest: str) -> bool:
        """Let this key, for all scopes, take the place of the one that was set before it under `name`.

        The earlier one is revoked, and the new one is called `name-2`, and so on. Whether the key is valid then: one
        that has been revoked stays so, and changes nothing.
        """
        ...

    async def revoke_organiser_key(self, name: str, *, last_too: bool) -> Revocation:
        """Let a key be valid no longer, from now on; the last one that may manage only with `last_too`."""
        ...

    async def session_secret(self, made: str) -> str:
        """What sessions and challenges are signed with: the same for all who ask, `made` for the first."""
        ...

    async def reset(self, commands: Sequence[Command] = ()) -> None:
        """Remove all items and all that happened to them, and carry out `commands`, at one moment for whoever looks.

        Organiser keys stay.
        """
        ...

    async def ping(self) -> None:
        """Ask the database for an answer."""
        ...

    async def close(self) -> None:
        """Finish the transaction under way and let go of the database."""
        ...


def first_item(snapshot: Snapshot) -> Item | None:
    """The only item of a snapshot that asked for one."""
    return snapshot.items[0] if snapshot.items else None
