"""What is read of a sale outside of a batch, as steps for any engine, which answers all of them from one snapshot."""

from collections.abc import Callable, Sequence
from itertools import accumulate

from sellout.domain import (
    Audit,
    Difference,
    EntryReading,
    EntryState,
    Extent,
    Got,
    Hold,
    Instant,
    Kind,
    LatePayment,
    LedgerPage,
    Movement,
    MovementPage,
    MovementSum,
    NewPurchases,
    Purchase,
    PurchasePage,
    PurchasesSince,
    SalesPoint,
    Snapshot,
)
from sellout.store.steps import ITEM_COLUMNS, NOW, Row, Steps, ask, entry_of, hold_of, item_of, purchase_of

_KINDS = frozenset(Kind)

NUMBER_MAX = 2**63 - 1
"""The highest number that a row can have."""


def items() -> Steps[Snapshot]:
    """All items."""
    now = yield from _now()
    return _snapshot((yield ask("items", now=now)), now)


def item(item_id: str) -> Steps[Snapshot]:
    """One item, or none."""
    now = yield from _now()
    return _snapshot((yield ask("item", id=item_id, now=now)), now)


def purchase(purchase_id: str) -> Steps[Purchase | None]:
    """A purchase by its id."""
    return next(map(purchase_of, (yield ask("purchase", id=purchase_id))), None)


def purchase_by_key(item_id: str, buyer: str, key: str) -> Steps[Purchase | None]:
    """What an idempotency key has got."""
    found = yield ask("purchase_by_key", item_id=item_id, buyer=buyer, key=key)
    return next(map(purchase_of, found), None)


def purchases(item_id: str, after: int, limit: int) -> Steps[PurchasePage]:
    """A page of an item's purchases."""
    found = yield ask("purchases", item_id=item_id, after=after, limit=limit + 1)
    page = found[:limit]
    return PurchasePage([purchase_of(row[:-1]) for row in page], page[-1][-1] if len(found) > limit else None)


def search_purchases(item_id: str, text: str, limit: int) -> Steps[Sequence[Purchase]]:
    """The purchase with an id, and those of buyers whose names begin with a text."""
    named = [found for found in map(purchase_of, (yield ask("purchase", id=text))) if found.item_id == item_id]
    by_buyer = map(purchase_of, (yield ask("purchases_by_buyer", item_id=item_id, text=text, limit=limit)))
    return [*named, *(found for found in by_buyer if found not in named)][:limit]


def hold(hold_id: str) -> Steps[Hold | None]:
    """A hold as it is seen now."""
    now = yield from _now()
    return (yield from _hold(hold_id, now))


def entry(entry_id: str) -> Steps[EntryReading | None]:
    """An entry with its place and its offer."""
    for row in (yield ask("entry", id=entry_id)):
        found = entry_of(row[:-1])
        (on_sale,), now, unsettled = yield from item(found.item_id)
        waits = found.state is EntryState.WAITING
        return EntryReading(
            entry=found,
            position=row[-1] if waits else None,
            hold=None if waits else (yield from _hold(found.hold_id, now)),
            unsettled=waits and on_sale.id in unsettled,
            now=now,
        )
    return None


_BY_ID: dict[str, Callable[[str], Steps[Got | None]]] = {"purchase": purchase, "hold": hold, "entry": entry}


def got_by_key(item_id: str, buyer: str, key: str) -> Steps[Got | None]:
    """A purchase, a hold or an entry, as it stands now."""
    for what, its_id in (yield ask("got_by_key", item_id=item_id, buyer=buyer, key=key)):
        return (yield from _BY_ID[what](its_id))
    return None


def late_payments(item_id: str, after: str, limit: int) -> Steps[Sequence[LatePayment]]:
    """Payments to be given back."""
    return [LatePayment(*row) for row in (yield ask("late_payments", item_id=item_id, after=after, limit=limit))]


def movements(item_id: str, before: int, limit: int) -> Steps[MovementPage]:
    """A page of an item's ledger."""
    found = yield ask("movements", item_id=item_id, before=before or NUMBER_MAX, limit=limit + 1)
    page = [Movement(no, Kind(kind), *rest) for no, kind, *rest in found[:limit]]
    return MovementPage(page, page[-1].no if len(found) > limit else None)


def ledger(item_id: str, after: int, limit: int) -> Steps[LedgerPage]:
    """A page of an item's ledger in its order."""
    found = yield ask("ledger", item_id=item_id, after=after, limit=limit + 1)
    page = [
        Movement(no, Kind(kind), purchase_id, hold_id, capacity, sold, held, moved_at)
        for no, _, kind, capacity, sold, held, purchase_id, hold_id, moved_at in found[:limit]
    ]
    return LedgerPage(page, page[-1].no if len(found) > limit else None)


def sales_history(item_id: str, points_max: int) -> Steps[Sequence[SalesPoint]]:
    """Units sold by instants that are equally far apart, counted back from now so that the last one is now."""
    now = (yield from item(item_id)).now
    for (began,) in (yield ask("first_sale", item_id=item_id)):
        took = max(0, now - began)
        apart = max(1, took // max(1, points_max - 1))
        first = min(took // apart, points_max - 1)
        found = yield ask("sold_by_steps", item_id=item_id, now=now, apart=apart, first=first)
        units = {steps: int(sold) for steps, sold in found}
        back = range(first, -1, -1)
        sold_by_then = accumulate(units.get(steps, 0) for steps in back)
        return [SalesPoint(now - steps * apart, sold) for steps, sold in zip(back, sold_by_then, strict=True)]
    return []


def purchases_since(after: int | None) -> Steps[PurchasesSince]:
    """Purchases after a place, counted for each item."""
    if after is None:
        return PurchasesSince({}, int((yield ask("last_purchase"))[0][0]))
    found = yield ask("purchases_since", after=after)
    items = {item_id: NewPurchases(purchases, units) for item_id, purchases, units, _ in found}
    return PurchasesSince(items, max([after, *(last for *_, last in found)]))


def audit(item_id: str) -> Steps[Audit | None]:
    """Counters, movements, purchases and holds of one item."""
    found = yield ask("counters", id=item_id)
    if not found:
        return None
    totals = yield ask("movement_sums", item_id=item_id)
    return Audit(
        item=item_of(found[0]),
        sums={Kind(kind): MovementSum(*total) for kind, *total in totals if kind in _KINDS},
        purchased=(yield from _number("purchased", item_id)),
        holding=(yield from _number("holding", item_id)),
        unmatched=sum(count for kind, count, *_ in totals if kind not in _KINDS)
        + (yield from _number("unmatched_purchases", item_id))
        + (yield from _number("unmatched_holds", item_id)),
    )


def extent() -> Steps[Extent]:
    """How much there is, and what has no item."""
    ((items, purchases, movements, last_moved_at),) = yield ask("extent")
    orphans = {what: int(rows) for what, rows in (yield ask("orphans"))}
    return Extent(items, purchases, movements, last_moved_at, orphans)


def differing() -> Steps[Sequence[Difference]]:
    """Items whose counters are not the sums of their ledger."""
    return [Difference(*row) for row in (yield ask("differing"))]


def ping() -> Steps[None]:
    """Any answer will do."""
    yield ask("ping")


def _now() -> Steps[Instant]:
    return int((yield ask(NOW))[0][0])


def _number(statement: str, item_id: str) -> Steps[int]:
    return int((yield ask(statement, item_id=item_id))[0][0])


def _hold(hold_id: str, now: Instant) -> Steps[Hold | None]:
    for row in (yield ask("hold", id=hold_id)):
        return hold_of(row[:-1]).seen_at(max(now, row[-1]))
    return None


def _snapshot(found: Sequence[Row], now: Instant) -> Snapshot:
    """Items from rows that go on with the instant of the last decision and whether somebody waits."""
    now = max([now, *(row[ITEM_COLUMNS] for row in found)])
    on_sale = [item_of(row) for row in found]
    waited_for = (one for one, row in zip(on_sale, found, strict=True) if row[ITEM_COLUMNS + 1])
    unsettled = frozenset(one.id for one in waited_for if one.available > 0 and one.outside_window(now) is None)
    return Snapshot(on_sale, now, unsettled)
