"""Baskets: units of several items, all or none, under one idempotency key.

The lines' rows carry the key of the basket, as a single purchase or hold would, so that nothing else of these items
can use it. The basket itself is remembered under the key and the buyer alone, with whatever items it has.
"""

from collections.abc import Sequence

from sellout.decide.loading import BASKETS
from sellout.decide.rules import UNPROVEN, is_unproven, refusal
from sellout.decide.sale import Sale
from sellout.domain import (
    MICROSECONDS,
    Action,
    BasketBought,
    BasketHeld,
    BuyBasket,
    Hold,
    HoldBasket,
    Instant,
    KeyUse,
    Line,
    Outcome,
    Purchase,
    Reason,
    Refused,
)


def buy_basket(sale: Sale, command: BuyBasket, now: Instant) -> Outcome:
    """Sell all lines, or none."""
    unproven = _unproven_line(sale, command)
    if unproven is not None:
        return unproven
    first = _first_use(sale, command, Action.BUY_BASKET)
    if isinstance(first, KeyUse):
        sold = [line._replace(refunded_at=None) for line in sale.lines[first.subject_id] if isinstance(line, Purchase)]
        return BasketBought(first.subject_id, tuple(sold), replayed=True)
    refused = first or _refusal(sale, command, now)
    if refused is not None:
        return refused
    purchases = [_buy_line(sale, command, line, now) for line in command.lines]
    _remember(sale, command, Action.BUY_BASKET, purchases)
    return BasketBought(command.basket_id, tuple(purchases))


def hold_basket(sale: Sale, command: HoldBasket, now: Instant) -> Outcome:
    """Hold all lines, or none."""
    unproven = _unproven_line(sale, command)
    if unproven is not None:
        return unproven
    first = _first_use(sale, command, Action.HOLD_BASKET)
    if isinstance(first, KeyUse):
        held = [line.as_taken() for line in sale.lines[first.subject_id] if isinstance(line, Hold)]
        return BasketHeld(first.subject_id, tuple(held), replayed=True)
    refused = first or _refusal(sale, command, now)
    if refused is not None:
        return refused
    holds = [_hold_line(sale, command, line, now) for line in command.lines]
    _remember(sale, command, Action.HOLD_BASKET, holds)
    return BasketHeld(command.basket_id, tuple(holds))


def _unproven_line(sale: Sale, command: BuyBasket | HoldBasket) -> Refused | None:
    """The first line whose item asks for a proof that is not there."""
    for number, line in enumerate(command.lines):
        shelf = sale.shelves.get(line.item_id)
        if shelf is not None and is_unproven(shelf.item, command.buyer, command.proven):
            return UNPROVEN._replace(line=number, item_id=line.item_id)
    return None


def _first_use(sale: Sale, command: BuyBasket | HoldBasket, action: Action) -> KeyUse | Refused | None:
    """What the basket's key was used for before: the same basket, or something else; None where it is new."""
    if command.key is None:
        return None
    use = sale.by_key.get((BASKETS, command.buyer, command.key))
    if isinstance(use, KeyUse) and use.action is action:
        same = _asked(sale.lines[use.subject_id]) == _asked(command.lines)
        return use if same else Refused(Reason.KEY_REUSED)
    used = use is not None or any((line.item_id, command.buyer, command.key) in sale.by_key for line in command.lines)
    return Refused(Reason.KEY_REUSED) if used else None


def _asked(lines: Sequence[Line | Purchase | Hold]) -> list[tuple[str, int]]:
    """What lines ask for, in whatever order; an item that is named twice is asked for twice."""
    return sorted((line.item_id, line.quantity) for line in lines)


def _refusal(sale: Sale, command: BuyBasket | HoldBasket, now: Instant) -> Refused | None:
    """The first line that cannot be had. Each line is another item, so no line changes what the next one finds."""
    seen: set[str] = set()
    for number, line in enumerate(command.lines):
        refused = _line_refusal(sale, command.buyer, line, seen, now)
        if refused is not None:
            return refused._replace(line=number, item_id=line.item_id)
        seen.add(line.item_id)
    return None


def _line_refusal(sale: Sale, buyer: str, line: Line, seen: set[str], now: Instant) -> Refused | None:
    if line.item_id in seen:
        return Refused(Reason.INVALID_REQUEST, field="item", message="is in another line of this basket, too")
    shelf = sale.shelves.get(line.item_id)
    return Refused(Reason.UNKNOWN_ITEM) if shelf is None else refusal(sale, shelf, buyer, line.quantity, now)


def _buy_line(sale: Sale, command: BuyBasket, line: Line, now: Instant) -> Purchase:
    shelf = sale.shelves[line.item_id]
    purchase = Purchase(
        line.id, line.item_id, shelf.item.name, command.buyer, line.quantity, command.key, now,
        basket_id=command.basket_id,
    )  # fmt: skip
    shelf.move(sold=line.quantity)
    sale.count(line.item_id, command.buyer, line.quantity)
    sale.add_purchase(purchase)
    return purchase


def _hold_line(sale: Sale, command: HoldBasket, line: Line, now: Instant) -> Hold:
    item = sale.shelves[line.item_id].item
    until = now + item.hold_seconds * MICROSECONDS
    hold = Hold(
        line.id, line.item_id, item.name, command.buyer, line.quantity, command.key, now, until, until,
        basket_id=command.basket_id,
    )  # fmt: skip
    sale.add_hold(hold)
    return hold


def _remember(sale: Sale, command: BuyBasket | HoldBasket, action: Action, lines: list[Purchase] | list[Hold]) -> None:
    sale.lines[command.basket_id] = lines
    if command.key is not None:
        sale.use_key((BASKETS, command.buyer, command.key), KeyUse(action, command.basket_id))
