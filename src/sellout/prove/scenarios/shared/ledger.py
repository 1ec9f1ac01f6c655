"""The rule that counters, ledger, purchases and what buyers were told add up, item by item. Pure."""

from collections.abc import Container, Iterable, Iterator

from sellout.history.timeline import deadline_of
from sellout.history.told import ToldHold, ToldPurchase, purchases_told
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Books
from sellout.prove.scenarios.shared.endings import all_holds


def counters_match_ledger(evidence: Evidence) -> Iterator[str]:
    """The sums of the ledger are the counters, and kind by kind what buyers were told."""
    for books in evidence.books:
        yield from (f"{books.item}: {why}" for why in _within(books))
        if all(request.final.definite for request in evidence.requests):
            yield from (f"{books.item}: {why}" for why in _against_buyers(books, evidence))


def _within(books: Books) -> Iterator[str]:
    after, audit = books.after, books.audit_after
    for when, now in (("before the run", books.before), ("after the run", after), ("in the audit", audit)):
        if now.available != now.capacity - now.sold - now.held:
            yield f"{when} {now.available} available is not {now.capacity} - {now.sold} - {now.held}"
    for part in ("capacity", "sold", "held"):
        moved = sum(getattr(movements, part) for movements in audit.ledger.values())
        if moved != (counted := getattr(audit, part)):
            yield f"the ledger's movements of {part} add up to {moved}, and the counter says {counted}"
    if not audit.consistent:
        yield "the server's own audit says that it is not consistent"
    if after != audit.counters:
        yield f"the item says {after}, and its audit {audit.counters}"
    kept = sum(purchase.quantity for purchase in books.purchases if purchase.state == "sold")
    if kept != after.sold:
        yield f"the purchases that are kept have {kept} units, and the counter of sold units says {after.sold}"


def _against_buyers(books: Books, evidence: Evidence) -> Iterator[str]:
    """A hold that is confirmed leaves `confirm` and `buy`, a late one `expire` and `buy`."""
    bought = [p for p in purchases_told(evidence.requests).values() if p.line.item == books.item]
    holds = [hold for hold in all_holds(evidence).values() if hold.line.item == books.item]
    back = [purchase for purchase in bought if purchase.refunded is not None]
    given_up = {kept.hold_id for kept in evidence.holds if kept.state == "released"}
    released = [hold for hold in holds if _is_released(hold, given_up)]
    ended = [hold for hold in holds if not _is_released(hold, given_up)]
    yield from _sum(books, "buy", "sold", _units(bought), len(bought))
    yield from _sum(books, "refund", "sold", -_units(back), len(back))
    yield from _sum(books, "hold", "held", _units(holds), len(holds))
    yield from _sum(books, "release", "held", -_units(released), len(released))
    audit = books.audit_after
    entered = -(audit.of("confirm").held + audit.of("expire").held)
    if entered != (told := _units(ended) - books.after.held):
        yield f"the ledger's movements confirm and expire end {entered} held units, by what buyers were told {told}"
    yield from _expired(books, ended, evidence)


def _is_released(hold: ToldHold, given_up: Container[str]) -> bool:
    """Whether a place that was left still had its offer, only the hold can tell; another rule judges whether it may."""
    return hold.released is not None or (hold.left is not None and hold.hold_id in given_up)


def _sum(books: Books, kind: str, part: str, units: int, count: int) -> Iterator[str]:
    moved = books.audit_after.of(kind)
    if (getattr(moved, part), moved.count) != (units, count):
        entered = f"{moved.count} movements {kind} with {getattr(moved, part)} units"
        yield f"the ledger has {entered}, and buyers were told of {count} with {units}"


def _expired(books: Books, holds: Iterable[ToldHold], evidence: Evidence) -> Iterator[str]:
    """Whether a confirmation came late, the customers' clock cannot always say; so there are two bounds."""
    least = most = 0
    for hold in holds:
        deadline, confirmed = deadline_of(hold, evidence.pace), hold.confirmed
        least += hold.line.quantity if confirmed is None or confirmed.earliest > deadline.latest else 0
        most += hold.line.quantity if confirmed is None or confirmed.latest > deadline.earliest else 0
    entered = -books.audit_after.of("expire").held
    if not least - books.after.held <= entered <= most:
        yield f"the ledger's movements expire end {entered} held units, and buyers let {least} to {most} expire"


def _units(things: Iterable[ToldHold | ToldPurchase]) -> int:
    return sum(thing.line.quantity for thing in things)
