"""Rules on units: never more than there are, and never fewer sold than could be. Pure."""

from collections import Counter
from collections.abc import Iterator

from sellout.history.history import History, Observation
from sellout.history.kept import KeptItem, Movement
from sellout.history.ledger import EMPTY, Account, accounts_of
from sellout.history.requests import Action, Attempt, Line
from sellout.history.timeline import Levels, levels_of
from sellout.history.told import line_refused
from sellout.history.turns import waits_in_vain

TAKES_UNITS = (Action.BUY, Action.HOLD, Action.BUY_BASKET, Action.HOLD_BASKET)
HELD = frozenset({"held", "paying"})
ENDS_A_HOLD = {"confirmed": "confirm", "released": "release", "expired": "expire"}


def never_oversold(history: History) -> Iterator[str]:
    """At every moment no counter is negative, and sold and held units are no more than the capacity.

    The moments are all of them: every state that the ledger passes through, every look, and, whatever the ledger says,
    what buyers were certainly having at once by their own clock.
    """
    for item, account in accounts_of(history.kept.movements).items():
        for state in account.states:
            if state.sold < 0 or state.held < 0 or state.engaged > state.capacity:
                yield f"The ledger of {item} comes to {state.sold} sold and {state.held} held of {state.capacity}"
    for seen in history.observations:
        yield from _contradiction(seen)
    capacities = {item.item: item.capacity for item in history.items}
    for item, levels in levels_of(history).items():
        yield from too_many_at_once(item, capacities.get(item, 0) + _restocked(history, item), levels)


def _contradiction(seen: Observation) -> Iterator[str]:
    """A look that is wrong by itself."""
    if seen.capacity != seen.sold + seen.held + seen.available or min(seen.sold, seen.held, seen.available) < 0:
        told = f"{seen.sold} sold, {seen.held} held and {seen.available} available"
        yield f"A look at {seen.item} found {told} of {seen.capacity}"
    stock = "on_sale" if seen.available > 0 else "all_held" if seen.held else "sold_out"
    if seen.state in ("on_sale", "all_held", "sold_out") and seen.state != stock:
        yield f"A look at {seen.item} found it {seen.state} with {seen.available} available and {seen.held} held"


def _restocked(history: History, item: str) -> int:
    """How many units were added to an item after the first."""
    changes = [move.capacity for move in history.kept.movements if move.item == item and move.kind == "restock"]
    return sum(max(0, change) for change in changes[1:])


def too_many_at_once(item: str, most: int, levels: Levels) -> Iterator[str]:
    """Whether buyers were certainly having more units at one moment than there are."""
    if (peak := levels.certainly_engaged.peak) > most:
        yield f"At one moment buyers had {peak} units of {item} bought or held, and there are {most}"


def never_undersold(history: History) -> Iterator[str]:
    """Every refusal for want of stock was true when it was given, by the customers' clock and with every doubt for it.

    Promise 2: while a unit is free and somebody asks for it, it is sold, and units of an expired hold are free from its
    deadline on. So where enough units were free from a request's departure to its answer, it must not be refused. At
    the end nobody waits for what is free, and where the sale was drained every unit is sold.
    """
    levels, restocked = levels_of(history), {item.item: _restocked(history, item.item) for item in history.items}
    capacities = {item.item: item.capacity for item in history.items if not restocked[item.item]}
    for request in history.requests:
        if request.order.action in TAKES_UNITS:
            for attempt in request.attempts:
                line = line_refused(request.order, attempt)
                if attempt.refused and line is not None and line.item in capacities:
                    found = refused_in_vain(capacities[line.item], levels[line.item], attempt, line)
                    yield from (f"{request.order.buyer} {why}" for why in found)
    waiting = [entry for entry in history.kept.entries if entry.state == "waiting"]
    yield from waits_in_vain(waiting, {row.item: row.capacity - row.sold - row.held for row in history.kept.items})
    for row in history.kept.items if history.drained else ():
        if row.sold != row.capacity:
            yield f"Buyers came until nothing was left, and {row.sold} of {row.capacity} units of {row.item} are sold"


def refused_in_vain(capacity: int, levels: Levels, attempt: Attempt, line: Line) -> Iterator[str]:
    """Whether an attempt was refused though units were free all the while from its departure to its answer."""
    during, item = (attempt.started_at, attempt.ended_at), line.item
    free = capacity - levels.possibly_engaged.most(*during)
    if attempt.code == "sold_out" and (sold := levels.possibly_sold.most(*during)) < capacity:
        yield f"was told {attempt}, and at most {sold} of the {capacity} units of {item} were sold by then"
    elif attempt.code == "all_held" and free > 0:
        yield f"was told {attempt}, and at least {free} of {item} were free all the while"
    elif attempt.code == "not_enough_left" and free >= line.quantity:
        yield f"was told {attempt} for {line.quantity}, and at least {free} of {item} were free all the while"
    if attempt.code == "not_enough_left" and not 0 < (attempt.available or 0) < line.quantity:
        yield f"wanted {line.quantity} of {item} and was told {attempt} with {attempt.available} available"


def counters_match_ledger(history: History) -> Iterator[str]:
    """Counters, ledger, purchases and holds tell the same sale.

    Promise 6: every row of a purchase has one movement that sold its units, and one that took them back where it was
    refunded; every hold one that took them, and one of its own end; and their sums are the counters.
    """
    kept, accounts = history.kept, accounts_of(history.kept.movements)
    for row in kept.items:
        yield from _against_counters(row, accounts.get(row.item, EMPTY))
    expected, names = _expected(history), {row.item for row in kept.items}
    found = Counter(_move(movement) for movement in kept.movements if movement.kind != "restock")
    for what, more in (
        (expected - found, "is not in the ledger"),
        (found - expected, "is in the ledger without cause"),
    ):
        for (item, kind, subject, sold, held), times in what.items():
            units = f"{sold} sold, {held} held" + (f", {times} times" if times > 1 else "")
            yield f"The movement {kind} of {subject} ({item}: {units}) {more}"
    for movement in kept.movements:
        if movement.item not in names:
            yield f"Movement {movement.no} is of {movement.item}, which is not kept"
    yield from _units(history)


def _against_counters(row: KeptItem, account: Account) -> Iterator[str]:
    last = account.states[-1]
    if (row.capacity, row.sold, row.held) != (last.capacity, last.sold, last.held):
        ledger = f"{last.sold} sold and {last.held} held of {last.capacity}"
        yield f"{row.item} has {row.sold} sold and {row.held} held of {row.capacity}, and its ledger comes to {ledger}"


Move = tuple[str, str, str, int, int]


def _move(movement: Movement) -> Move:
    subject = movement.purchase_id or movement.hold_id or ""
    return movement.item, movement.kind, subject, movement.sold, movement.held


def _expected(history: History) -> Counter[Move]:
    """What the ledger must have, by the rows of purchases and holds. One that was confirmed late has expired before."""
    moves = Counter[Move]()
    for bought in history.kept.purchases:
        moves[bought.item, "buy", bought.purchase_id, bought.quantity, 0] += 1
        if bought.refunded_at is not None:
            moves[bought.item, "refund", bought.purchase_id, -bought.quantity, 0] += 1
    expired = {movement.hold_id for movement in history.kept.movements if movement.kind == "expire"}
    for hold in history.kept.holds:
        moves[hold.item, "hold", hold.hold_id, 0, hold.quantity] += 1
        if hold.state not in HELD:
            late = hold.state == "confirmed" and hold.hold_id in expired
            kind = "expire" if late else ENDS_A_HOLD.get(hold.state, hold.state)
            moves[hold.item, kind, hold.hold_id, 0, -hold.quantity] += 1
    return moves


def _units(history: History) -> Iterator[str]:
    sold, held = Counter[str](), Counter[str]()
    for bought in history.kept.purchases:
        sold[bought.item] += bought.quantity if bought.refunded_at is None else 0
    for hold in history.kept.holds:
        held[hold.item] += hold.quantity if hold.state in HELD else 0
    for row in history.kept.items:
        if (row.sold, row.held) != (sold[row.item], held[row.item]):
            counted = f"{row.sold} sold and {row.held} held"
            yield f"{row.item} has {counted}, and its rows have {sold[row.item]} sold and {held[row.item]} held"
