"""Holds: taking them, beginning to pay, confirming, giving back. docs/holds.md has the table of all outcomes."""

from sellout.decide.offers import offer_units
from sellout.decide.rules import REQUIRED, UNPROVEN, is_unproven, over_limit, refusal
from sellout.decide.sale import Sale
from sellout.domain import (
    MICROSECONDS,
    Action,
    Bought,
    ConfirmHold,
    Held,
    Hold,
    HoldState,
    Instant,
    KeyUse,
    LatePayment,
    Outcome,
    PayHold,
    Purchase,
    Reason,
    Refused,
    Released,
    ReleaseHold,
    TakeHold,
    purchase_of,
)

_UNKNOWN = Refused(Reason.UNKNOWN_HOLD)
_KEY_REUSED = Refused(Reason.KEY_REUSED)

# Python 3.11 takes a function call to find a member of an enum.
_CONFIRMED, _RELEASED, _EXPIRED = HoldState.CONFIRMED, HoldState.RELEASED, HoldState.EXPIRED


def take(sale: Sale, command: TakeHold, now: Instant) -> Outcome:
    """Keep units for a buyer."""
    hold_id, item_id, buyer, quantity, key, proven = command
    shelf = sale.shelves.get(item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    if shelf.item.buyer_tokens is REQUIRED and is_unproven(shelf.item, buyer, proven):
        return UNPROVEN
    if key is not None:
        first = sale.by_key.get((item_id, buyer, key))
        if first is not None:
            return _taken_before(first, command)
    refused = refusal(sale, shelf, buyer, quantity, now)
    if refused is not None:
        return refused
    until = now + shelf.item.hold_seconds * MICROSECONDS
    hold = Hold(hold_id, item_id, shelf.item.name, buyer, quantity, key, now, until, until)
    sale.add_hold(hold)
    return Held(hold)


def _taken_before(first: Purchase | Hold | KeyUse, command: TakeHold) -> Outcome:
    if type(first) is Hold and first.quantity == command.quantity and first.basket_id is None:
        return Held(first.as_taken(), replayed=True)
    return _KEY_REUSED


def _own(sale: Sale, command: PayHold | ConfirmHold | ReleaseHold) -> Hold | None:
    """The hold that a command names. One of somebody who has to be proven is there for nobody else."""
    hold = sale.hold_by_id.get(command.hold_id)
    if hold is None or is_unproven(sale.shelves[hold.item_id].item, hold.buyer, command.proven):
        return None
    return hold


def pay(sale: Sale, command: PayHold, now: Instant) -> Outcome:
    """Payment begins, and with it a later deadline; beginning again moves nothing."""
    hold = _own(sale, command)
    if hold is None:
        return _UNKNOWN
    scope = (hold.item_id, hold.buyer, command.key or "")
    use = KeyUse(Action.PAY, hold.id)
    if command.key is not None and scope in sale.by_key:
        return Held(hold.as_paying(), replayed=True) if sale.by_key[scope] == use else _KEY_REUSED
    hold = ended_if_due(sale, hold, now)
    if not hold.is_open:
        return _ended(hold)
    if hold.state is HoldState.HELD:
        seconds = sale.shelves[hold.item_id].item.payment_seconds
        deadline = max(hold.expires_at, now + seconds * MICROSECONDS)
        hold = hold._replace(state=HoldState.PAYING, expires_at=deadline)
        sale.change_hold(hold)
    if command.key is not None:
        sale.use_key(scope, use)
    return Held(hold)


def confirm(sale: Sale, command: ConfirmHold, now: Instant) -> Outcome:
    """A hold becomes a purchase; one that has expired only if its units can be had again."""
    hold = _own(sale, command)
    if hold is None:
        return _UNKNOWN
    if command.key is not None:
        first = sale.by_key.get((hold.item_id, hold.buyer, command.key))
        if first is not None:
            return _confirmed_before(first, command)
    hold = ended_if_due(sale, hold, now)
    if hold.state is _CONFIRMED or hold.state is _RELEASED:
        return _ended(hold)
    came_for = None if command.payment_ref is None else sale.payments.get(command.payment_ref)
    if came_for is not None and came_for != hold.id:
        return Refused(Reason.PAYMENT_REF_IN_USE)
    if hold.state is _EXPIRED and (came_for is not None or not _can_be_had_again(sale, hold)):
        return _too_late(sale, hold, None if came_for is not None else command.payment_ref)
    return _confirm(sale, hold, command, now)


def _confirmed_before(first: Purchase | Hold | KeyUse, command: ConfirmHold) -> Outcome:
    if type(first) is Purchase and (first.hold_id, first.payment_ref) == (command.hold_id, command.payment_ref):
        return Bought(first._replace(refunded_at=None), replayed=True)
    return _KEY_REUSED


def _can_be_had_again(sale: Sale, hold: Hold) -> bool:
    shelf = sale.shelves[hold.item_id]
    return hold.quantity <= shelf.free and not over_limit(sale, shelf.item, hold.buyer, hold.quantity)


def _too_late(sale: Sale, hold: Hold, unrecorded_ref: str | None) -> Refused:
    """The units are gone: the payment is to be given back. A reference is recorded once, and never confirms later."""
    if unrecorded_ref is not None:
        sale.payments[unrecorded_ref] = hold.id
        sale.late_payments.append(LatePayment(unrecorded_ref, hold.id, hold.item_id, hold.quantity))
    return _ended(hold)._replace(refund_due=True)


def _confirm(sale: Sale, hold: Hold, command: ConfirmHold, now: Instant) -> Outcome:
    shelf = sale.shelves[hold.item_id]
    if hold.is_open:
        shelf.move(sold=hold.quantity, held=-hold.quantity)
    else:
        shelf.move(sold=hold.quantity)
        sale.count(hold.item_id, hold.buyer, hold.quantity)
    purchase = purchase_of(hold, command.purchase_id, command.key, now, command.payment_ref)
    sale.change_hold(hold.confirmed(now, purchase.id))
    sale.add_purchase(purchase)
    return Bought(purchase)


def release(sale: Sale, command: ReleaseHold, now: Instant) -> Outcome:
    """Give a hold back; again and again is as good as once."""
    hold = _own(sale, command)
    if hold is None:
        return _UNKNOWN
    hold = ended_if_due(sale, hold, now)
    if hold.is_open:
        return Released(let_go(sale, hold, now))
    return Released(hold) if hold.state is HoldState.RELEASED else _ended(hold)


def let_go(sale: Sale, hold: Hold, now: Instant) -> Hold:
    """An open hold's units are free for whoever waits, and then for everybody."""
    shelf = sale.shelves[hold.item_id]
    shelf.move(held=-hold.quantity)
    sale.count(hold.item_id, hold.buyer, -hold.quantity)
    released = hold._replace(state=HoldState.RELEASED, ended_at=now)
    sale.change_hold(released)
    offer_units(sale, shelf, now)
    return released


def ended_if_due(sale: Sale, hold: Hold, now: Instant) -> Hold:
    """A batch does not load more expired holds than it needs; one that is asked for by its id ends in any case."""
    if not hold.is_due(now):
        return hold
    ended = sale.expire(hold, now)
    offer_units(sale, sale.shelves[hold.item_id], now)
    return ended


def _ended(hold: Hold) -> Refused:
    """Why nothing can be done with a hold that is no longer open."""
    if hold.state is HoldState.EXPIRED:
        return Refused(Reason.HOLD_EXPIRED, hold_expires_at=hold.expires_at)
    return Refused(Reason.ALREADY_CONFIRMED if hold.state is HoldState.CONFIRMED else Reason.HOLD_RELEASED)
