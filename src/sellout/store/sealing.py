"""Seals of the ledger, as steps for any engine: made in a batch's own transaction, checked page by page, reported."""

from bisect import bisect_right
from collections.abc import Sequence

from sellout.domain import Instant
from sellout.ledger import FIRST_NO, Checker, Closing, Last, Row, Seal, seal_after
from sellout.store import readings
from sellout.store.steps import LOCK_ITEMS, NOW, Steps, ask, to_json

MOVEMENTS_MAX = 10_000
"""Movements of an item that a batch seals at most, so that an old ledger does not stop the sale; the rest come next."""

ITEMS_MAX = 100
"""Items whose ledgers are sealed in one transaction, where that is done apart from a batch."""

SEALS_IN_PAGE = 1000
MOVEMENTS_IN_PAGE = 5000
MOVEMENTS_IN_LOOK = 50_000
"""After how many movements a look at a ledger ends: the next one is another snapshot, as none should last long."""


def seal(item_ids: Sequence[str], now: Instant) -> Steps[int]:
    """Seal the movements of items that no seal covers yet, whoever has made them; how many there were.

    The transaction keeps others from selling these items.
    """
    found = yield ask("load_unsealed", ids=to_json(item_ids), max=MOVEMENTS_MAX)
    if seals := [seal_after(Last(*last), lines, now) for *last, lines in found if lines]:
        yield ask("insert_seals", seals=to_json(seals))
    return sum(made.movements for made in seals)


def seal_rest() -> Steps[int]:
    """Seal what no batch has sealed: movements from before there were seals, and those of other programs."""
    items = [item_id for (item_id,) in (yield ask("load_unsealed_items", max=ITEMS_MAX))]
    if not items:
        return 0
    now = int((yield ask(LOCK_ITEMS, ids=to_json(items)))[0][0])
    return (yield from seal(items, now))


def check(checker: Checker) -> Steps[bool]:
    """Check the next seals of a ledger against its movements; whether there were any."""
    seals = yield ask("seals", item_id=checker.item_id, after=checker.seal_no, limit=SEALS_IN_PAGE)
    if not seals:
        for last in (yield ask("ledger_end", item_id=checker.item_id, after=checker.through_no)):
            checker.end(*last)
        return False
    rows: list[Row] = []
    taken, read_to, looked_at = 0, checker.through_no, checker.movements
    for each in (Seal(*seal) for seal in seals):
        while taken == len(rows) or rows[-1][0] <= each.through_no:
            checker.add(rows[taken:])
            found = yield ask("ledger", item_id=checker.item_id, after=read_to, limit=MOVEMENTS_IN_PAGE)
            rows, taken = [tuple(row) for row in found], 0
            if not rows:
                break
            read_to = rows[-1][0]
        mine = bisect_right(rows, each.through_no, taken, key=_number_of)
        checker.add(rows[taken:mine])
        taken = mine
        checker.close(each)
        if checker.movements - looked_at >= MOVEMENTS_IN_LOOK:
            break
    return True


def closing(item_id: str) -> Steps[Closing | None]:
    """What a closing report tells."""
    found = yield from readings.audit(item_id)
    if found is None:
        return None
    now = int((yield ask(NOW))[0][0])
    seals = [Seal(*row) for row in (yield ask("last_seal", item_id=item_id))]
    seal = seals[0] if seals else None
    ((_, unsealed, _),) = yield ask("ledger_end", item_id=item_id, after=seal.through_no if seal else FIRST_NO)
    first, last = (yield from _instant("first_sale", item_id)), (yield from _instant("last_sale", item_id))
    return Closing(found, seal, unsealed, first, last, now)


def _instant(statement: str, item_id: str) -> Steps[Instant | None]:
    return next((int(at) for (at,) in (yield ask(statement, item_id=item_id))), None)


def _number_of(row: Row) -> int:
    return int(row[0])
