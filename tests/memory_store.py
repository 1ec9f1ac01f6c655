"""A store that keeps a sale on the shelves of `tests.shelves`: the decision under the port, without an engine."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from sellout.domain import (
    ALL_SCOPES,
    Action,
    Audit,
    Command,
    Difference,
    EntryReading,
    EntryState,
    Extent,
    Got,
    Hold,
    Instant,
    Item,
    KeyScope,
    KeyUse,
    Kind,
    LatePayment,
    LedgerPage,
    Movement,
    MovementPage,
    MovementSum,
    NewPurchases,
    OrganiserKey,
    Outcome,
    Purchase,
    PurchasePage,
    PurchasesSince,
    Revocation,
    SalesPoint,
    Snapshot,
    replacement,
    revocation,
)
from sellout.ledger import Checker, Closing
from sellout.store.webhooks import Webhooks
from tests import shelves
from tests.shelves import Shelves


class MemoryStore:
    """Fulfils `sellout.store.port.Store`. What is on the shelves stays there when the store is closed."""

    def __init__(self, shelves: Shelves, clock: Callable[[], Instant]) -> None:
        self._shelves = shelves
        self._clock = clock
        self._organiser_keys: list[OrganiserKey] = []
        self._secret = ""

    @property
    def webhooks(self) -> Webhooks:
        raise NotImplementedError("shelves have no outbox")

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:  # noqa: ARG002 - it never waits
        return self._shelves.transact(commands, self._clock())

    async def items(self) -> Snapshot:
        return self._snapshot(list(self._shelves.items))

    async def item(self, item_id: str) -> Snapshot:
        return self._snapshot([item_id] if item_id in self._shelves.items else [])

    def _snapshot(self, item_ids: Sequence[str]) -> Snapshot:
        items = [self._seen(item_id) for item_id in item_ids]
        now = max([self._clock(), *(self._now(item.id) for item in items)])
        waited_for = [item for item in items if any(self._waits(item.id))]
        unsettled = frozenset(item.id for item in waited_for if item.available and not item.outside_window(now))
        return Snapshot(items, now, unsettled)

    def _now(self, item_id: str) -> Instant:
        return max(self._clock(), self._shelves.decided_at[item_id])

    def _seen(self, item_id: str) -> Item:
        item, now = self._shelves.items[item_id], self._now(item_id)
        return item._replace(held=sum(h.quantity for h in self._shelves.open_holds(item_id) if not h.is_due(now)))

    def _waits(self, item_id: str) -> list[str]:
        entries = self._shelves.entries.values()
        return [entry.id for entry in entries if entry.item_id == item_id and entry.state is EntryState.WAITING]

    async def purchase(self, purchase_id: str) -> Purchase | None:
        return self._shelves.purchases.get(purchase_id)

    async def purchase_by_key(self, item_id: str, buyer: str, key: str) -> Purchase | None:
        first = self._shelves.first_of(item_id, buyer, key)
        return first if isinstance(first, Purchase) else None

    async def got_by_key(self, item_id: str, buyer: str, key: str) -> Got | None:
        match self._shelves.first_of(item_id, buyer, key):
            case KeyUse(Action.JOIN, entry_id):
                return await self.entry(entry_id)
            case Hold(hold_id):
                return await self.hold(hold_id)
            case Purchase() as purchase:
                return purchase
        return None

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        found = [purchase for purchase in self._shelves.purchases.values() if purchase.item_id == item_id]
        page = found[after : after + limit]
        return PurchasePage(page, after + limit if len(found) > after + limit else None)

    async def search_purchases(self, item_id: str, text: str, limit: int) -> Sequence[Purchase]:
        of_item = [purchase for purchase in self._shelves.purchases.values() if purchase.item_id == item_id]
        found = [purchase for purchase in of_item if purchase.id == text or purchase.buyer.startswith(text)]
        return sorted(found, key=lambda purchase: (purchase.id != text, purchase.buyer))[:limit]

    async def hold(self, hold_id: str) -> Hold | None:
        hold = self._shelves.holds.get(hold_id)
        return None if hold is None else hold.seen_at(self._now(hold.item_id))

    async def entry(self, entry_id: str) -> EntryReading | None:
        entry = self._shelves.entries.get(entry_id)
        if entry is None:
            return None
        snapshot, waits = self._snapshot([entry.item_id]), self._waits(entry.item_id)
        return EntryReading(
            entry=entry,
            position=waits.index(entry.id) + 1 if entry.id in waits else None,
            hold=await self.hold(entry.hold_id),
            unsettled=entry.id in waits and entry.item_id in snapshot.unsettled,
            now=snapshot.now,
        )

    async def late_payments(self, item_id: str, after: str, limit: int) -> Sequence[LatePayment]:
        late = sorted(late for late in self._shelves.late_payments.values() if late.item_id == item_id)
        return [payment for payment in late if payment.payment_ref > after][:limit]

    async def movements(self, item_id: str, before: int, limit: int) -> MovementPage:
        rows = enumerate(self._shelves.movements, 1)
        found = [_movement(no, row) for no, row in rows if row.item_id == item_id and not 0 < before <= no][::-1]
        page = found[:limit]
        return MovementPage(page, page[-1].no if len(found) > limit else None)

    async def ledger(self, item_id: str, after: int, limit: int) -> LedgerPage:
        found = [_movement(no, row) for no, row in enumerate(self._shelves.movements, 1) if row.item_id == item_id]
        later = [movement for movement in found if movement.no > after]
        page = later[:limit]
        return LedgerPage(page, page[-1].no if len(later) > limit else None)

    async def check_ledger(self, checker: Checker) -> bool:  # noqa: ARG002 - the shelves have no seals
        return False

    async def closing(self, item_id: str) -> Closing | None:
        found = await self.audit(item_id)
        return None if found is None else Closing(found, None, 0, None, None, self._now(item_id))

    async def seal_rest(self) -> int:
        return 0

    async def sales_history(self, item_id: str, points_max: int) -> Sequence[SalesPoint]:
        sales = [row for row in self._shelves.movements if row[:2] in ((item_id, Kind.BUY), (item_id, Kind.REFUND))]
        if not sales:
            return []
        now, began = self._now(item_id), sales[0].moved_at
        apart = max(1, (now - began) // max(1, points_max - 1))
        instants = range(now, began - 1, -apart)[:points_max][::-1]
        return [SalesPoint(at, sum(row.units for row in sales if row.moved_at <= at)) for at in instants]

    async def purchases_since(self, after: int | None) -> PurchasesSince:
        purchases, units = Counter[str](), Counter[str]()
        bought = list(self._shelves.purchases.values())
        for purchase in bought[after:] if after is not None else []:
            purchases[purchase.item_id] += 1
            units[purchase.item_id] += purchase.quantity
        return PurchasesSince({i: NewPurchases(purchases[i], units[i]) for i in purchases}, len(bought))

    async def audit(self, item_id: str) -> Audit | None:
        if item_id not in self._shelves.items:
            return None
        return Audit(
            item=self._shelves.items[item_id],
            sums={kind: self._sum(item_id, kind) for kind in Kind},
            purchased=sum(purchase.quantity for purchase in self._shelves.kept(item_id)),
            holding=sum(hold.quantity for hold in self._shelves.open_holds(item_id)),
            unmatched=0,
        )

    async def extent(self) -> Extent:
        moved = self._shelves.movements
        purchases = sum(movement.kind is Kind.BUY for movement in moved)
        return Extent(len(self._shelves.items), purchases, len(moved), moved[-1].moved_at if moved else None, {})

    async def differing(self) -> Sequence[Difference]:
        return []

    def _sum(self, item_id: str, kind: Kind) -> MovementSum:
        units = [movement.units for movement in self._shelves.movements if movement[:2] == (item_id, kind)]
        return MovementSum(len(units), *_counters(kind, sum(units)))

    async def organiser_keys(self) -> Sequence[OrganiserKey]:
        return list(self._organiser_keys)

    async def add_organiser_key(self, name: str, digest: str, scopes: Collection[KeyScope]) -> bool:
        if any(name == key.name or digest == key.digest for key in self._organiser_keys):
            return False
        self._organiser_keys.append(OrganiserKey(name, digest, frozenset(scopes), self._clock()))
        return True

    async def add_first_organiser_key(self, name: str, digest: str) -> bool:
        return not self._organiser_keys and await self.add_organiser_key(name, digest, ALL_SCOPES)

    async def set_organiser_key(self, name: str, digest: str) -> bool:
        plan = replacement(self._organiser_keys, name, digest)
        for old in plan.to_revoke:
            self._revoke(old)
        if plan.to_add is not None:
            await self.add_organiser_key(plan.to_add, digest, ALL_SCOPES)
        return plan.is_valid

    async def revoke_organiser_key(self, name: str, *, last_too: bool) -> Revocation:
        result = revocation(self._organiser_keys, name)
        if result is Revocation.REVOKED or (last_too and result is Revocation.LAST_MANAGER):
            self._revoke(name)
            return Revocation.REVOKED
        return result

    def _revoke(self, name: str) -> None:
        now = self._clock()
        self._organiser_keys = [
            key._replace(revoked_at=now) if key.name == name else key for key in self._organiser_keys
        ]

    async def session_secret(self, made: str) -> str:
        self._secret = self._secret or made
        return self._secret

    async def reset(self, commands: Sequence[Command] = ()) -> None:
        self._shelves = Shelves()
        await self.transact(commands, 0)

    async def ping(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """Nothing is let go of."""


def _counters(kind: Kind, units: int) -> tuple[int, int, int]:
    """How much a movement changes capacity, sold and held."""
    match kind:
        case Kind.RESTOCK:
            return units, 0, 0
        case Kind.BUY | Kind.REFUND:
            return 0, units, 0
        case _:
            return 0, 0, units


def _movement(no: int, row: shelves.Movement) -> Movement:
    is_sale = row.kind in (Kind.BUY, Kind.REFUND)
    purchase_id, hold_id = (row.cause, None) if is_sale else (None, row.cause)
    return Movement(no, row.kind, purchase_id, hold_id, *_counters(row.kind, row.units), row.moved_at)
