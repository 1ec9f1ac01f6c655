"""Values as callers see them: plain dictionaries that become JSON. `models.py` documents the same shapes."""

from typing import Any

from sellout.domain import Audit, Entry, Hold, Instant, Item, LatePayment, Movement, MovementSum, Purchase
from sellout.http.times import rfc3339


def item_view(item: Item, now: Instant) -> dict[str, Any]:
    """An item and its state at `now`."""
    return {
        "id": item.id,
        "name": item.name,
        "capacity": item.capacity,
        "sold": item.sold,
        "held": item.held,
        "available": item.available,
        "state": item.state(now),
        "opens_at": None if item.opens_at is None else rfc3339(item.opens_at),
        "closes_at": None if item.closes_at is None else rfc3339(item.closes_at),
        "paused": item.paused,
        "limit_per_buyer": item.limit_per_buyer,
        "max_per_order": item.max_per_order,
        "hold_seconds": item.hold_seconds,
        "payment_seconds": item.payment_seconds,
        "offer_seconds": item.offer_seconds,
        "buyer_tokens": item.buyer_tokens,
    }


def purchase_view(purchase: Purchase) -> dict[str, Any]:
    """A purchase as version 1 shows it."""
    view = {
        "purchase_id": purchase.id,
        "item": purchase.item_id,
        "quantity": purchase.quantity,
        "buyer": purchase.buyer or None,
        "purchased_at": rfc3339(purchase.purchased_at),
        "state": "sold" if purchase.refunded_at is None else "refunded",
    }
    if purchase.hold_id is not None:
        view["hold_id"] = purchase.hold_id
    if purchase.payment_ref is not None:
        view["payment_ref"] = purchase.payment_ref
    return view


def hold_view(hold: Hold) -> dict[str, Any]:
    """A hold."""
    view = {
        "hold_id": hold.id,
        "item": hold.item_id,
        "quantity": hold.quantity,
        "buyer": hold.buyer or None,
        "state": hold.state,
        "expires_at": rfc3339(hold.expires_at),
    }
    if hold.purchase_id is not None:
        view["purchase_id"] = hold.purchase_id
    return view


def entry_view(entry: Entry, position: int | None, hold: Hold | None) -> dict[str, Any]:
    """An entry of the waiting list. How to reach its buyer is for the organiser, not for whoever has the id."""
    return {
        "entry_id": entry.id,
        "item": entry.item_id,
        "buyer": entry.buyer,
        "quantity": entry.quantity,
        "position": position,
        "state": entry.state_with(hold),
        "joined_at": rfc3339(entry.joined_at),
        "hold_id": None if hold is None else hold.id,
        "hold": None if hold is None else hold_view(hold),
    }


def late_payment_view(payment: LatePayment) -> dict[str, Any]:
    """A payment that is to be given back."""
    return {
        "payment_ref": payment.payment_ref,
        "hold_id": payment.hold_id,
        "item": payment.item_id,
        "quantity": payment.quantity,
    }


def movement_view(movement: Movement) -> dict[str, Any]:
    """A row of the ledger."""
    return {
        "movement_no": movement.no,
        "kind": movement.kind,
        "capacity": movement.capacity,
        "sold": movement.sold,
        "held": movement.held,
        "purchase_id": movement.purchase_id,
        "hold_id": movement.hold_id,
        "moved_at": rfc3339(movement.moved_at),
    }


def ticket_view(purchase: Purchase) -> dict[str, Any]:
    """A purchase as POST /buy_ticket has always shown it: `item` is the item's name."""
    return {
        "purchase_id": purchase.id,
        "item": purchase.item_name,
        "quantity": purchase.quantity,
        "purchased_at": rfc3339(purchase.purchased_at),
    }


def counters_view(item: Item) -> dict[str, Any]:
    """How many units there are, and where."""
    return {"capacity": item.capacity, "sold": item.sold, "held": item.held, "available": item.available}


def audit_view(audit: Audit) -> dict[str, Any]:
    """The ledger against the counters."""
    return {
        **counters_view(audit.item),
        "movements": {kind: sum_view(total) for kind, total in audit.sums.items()},
        "consistent": audit.consistent,
    }


def sum_view(total: MovementSum) -> dict[str, int]:
    """Movements of one kind, added up."""
    return {"count": total.movements, "capacity": total.capacity, "sold": total.sold, "held": total.held}
