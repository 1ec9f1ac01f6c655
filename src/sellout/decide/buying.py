"""Purchases, and taking them back."""

from sellout.decide.offers import offer_units
from sellout.decide.rules import REQUIRED, UNPROVEN, is_unproven, refusal
from sellout.decide.sale import Sale
from sellout.domain import (
    ANONYMOUS,
    Action,
    Bought,
    Buy,
    Hold,
    Instant,
    KeyUse,
    Outcome,
    Purchase,
    Reason,
    Refund,
    Refunded,
    Refused,
)


def buy(sale: Sale, command: Buy, now: Instant) -> Outcome:
    """Sell units."""
    purchase_id, item_id, buyer, quantity, key, proven = command
    shelf = sale.shelves.get(item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    if shelf.item.buyer_tokens is REQUIRED and is_unproven(shelf.item, buyer, proven):
        return UNPROVEN
    if key is not None:
        first = sale.by_key.get((item_id, buyer, key))
        if first is not None:
            return _replay(first, command)
    refused = refusal(sale, shelf, buyer, quantity, now)
    if refused is not None:
        return refused
    purchase = Purchase(purchase_id, item_id, shelf.item.name, buyer, quantity, key, now)
    shelf.sold += quantity
    shelf.changed = True
    sale.add_purchase(purchase)
    if buyer != ANONYMOUS:
        sale.count(item_id, buyer, quantity)
    return Bought(purchase)


def _replay(first: Purchase | Hold | KeyUse, command: Buy) -> Outcome:
    """Answer as the first time, also after a refund. Item and buyer are the key's scope: the quantity may differ."""
    if type(first) is Purchase and first.quantity == command.quantity and first.hold_id is first.basket_id is None:
        return Bought(first._replace(refunded_at=None), replayed=True)
    return Refused(Reason.KEY_REUSED)


def refund(sale: Sale, command: Refund, now: Instant) -> Outcome:
    """Take a purchase back, once."""
    purchase = sale.purchase_by_id.get(command.purchase_id)
    if purchase is None:
        return Refused(Reason.UNKNOWN_PURCHASE)
    scope = (purchase.item_id, purchase.buyer, command.key or "")
    use = KeyUse(Action.REFUND, purchase.id)
    if command.key is not None and scope in sale.by_key:
        return Refunded(purchase, replayed=True) if sale.by_key[scope] == use else Refused(Reason.KEY_REUSED)
    if purchase.refunded_at is not None:
        return Refused(Reason.ALREADY_REFUNDED)
    refunded = purchase._replace(refunded_at=now)
    shelf = sale.shelves[purchase.item_id]
    shelf.move(sold=-purchase.quantity)
    sale.count(purchase.item_id, purchase.buyer, -purchase.quantity)
    sale.set_refunded(refunded)
    if command.key is not None:
        sale.use_key(scope, use)
    offer_units(sale, shelf, now)
    return Refunded(refunded)
