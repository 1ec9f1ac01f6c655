"""Rules on what was told against what is kept: purchases, holds and keys. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from sellout.history.requests import Action, Request
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
    told_as = (told.buyer, told.line.quantity, told.line.item, told.hold_id, told.payment_ref)
    kept_as = (kept.buyer, kept.quantity, item, kept.hold_id, kept.payment_ref)
    for what, was_told, is_kept in zip(("buyer", "quantity", "item", "hold", "payment"), told_as, kept_as, strict=True):
        if was_told != is_kept:
            yield f"was told with {what} {was_told} and is kept with {is_kept}"
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
    for what in ("hold_id", "payment_ref"):
        made: dict[str, set[str]] = defaultdict(set)
        found: list[Purchase | ToldPurchase] = [*evidence.purchases, *purchases_told(evidence.requests).values()]
        for purchase in found:
            if (source := getattr(purchase, what)) is not None:
                made[source].add(purchase.purchase_id)
        for source, ids in made.items():
            if len(ids) > 1:
                yield f"{what} {source} has made {len(ids)} purchases: {', '.join(sorted(ids))}"


def once_per_key(evidence: Evidence) -> Iterator[str]:
    """Whoever repeats a key gets the first answer again, marked as a replay; and after a success no refusal."""
    for order, requests in by_key(evidence.requests).items():
        attempts = [attempt for request in requests for attempt in request.attempts]
        answers = [attempt for attempt in attempts if attempt.granted]
        whose = f"{order[0]} sent the key {order[1]} {len(attempts)} times"
        if any(
            first.said != second.said or first.status != second.status for first, second in combinations(answers, 2)
        ):
            yield f"{whose} and got different answers"
        originals = sum(not answer.replayed for answer in answers)
        if originals > 1:
            yield f"{whose}, and {originals} answers say that they are the first"
        if answers and not originals and all(attempt.definite for attempt in attempts):
            yield f"{whose}, and every answer says that it is a replay"
        told = min((answer.ended_at for answer in answers), default=None)
        later = [a for a in attempts if a.refused and told is not None and a.started_at > told]
        if later:
            yield f"{whose} and was told {later[0]} after the success"


def by_key(requests: Iterable[Request]) -> Mapping[tuple[str, str], list[Request]]:
    """The requests of each (buyer, key)."""
    found: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in requests:
        if request.order.key is not None:
            found[request.order.buyer, request.order.key].append(request)
    return found
