"""What buyers were told, put together by purchase, hold and entry, each with the time when it must have happened.

Pure. A thing that an answer tells of happened between the departure of the request and the arrival of the first
answer that told of it, by the customers' own clock; nothing here believes a time that the server names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sellout.history.requests import Action, Attempt, Line, Order, Request

BASKETS = {Action.BUY_BASKET: ("purchases", "purchase_id"), Action.HOLD_BASKET: ("holds", "hold_id")}
NAMED = re.compile(r"lines\.(\d+)(?:\..*)?")


class Window(NamedTuple):
    """Something happened after `earliest` and before `latest`."""

    earliest: float
    latest: float

    def joined(self, other: "Window") -> "Window":
        """The same thing, told twice."""
        return Window(min(self.earliest, other.earliest), min(self.latest, other.latest))


@dataclass(frozen=True, slots=True)
class ToldPurchase:
    purchase_id: str
    buyer: str
    line: Line
    sold: Window
    hold_id: str | None = None
    payment_ref: str | None = None
    refunded: Window | None = None


@dataclass(frozen=True, slots=True)
class ToldHold:
    """A hold, or an offer to an entry of the waiting list, and what its buyer was told of its further way.

    To leave the list gives an offer back where it still stands, and is granted also where it has lapsed.
    """

    hold_id: str
    buyer: str
    line: Line
    taken: Window
    entry_id: str | None = None
    paid: Window | None = None
    released: Window | None = None
    confirmed: Window | None = None
    left: Window | None = None

    @property
    def offered(self) -> bool:
        return self.entry_id is not None


class Windows:
    """When what a request was granted must have happened.

    A key's one success may be that of any attempt of any copy: it happened after the first of them had left.
    """

    def __init__(self, requests: Iterable[Request]) -> None:
        self._first: dict[tuple[str, str], float] = {}
        for request in requests:
            if request.order.key is not None and request.attempts:
                scope, left = (request.order.buyer, request.order.key), request.attempts[0].started_at
                self._first[scope] = min(left, self._first.get(scope, left))

    def of(self, request: Request) -> Window:
        """The window of a request that was granted."""
        left = request.attempts[0].started_at
        key = request.order.key
        earliest = left if key is None else self._first.get((request.order.buyer, key), left)
        return Window(earliest, request.final.ended_at)


def granted(requests: Iterable[Request]) -> Iterator[tuple[Request, Attempt]]:
    """Each request that was granted, with that answer."""
    return ((request, request.final) for request in requests if request.attempts and request.final.granted)


def purchases_told(requests: Sequence[Request]) -> dict[tuple[str, str], ToldPurchase]:
    """By buyer and purchase: one purchase that two buyers were told of is there twice."""
    found: dict[tuple[str, str], ToldPurchase] = {}
    refunds: dict[str, Window] = {}
    windows = Windows(requests)
    for request, answer in granted(requests):
        window = windows.of(request)
        if request.order.action is Action.REFUND:
            _note(refunds, request.order.subject or "", window)
        for purchase in _purchases_in(request.order, answer, window):
            key = purchase.buyer, purchase.purchase_id
            before = found.get(key)
            found[key] = replace(purchase, sold=purchase.sold.joined(before.sold)) if before else purchase
    return {
        key: replace(purchase, refunded=refunds.get(purchase.purchase_id)) if refunds else purchase
        for key, purchase in found.items()
    }


def _purchases_in(order: Order, answer: Attempt, window: Window) -> Iterator[ToldPurchase]:
    if order.action in (Action.BUY, Action.CONFIRM) and answer.purchase_id is not None and order.lines:
        hold_id = order.subject if order.action is Action.CONFIRM else None
        yield ToldPurchase(answer.purchase_id, order.buyer, order.lines[0], window, hold_id, order.payment_ref)
    elif order.action is Action.BUY_BASKET:
        for purchase_id, line in basket_in(order, answer):
            yield ToldPurchase(purchase_id, order.buyer, line, window)


def holds_told(requests: Sequence[Request]) -> dict[str, ToldHold]:
    """By hold. What became of offers is seen from their entries, too; see `waiting.py`."""
    found: dict[str, ToldHold] = {}
    windows = Windows(requests)
    for request, answer in granted(requests):
        for hold in _holds_in(request.order, answer, windows.of(request)):
            before = found.get(hold.hold_id)
            found[hold.hold_id] = replace(hold, taken=hold.taken.joined(before.taken)) if before else hold
    return with_ways(found, requests)


def with_ways(found: dict[str, ToldHold], requests: Sequence[Request]) -> dict[str, ToldHold]:
    """The holds, with when they were paid, confirmed and released as their buyers were told."""
    ways: dict[Action, dict[str, Window]] = {Action.PAY: {}, Action.CONFIRM: {}, Action.RELEASE: {}}
    windows = Windows(requests)
    for request, _ in granted(requests):
        if request.order.action in ways:
            _note(ways[request.order.action], request.order.subject or "", windows.of(request))
    return {
        hold_id: replace(
            hold,
            paid=ways[Action.PAY].get(hold_id),
            confirmed=ways[Action.CONFIRM].get(hold_id),
            released=ways[Action.RELEASE].get(hold_id),
        )
        for hold_id, hold in found.items()
    }


def _holds_in(order: Order, answer: Attempt, window: Window) -> Iterator[ToldHold]:
    hold_id = answer.text("hold_id")
    if order.action is Action.HOLD and hold_id is not None:
        yield ToldHold(hold_id, order.buyer, order.lines[0], window)
    elif order.action is Action.HOLD_BASKET:
        for line_id, line in basket_in(order, answer):
            yield ToldHold(line_id, order.buyer, line, window)


def basket_in(order: Order, answer: Attempt) -> Iterator[tuple[str, Line]]:
    """What a granted basket says of its lines: each one's id, item and quantity; what has no such shape is left out."""
    members, name = BASKETS[order.action]
    lines: Any = answer.said.get(members)
    for line in lines if isinstance(lines, list) else []:
        if not isinstance(line, dict):
            continue
        line_id, item, quantity = line.get(name), line.get("item"), line.get("quantity")
        if isinstance(line_id, str) and isinstance(item, str) and isinstance(quantity, int):
            yield line_id, Line(item, quantity)


def _note(windows: dict[str, Window], key: str, window: Window) -> None:
    windows[key] = windows[key].joined(window) if key in windows else window


def line_refused(order: Order, answer: Attempt) -> Line | None:
    """The line that a refusal is about; of a basket the one that the problem's `errors` name."""
    if order.action not in BASKETS:
        return order.lines[0] if order.lines else None
    number = line_named(answer)
    return order.lines[number] if number is not None and number < len(order.lines) else None


def line_named(answer: Attempt) -> int | None:
    """The place of a line that the problem's `errors` name, as in {"field": "lines.1"}."""
    errors: Any = answer.said.get("errors")
    for error in errors if isinstance(errors, list) else []:
        field = error.get("field") if isinstance(error, dict) else None
        found = NAMED.fullmatch(field) if isinstance(field, str) else None
        if found is not None:
            return int(found[1])
    return None
