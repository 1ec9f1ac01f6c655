"""Why units are refused: first what is wrong with the request, then the sale's window, then the stock."""

from sellout.decide.sale import Sale, Shelf
from sellout.domain import ANONYMOUS, ANY_BUYER, MICROSECONDS, BuyerTokens, Instant, Item, Reason, Refused, State

RETRY_SECONDS_MIN = 1

_SOLD_OUT = Refused(Reason.SOLD_OUT, available=0)
_CLOSED = Refused(Reason.CLOSED)
_PAUSED = Refused(Reason.PAUSED)

UNPROVEN = Refused(Reason.UNAUTHORIZED)

REQUIRED = BuyerTokens.REQUIRED
"""Python 3.11 takes a function call to find a member of an enum."""


def is_unproven(item: Item, buyer: str, proven: str | None) -> bool:
    """Whether the item asks for a proof of who acts, and there is none that it is `buyer`.

    It goes before everything else, keys too: so nothing is told to anybody of what others have asked and got.
    """
    return item.buyer_tokens is REQUIRED and proven != buyer and proven != ANY_BUYER


def refusal(sale: Sale, shelf: Shelf, buyer: str, quantity: int, now: Instant) -> Refused | None:
    """Why `buyer` cannot have `quantity` units now; None where they can."""
    item = shelf.item
    against = _against_request(item, buyer, quantity)
    if against is not None:
        return against
    if item.paused or item.opens_at is not None or item.closes_at is not None:
        closed = outside_window(item, now)
        if closed is not None:
            return closed
    free = shelf.free
    if free == 0:
        return _nothing_free(sale, shelf, now)
    if over_limit(sale, item, buyer, quantity):
        return Refused(Reason.LIMIT_REACHED)
    if quantity > free:
        return Refused(Reason.NOT_ENOUGH_LEFT, available=free)
    return None


def _against_request(item: Item, buyer: str, quantity: int) -> Refused | None:
    if quantity > item.max_per_order:
        return Refused(Reason.INVALID_REQUEST, field="quantity", message=f"must be from 1 to {item.max_per_order}")
    if item.limit_per_buyer is not None and buyer == ANONYMOUS:
        return Refused(Reason.INVALID_REQUEST, field="buyer", message="is required: this item has a limit per buyer")
    return None


def against_waiting(sale: Sale, shelf: Shelf, buyer: str, quantity: int, now: Instant) -> Refused | None:
    """Why `buyer` cannot wait for `quantity` units: the same reasons, but for the stock."""
    if buyer == ANONYMOUS:
        return Refused(Reason.INVALID_REQUEST, field="buyer", message="is required: an offer is made to somebody")
    against = _against_request(shelf.item, buyer, quantity) or outside_window(shelf.item, now)
    if against is None and over_limit(sale, shelf.item, buyer, quantity):
        return Refused(Reason.LIMIT_REACHED)
    return against


def outside_window(item: Item, now: Instant) -> Refused | None:
    """Why nobody can buy now."""
    match item.outside_window(now):
        case State.CLOSED:
            return _CLOSED
        case State.NOT_OPEN:
            return Refused(Reason.NOT_OPEN, opens_at=item.opens_at)
        case State.PAUSED:
            return _PAUSED
        case _:
            return None


def over_limit(sale: Sale, item: Item, buyer: str, quantity: int) -> bool:
    """Whether `buyer` would hold and have bought more than the item allows to one. Without a name there is no limit."""
    limit = item.limit_per_buyer
    return limit is not None and buyer != ANONYMOUS and sale.bought.get((item.id, buyer), 0) + quantity > limit


def _nothing_free(sale: Sale, shelf: Shelf, now: Instant) -> Refused:
    if shelf.sold == shelf.item.capacity:
        return _SOLD_OUT
    ends_at = sale.next_deadline(shelf)
    return Refused(Reason.ALL_HELD, available=0, retry_after=_seconds_until(ends_at, now), hold_expires_at=ends_at)


def _seconds_until(instant: Instant | None, now: Instant) -> int:
    """Whole seconds, rounded up, so that who waits as long does not come too early."""
    return RETRY_SECONDS_MIN if instant is None else max(RETRY_SECONDS_MIN, -((now - instant) // MICROSECONDS))
