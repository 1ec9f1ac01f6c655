"""Audits of whole databases: counters against the ledger, and the ledger against its seals. Only the store is read."""

from typing import NamedTuple

from sellout.domain import Audit, Extent
from sellout.ledger import Checker
from sellout.store.port import Store
from sellout.store.reader import Reader


class FullAudit(NamedTuple):
    """What there is to be said of an item: its counters at one moment, and its seals, all of which were checked."""

    audit: Audit
    ledger: Checker

    @property
    def consistent(self) -> bool:
        """Whether the counters add up and every seal fits its movements."""
        return self.audit.consistent and self.ledger.unbroken


async def check_ledger(store: Reader | Store, item_id: str, wanted: int = 0) -> Checker:
    """All seals of an item against its movements, page by page. The seal with the number `wanted` is kept."""
    checker = Checker(item_id, wanted)
    while await store.check_ledger(checker):
        pass
    return checker


async def audit_item(store: Reader | Store, item_id: str, wanted: int = 0) -> FullAudit | None:
    """One item, or None where there is none."""
    found = await store.audit(item_id)
    return None if found is None else FullAudit(found, await check_ledger(store, item_id, wanted))


class WholeAudit(NamedTuple):
    """All items of a database, how much there is in it, and what names an item that is not there."""

    items: list[FullAudit]
    extent: Extent

    @property
    def consistent(self) -> bool:
        """Whether every item is consistent, and every row has its item."""
        return not self.extent.orphans and all(found.consistent for found in self.items)


async def audit_all(store: Reader | Store) -> WholeAudit:
    """The whole database."""
    items, _, _ = await store.items()
    found = [await audit_item(store, item.id) for item in items]
    return WholeAudit([audit for audit in found if audit is not None], await store.extent())
