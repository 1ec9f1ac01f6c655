"""Rules on units over time: nobody had more than there was, and nobody was refused what was free. Pure."""

from collections.abc import Iterator

from sellout.history.requests import Action, Attempt, Line, Request
from sellout.history.timeline import Levels, levels_of
from sellout.history.told import line_refused
from sellout.prove.evidence import Evidence
from sellout.prove.readings import Books

TAKES_UNITS = (Action.BUY, Action.HOLD, Action.BUY_BASKET, Action.HOLD_BASKET)


def never_oversold(evidence: Evidence) -> Iterator[str]:
    """At the end by the counters, and at every moment of the run by what buyers certainly had."""
    for books in evidence.books:
        for where, now in (("The item", books.after), ("The audit", books.audit_after)):
            if now.sold + now.held > now.capacity:
                yield f"{where} {books.item} says {now.sold} sold and {now.held} held of {now.capacity}"
    for item, levels in levels_of(evidence).items():
        if (peak := levels.certainly_engaged.peak) > (most := _books(evidence, item).after.capacity):
            yield f"At one moment buyers had {peak} units of {item} bought or held, and there are {most}"


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
                why = _wrongly_refused(_books(evidence, line.item), levels[line.item], attempt, line)
                yield from (f"{request.order.buyer} {found}" for found in why)
        yield from _left_over(evidence, request)


def _wrongly_refused(books: Books, levels: Levels, attempt: Attempt, line: Line) -> Iterator[str]:
    capacity, during = books.after.capacity, (attempt.started_at, attempt.ended_at)
    free = capacity - levels.possibly_engaged.most(*during)
    if attempt.code == "sold_out" and (sold := levels.possibly_sold.most(*during)) < capacity:
        yield f"was told {attempt}, and at most {sold} of the {capacity} units of {books.item} were sold by then"
    elif attempt.code == "all_held" and free > 0:
        yield f"was told {attempt}, and at least {free} of {books.item} were free all the while"
    elif attempt.code == "not_enough_left" and free >= line.quantity:
        yield f"was told {attempt} for {line.quantity}, and at least {free} of {books.item} were free all the while"
    if attempt.code == "not_enough_left" and not 0 < (attempt.available or 0) < line.quantity:
        yield f"wanted {line.quantity} of {books.item} and was told {attempt} with {attempt.available} available"


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
