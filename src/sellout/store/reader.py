"""The readings of a store, for any engine that can answer steps from one snapshot."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import TypeVar

from sellout.domain import (
    Audit,
    Difference,
    EntryReading,
    Extent,
    Got,
    Hold,
    LatePayment,
    LedgerPage,
    MovementPage,
    OrganiserKey,
    Purchase,
    PurchasePage,
    PurchasesSince,
    SalesPoint,
    Snapshot,
)
from sellout.ledger import Checker, Closing
from sellout.store import keeping, readings, sealing
from sellout.store.steps import Steps
from sellout.store.webhooks import Webhooks

_T = TypeVar("_T")


class Reader(ABC):
    """The part of `sellout.store.port.Store` that changes nothing."""

    @abstractmethod
    async def _read(self, steps: Steps[_T]) -> _T:
        """Answer all steps from one snapshot. Raises StoreUnavailable."""

    async def _read_long(self, question: Hashable, steps: Steps[_T]) -> _T:  # noqa: ARG002 - for engines that share
        """Likewise, for what may read very many rows: beside the short readings, where others wait for those."""
        return await self._read(steps)

    webhooks: Webhooks

    @abstractmethod
    async def close(self) -> None:
        """Let go of the database."""

    async def items(self) -> Snapshot:
        return await self._read(readings.items())

    async def item(self, item_id: str) -> Snapshot:
        return await self._read(readings.item(item_id))

    async def purchase(self, purchase_id: str) -> Purchase | None:
        return await self._read(readings.purchase(purchase_id))

    async def purchase_by_key(self, item_id: str, buyer: str, key: str) -> Purchase | None:
        return await self._read(readings.purchase_by_key(item_id, buyer, key))

    async def got_by_key(self, item_id: str, buyer: str, key: str) -> Got | None:
        return await self._read(readings.got_by_key(item_id, buyer, key))

    async def purchases(self, item_id: str, after: int, limit: int) -> PurchasePage:
        return await self._read(readings.purchases(item_id, after, limit))

    async def search_purchases(self, item_id: str, text: str, limit: int) -> Sequence[Purchase]:
        return await self._read(readings.search_purchases(item_id, text, limit))

    async def hold(self, hold_id: str) -> Hold | None:
        return await self._read(readings.hold(hold_id))

    async def entry(self, entry_id: str) -> EntryReading | None:
        return await self._read(readings.entry(entry_id))

    async def late_payments(self, item_id: str, after: str, limit: int) -> Sequence[LatePayment]:
        return await self._read(readings.late_payments(item_id, after, limit))

    async def movements(self, item_id: str, before: int, limit: int) -> MovementPage:
        return await self._read(readings.movements(item_id, before, limit))

    async def ledger(self, item_id: str, after: int, limit: int) -> LedgerPage:
        return await self._read(readings.ledger(item_id, after, limit))

    async def check_ledger(self, checker: Checker) -> bool:
        return await self._read_long(checker, sealing.check(checker))

    async def closing(self, item_id: str) -> Closing | None:
        return await self._read_long(("closing", item_id), sealing.closing(item_id))

    async def sales_history(self, item_id: str, points_max: int) -> Sequence[SalesPoint]:
        steps = readings.sales_history(item_id, points_max)
        return await self._read_long(("sales_history", item_id, points_max), steps)

    async def purchases_since(self, after: int | None) -> PurchasesSince:
        return await self._read(readings.purchases_since(after))

    async def audit(self, item_id: str) -> Audit | None:
        return await self._read_long(("audit", item_id), readings.audit(item_id))

    async def extent(self) -> Extent:
        return await self._read_long("extent", readings.extent())

    async def differing(self) -> Sequence[Difference]:
        return await self._read_long("differing", readings.differing())

    async def organiser_keys(self) -> Sequence[OrganiserKey]:
        return await self._read(keeping.organiser_keys())

    async def known_session_secret(self) -> str | None:
        return await self._read(keeping.session_secret())

    async def ping(self) -> None:
        await self._read(readings.ping())
