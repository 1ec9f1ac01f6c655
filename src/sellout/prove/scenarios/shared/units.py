"""Rules on units over time: nobody had more than there was, and nobody was refused what was free. Pure."""

from collections.abc import Iterator

from sellout.history.requests import Request
from sellout.history.rules.stock import TAKES_UNITS, refused_in_vain, too_many_at_once
from sellout.history.timeline import levels_of
from sellout.history.told import line_refused
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Books


def never_oversold(evidence: Evidence) -> Iterator[str]:
    """At the end by the counters, and at every moment of the run by what buyers certainly had."""
    for books in evidence.books:
        for where, now in (("The item", books.after), ("The audit", books.audit_after)):
            if now.sold + now.held > now.capacity:
                yield f"{where} {books.item} says {now.sold} sold and {now.held} held of {now.capacity}"
    for item, levels in levels_of(evidence).items():
        yield from too_many_at_once(item, _books(evidence, item).after.capacity, levels)


def never_undersold(evidence: Evidence) -> Iterator[str]:
    """Every refusal for want of stock was true when it was given, as far as customers can tell.

    A refusal is wrong for certain where, even with every doubt in the server's favour, enough units were free from the
    request's departure to its answer. Once no unit comes back any more there is no doubt left: who is refused then must
    not fit into what is left at the end.
    """
    levels = levels_of(evidence)
    for request in evidence.of(TAKES_UNITS):
        for attempt in request.attempts:
            line = line_refused(request.order, attempt)
            if attempt.refused and line is not None and line.item in levels:
                capacity = _books(evidence, line.item).after.capacity
                why = refused_in_vain(capacity, levels[line.item], attempt, line)
                yield from (f"{request.order.buyer} {found}" for found in why)
        yield from _left_over(evidence, request)


def _left_over(evidence: Evidence, request: Request) -> Iterator[str]:
    calm = evidence.calm_from
    if calm is None or request.attempts[0].started_at < calm or not request.final.refused:
        return
    left = {books.item: books.after.available for books in evidence.books}
    if all(line.quantity <= left[line.item] for line in request.order.lines):
        wanted = " and ".join(f"{line.quantity} of {line.item}" for line in request.order.lines)
        yield f"{request.order.buyer} was refused {wanted} when no unit came back any more, and it is left over"


def _books(evidence: Evidence, item: str) -> Books:
    return next(books for books in evidence.books if books.item == item)
