"""Rules on what was told against what is kept: purchases, holds and keys. Pure."""

from collections.abc import Iterable, Iterator

from sellout.history.requests import Action, Request
from sellout.history.rules import replays
from sellout.history.rules.keeping import kept_otherwise, made_more
from sellout.history.told import ToldPurchase, purchases_told
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Purchase

SELLS = frozenset({Action.BUY, Action.CONFIRM, Action.BUY_BASKET})


def acknowledged_is_kept(evidence: Evidence) -> Iterator[str]:
    """Every purchase that a buyer was told of is there, as it was told."""
    kept = {p.purchase_id: (books.item, p) for books in evidence.books for p in books.purchases}
    for told in purchases_told(evidence.requests).values():
        if told.purchase_id not in kept:
            yield f"{told.buyer} was told of purchase {told.purchase_id}, and the server has no such purchase"
        else:
            yield from (f"Purchase {told.purchase_id} {why}" for why in _otherwise(told, *kept[told.purchase_id]))


def _otherwise(told: ToldPurchase, item: str, kept: Purchase) -> Iterator[str]:
    yield from kept_otherwise(told, item, kept)
    state = "sold" if told.refunded is None else "refunded"
    if kept.state != state:
        yield f"is kept as {kept.state}, and its buyer was told that it is {state}"


def nothing_unasked(evidence: Evidence) -> Iterator[str]:
    """Every purchase that is kept was told to its buyer, or may have been asked for by one who has no answer."""
    told = {purchase_id for _, purchase_id in purchases_told(evidence.requests)}
    for books in evidence.books:
        for kept in books.purchases:
            if kept.purchase_id not in told and not _may_be_asked(evidence.requests, books.item, kept):
                holder = kept.buyer or "nobody"
                yield f"Purchase {kept.purchase_id} of {kept.quantity} is kept for {holder}, who was not told of it"


def _may_be_asked(requests: Iterable[Request], item: str, kept: Purchase) -> bool:
    return any(
        request.order.action in SELLS
        and request.order.buyer == kept.buyer
        and (item, kept.quantity) in request.order.lines
        and not request.final.definite
        for request in requests
    )


def once_per_hold(evidence: Evidence) -> Iterator[str]:
    """One hold makes one purchase at most, and so does one payment."""
    return made_more([*evidence.purchases, *purchases_told(evidence.requests).values()])


def once_per_key(evidence: Evidence) -> Iterator[str]:
    """Whoever repeats a key gets the first answer again, marked as a replay; and after a success no refusal."""
    return replays.once_per_key(evidence.requests)
