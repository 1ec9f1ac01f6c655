"""The properties that baskets must have beyond what all scenarios share. Pure.

What can be checked soundly while others buy: a refusal names a line, and that line is judged over time by the shared
rule `never_undersold`, as a single purchase is. Whether the other lines could have been had no customer can know. When
the last hold has ended no unit comes back any more, and from then on a basket that was refused must not fit into what
is left at the end: this is the shared rule's other half.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from sellout.history.requests import Action, Attempt, Line, Order
from sellout.history.rules.answers import EXPIRED, STOCK, Refusals
from sellout.history.told import basket_in, granted, line_named, purchases_told
from sellout.prove.evidence import Evidence

BASKETS = (Action.BUY_BASKET, Action.HOLD_BASKET)
FITTING: Refusals = {
    Action.BUY_BASKET: STOCK,
    Action.HOLD_BASKET: STOCK,
    Action.CONFIRM: EXPIRED,
    Action.RELEASE: EXPIRED,
}


def all_lines_or_none(evidence: Evidence) -> Iterator[str]:
    """A basket that was granted has all its lines, in answer and books; one that was refused has none.

    Of holds the books have no list, so that half a basket of holds shows in the ledger of the item: the units that were
    ever held there are those of the baskets that were granted.
    """
    for request, answer in granted(evidence.of(BASKETS)):
        told = [line for _, line in basket_in(request.order, answer)]
        if told != list(request.order.lines):
            yield f"{request.order.buyer} asked for {_words(request.order.lines)} and was told of {_words(told)}"
    yield from _half_bought(evidence)
    yield from _half_held(evidence)


def _half_bought(evidence: Evidence) -> Iterator[str]:
    """Of the purchases that no confirmation has made, each buyer has exactly the lines of the baskets bought."""
    bought: dict[str, set[Order]] = {}
    for request, _ in granted(evidence.of((Action.BUY_BASKET,))):
        bought.setdefault(request.order.buyer, set()).add(request.order)
    confirmed = {p.purchase_id for p in purchases_told(evidence.requests).values() if p.hold_id is not None}
    kept: dict[str, Counter[Line]] = {}
    for books in evidence.books:
        for purchase in books.purchases:
            if purchase.hold_id is None and purchase.purchase_id not in confirmed:
                kept.setdefault(purchase.buyer or "", Counter())[Line(books.item, purchase.quantity)] += 1
    unknown = {r.order.buyer for r in evidence.of((Action.BUY_BASKET,)) if not r.final.definite}
    for buyer in sorted({*bought, *kept} - unknown):
        expected = Counter(line for order in bought.get(buyer, ()) for line in order.lines)
        if (found := kept.get(buyer, Counter())) != expected:
            had = _words(found.elements()) or "nothing"
            yield f"{buyer} bought {_words(expected.elements()) or 'nothing'}, and {had} is kept"


def _half_held(evidence: Evidence) -> Iterator[str]:
    if not all(request.final.definite for request in evidence.of((Action.HOLD_BASKET,))):
        return
    orders = {request.order for request, _ in granted(evidence.of((Action.HOLD_BASKET,)))}
    for books in evidence.books:
        held = sum(line.quantity for order in orders for line in order.lines if line.item == books.item)
        if (entered := books.audit_after.of("hold").held) != held:
            yield f"Baskets were told to hold {held} of {books.item}, and {entered} were ever held"


def refusal_names_the_line(evidence: Evidence) -> Iterator[str]:
    """A refusal for want of stock says which line it is about: in `errors`, and with its item in `detail`."""
    for request in evidence.of(BASKETS):
        for attempt in request.attempts:
            if attempt.refused and (attempt.status, attempt.code) in STOCK:
                yield from (
                    f"{request.order.buyer} was told {attempt} {why}" for why in _unnamed(request.order, attempt)
                )


def _unnamed(order: Order, attempt: Attempt) -> Iterator[str]:
    number = line_named(attempt)
    if number is None:
        yield "without the line that it is about"
    elif number >= len(order.lines):
        yield f"about line {number} of {len(order.lines)}"
    elif (item := order.lines[number].item) not in (attempt.text("detail") or ""):
        yield f"about line {number}, and its detail does not name {item}"


def _words(lines: Iterable[Line]) -> str:
    return " and ".join(f"{line.quantity} of {line.item}" for line in lines)
