"""Rules on the order of things: everything that anybody was told is true of one order, the ledger's. Pure.

The ledger is the order in which the shop says that it has decided. A sale is linearizable (Herlihy and Wing,
"Linearizability: A Correctness Condition for Concurrent Objects", 1990) where this order keeps the order of real time
and explains every answer. So nothing has to be searched: each answer is held against the states between those that had
to be seen, because they were over before it was asked for, and those that could not be, because they were asked for
after it was told.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, zip_longest
from math import inf

from sellout.history.highest import Highest
from sellout.history.history import History, Observation
from sellout.history.ledger import EMPTY, Account, accounts_of
from sellout.history.requests import Attempt, Line, Request
from sellout.history.rules.stock import TAKES_UNITS
from sellout.history.told import Window, holds_told, line_refused, purchases_told
from sellout.history.turns import Mark, overtaken

WAITING_MANY = 100  # where so many have joined, a batch may leave free units to those whom it did not look at


def marks_of(history: History, accounts: dict[str, Account]) -> dict[str, list[Mark[int]]]:
    """What customers were told to have happened, each with its transaction in the ledger of its item."""
    marks: dict[str, list[Mark[int]]] = {item.item: [] for item in history.items}

    def mark(item: str, kind: str, subject: str, one: Mark[int]) -> None:
        place = accounts.get(item, EMPTY).places.get((kind, subject))
        if place is not None:
            marks.setdefault(item, []).append(Mark(one.who, one.window, place))

    for bought in purchases_told(history.requests).values():
        one = Mark(f"the purchase of {bought.buyer}", bought.sold, 0)
        mark(bought.line.item, "buy", bought.purchase_id, one)
        if bought.refunded is not None:
            one = Mark(f"the refund to {bought.buyer}", bought.refunded, 0)
            mark(bought.line.item, "refund", bought.purchase_id, one)
    for hold in holds_told(history.requests).values():
        mark(hold.line.item, "hold", hold.hold_id, Mark(f"the hold of {hold.buyer}", hold.taken, 0))
    return marks


def ledger_in_order(history: History) -> Iterator[str]:
    """What was over before something else was asked for stands before it in the ledger.

    Promise 3: the answer leaves after the commit, so whoever has one is followed by everybody who asks afterwards.
    """
    accounts = accounts_of(history.kept.movements)
    for item, marks in marks_of(history, accounts).items():
        for first, second in overtaken(marks):
            yield f"In the ledger of {item} {second.who} stands before {first.who}, over when it was asked for"


class Span:
    """Which states of an item somebody may have seen, by what others were told before and asked for after."""

    def __init__(self, account: Account, marks: Iterable[Mark[int]], *, blurred: bool) -> None:
        """`blurred`: several transactions may have one instant, so that they look like one."""
        self.account, self._blurred = account, blurred
        done = sorted((mark.window.latest, mark.place) for mark in marks)
        asked = sorted(((mark.window.earliest, mark.place) for mark in marks), reverse=True)
        self._done = [at for at, _ in done]
        self._last = [min(1, len(account.states) - 1), *accumulate((place for _, place in done), max)]
        self._last = list(accumulate(self._last, max))
        self._asked = [-at for at, _ in asked]
        self._first = list(accumulate([len(account.states), *(place for _, place in asked)], min))
        states = account.states
        self._sold_most = Highest([state.sold_most - state.capacity_least for state in states])
        self._engaged_most = Highest([state.engaged_most - state.capacity_least for state in states])

    def states(self, started_at: float, ended_at: float) -> tuple[int, int]:
        """The first state that may be seen and the one behind the last."""
        first = self._last[bisect_left(self._done, started_at)]
        behind = self._first[bisect_left(self._asked, -ended_at)]
        return first, max(first + 1, behind)

    def is_after(self, place: int, told_at: float) -> bool:
        """Whether the transaction at this place was certainly decided after something that was told by then."""
        _, behind = self.states(told_at, told_at)
        return place > behind if self._blurred else place >= behind

    def sold_most(self, started_at: float, ended_at: float) -> int:
        """How far beyond the capacity the units sold can have been, at the most: 0 is sold out."""
        first, behind = self.states(started_at, ended_at)
        state = self.account.states[first]
        return max(state.sold - state.capacity, self._within(self._sold_most, first, behind))

    def engaged_most(self, started_at: float, ended_at: float) -> int:
        """Likewise with the units that are sold or held: 0 is that none was free."""
        first, behind = self.states(started_at, ended_at)
        state = self.account.states[first]
        return max(state.engaged - state.capacity, self._within(self._engaged_most, first, behind))

    def _within(self, numbers: Highest, first: int, behind: int) -> int:
        """Also what was reached within a transaction counts, of those that can have been decided meanwhile."""
        if self._blurred:
            return numbers.within(first, min(behind + 1, len(self.account.states)))
        return numbers.within(first + 1, behind) if first + 1 < behind else -self.account.states[first].capacity


def spans_of(history: History) -> dict[str, Span]:
    """By item."""
    accounts = accounts_of(history.kept.movements)
    marks = marks_of(history, accounts)
    return {item: Span(accounts.get(item, EMPTY), marks[item], blurred=history.clock_jumped) for item in sorted(marks)}


def refusals_are_true(history: History) -> Iterator[str]:
    """Every refusal for want of stock was true at some moment between its departure and its answer, by the ledger.

    No `sold_out` is told before enough units are sold that were asked for by then, and none where a sale stands in the
    ledger that can only have come later; no `all_held` and no `not_enough_left` while enough are free in every state.
    """
    spans = spans_of(history)
    crowded = _crowded(history)
    for request in history.requests:
        if request.order.action in TAKES_UNITS:
            for attempt in request.attempts:
                line = line_refused(request.order, attempt)
                if attempt.refused and line is not None and line.item in spans:
                    enough = line.item not in crowded
                    yield from _untrue(request, attempt, line, spans[line.item], engaged_is_known=enough)


def _crowded(history: History) -> set[str]:
    joined: dict[str, int] = {}
    for entry in history.kept.entries:
        joined[entry.item] = joined.get(entry.item, 0) + 1
    return {item for item, count in joined.items() if count >= WAITING_MANY}


def _untrue(request: Request, attempt: Attempt, line: Line, span: Span, *, engaged_is_known: bool) -> Iterator[str]:
    who, during = f"{request.order.buyer} was told {attempt}", (attempt.started_at, attempt.ended_at)
    if attempt.code == "sold_out" and (missing := -span.sold_most(*during)) > 0:
        yield f"{who}, and by the ledger {missing} more units of {line.item} were still to be sold at every moment"
    wanted = {"all_held": 1, "not_enough_left": line.quantity}.get(attempt.code or "")
    if wanted is not None and engaged_is_known and (free := -span.engaged_most(*during)) >= wanted:
        yield f"{who} for {line.quantity}, and by the ledger {free} of {line.item} were free at every moment"


def looks_are_true(history: History) -> Iterator[str]:
    """Every look at an item shows a state that the ledger has passed through between its departure and its answer.

    A reading leaves out of `held` what is past its deadline, whether or not that was written yet; so it may show fewer
    units held than the state has, by no more than those of holds that have ended so, or that the next transaction ends.
    Where the clock jumped, transactions may look like one, and states between them are not known.
    """
    if history.clock_jumped:
        return
    spans = spans_of(history)
    shown = {item: _Shown(span.account, history) for item, span in spans.items()}
    for seen in history.observations:
        if seen.item in spans:
            first, behind = spans[seen.item].states(seen.started_at, seen.ended_at)
            if not shown[seen.item].between(first, behind, seen):
                found = f"{seen.sold} sold and {seen.held} held of {seen.capacity}"
                yield f"A look at {seen.item} found {found}, which the ledger does not pass through meanwhile"


class _Shown:
    """The states of an item by what a look can show of them."""

    def __init__(self, account: Account, history: History) -> None:
        self._account = account
        self._ending = list(_ending(account, history))
        self._where: dict[tuple[int, int], list[int]] = {}
        for place, state in enumerate(account.states):
            self._where.setdefault((state.capacity, state.sold), []).append(place)

    def between(self, first: int, behind: int, seen: Observation) -> bool:
        """Whether a state from `first` to the one before `behind` can have been seen so."""
        where = self._where.get((seen.capacity, seen.sold), [])
        for place in where[bisect_left(where, first) : bisect_left(where, behind)]:
            held, ending = self._account.states[place].held, 0 if seen.recorded else self._ending[place]
            if held - ending <= seen.held <= held:
                return True
        return False


def _ending(account: Account, history: History) -> Iterator[int]:
    """For each state how many of the held units a reading may leave out, as their holds may be past their deadline.

    These are the units that nobody has used: their holds expire later, or are open at the end. And it is those of the
    holds that the next transaction ends: it may have been decided in time, and be committed when the time is over.
    """
    ended = {movement.hold_id: movement.kind for movement in history.kept.movements if movement.held < 0}
    units = 0
    for batch, following in zip_longest(account.movements, account.movements[1:], fillvalue=()):
        for movement in batch:
            if movement.held and ended.get(movement.hold_id, "expire") == "expire":
                units += movement.held
        yield units - sum(one.held for one in following if one.held < 0 and one.kind != "expire")


def sold_out_is_final(history: History) -> Iterator[str]:
    """After somebody was told that an item is sold out, nobody who asks later gets a unit of it, unless some came back.

    Sold out means that every unit is sold and none only held, so units come back by a refund or new capacity alone.
    This is judged by the customers' clock and needs no ledger: there must be no success that was asked for after the
    answer, while no refund can have come between the refused request and that success.
    """
    restocks = Counter(movement.item for movement in history.kept.movements if movement.kind == "restock")
    told = {item: _told_sold_out(found) for item, found in _sold_out(history).items() if restocks[item] < 2}
    back = _refunds(history)
    bought = [(one.buyer, one.line.item, one.sold) for one in purchases_told(history.requests).values()]
    held = [(one.buyer, one.line.item, one.taken) for one in holds_told(history.requests).values()]
    for buyer, item, window in [*bought, *held]:
        ends, starts = told.get(item, ([], []))
        before = bisect_left(ends, window.earliest)
        if before and not back.get(item, _Back(())).may_be(starts[before - 1], window.latest):
            yield f"{buyer} asked for {item} after it was told to be sold out, and had it with no unit given back"


def _sold_out(history: History) -> dict[str, list[tuple[float, float]]]:
    """By item, when each answer came that it is sold out, and when its request had left."""
    found: dict[str, list[tuple[float, float]]] = {}
    for request in history.requests:
        for attempt in request.attempts:
            line = line_refused(request.order, attempt)
            if attempt.code == "sold_out" and line is not None:
                found.setdefault(line.item, []).append((attempt.ended_at, attempt.started_at))
    return found


def _told_sold_out(found: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The answers in order, and with each the latest departure of those up to it."""
    found = sorted(found)
    return [ended for ended, _ in found], list(accumulate((started for _, started in found), max))


class _Back:
    """When units of an item can have come back."""

    def __init__(self, windows: Iterable[Window]) -> None:
        windows = list(windows)
        self._begin = sorted(window.earliest for window in windows)
        self._end = sorted(window.latest for window in windows)

    def may_be(self, start: float, end: float) -> bool:
        """Whether any can have come back from `start` to `end`."""
        return bisect_right(self._begin, end) > bisect_left(self._end, start)


def _refunds(history: History) -> dict[str, _Back]:
    """By item, when units can have come back. Who was refunded without being told may have been at any time."""
    told = {one.purchase_id: one.refunded for one in purchases_told(history.requests).values() if one.refunded}
    back: dict[str, list[Window]] = {}
    for row in history.kept.purchases:
        if row.refunded_at is not None:
            back.setdefault(row.item, []).append(told.get(row.purchase_id) or Window(-inf, inf))
    return {item: _Back(windows) for item, windows in back.items()}
