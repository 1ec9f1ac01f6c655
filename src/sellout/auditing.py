"""Audits of whole databases: counters against the ledger, and the ledger against its seals. Only the store is read."""

from typing import NamedTuple

from sellout.domain import Audit
from sellout.ledger import Checker
from sellout.store.port import Store


class FullAudit(NamedTuple):
    """What there is to be said of an item: its counters at one moment, and its seals, all of which were checked."""

    audit: Audit
    ledger: Checker

    @property
    def consistent(self) -> bool:
        """Whether the counters add up and every seal fits its movements."""
        return self.audit.consistent and self.ledger.unbroken


async def check_ledger(store: Store, item_id: str, wanted: int = 0) -> Checker:
    """All seals of an item against its movements, page by page. The seal with the number `wanted` is kept."""
    checker = Checker(item_id, wanted)
    while await store.check_ledger(checker):
        pass
    return checker


async def audit_item(store: Store, item_id: str, wanted: int = 0) -> FullAudit | None:
    """One item, or None where there is none."""
    found = await store.audit(item_id)
    return None if found is None else FullAudit(found, await check_ledger(store, item_id, wanted))


async def audit_all(store: Store) -> list[FullAudit]:
    """All items."""
    items, _, _ = await store.items()
    found = [await audit_item(store, item.id) for item in items]
    return [audit for audit in found if audit is not None]
