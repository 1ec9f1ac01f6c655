"""From what a round was to what is shown of it. Pure. Times become seconds since the round began."""

from collections.abc import Iterable

from sellout.history.history import Fault as Happening
from sellout.history.history import Observation
from sellout.history.kept import KeptItem
from sellout.history.requests import RETRIED, Attempt, Request
from sellout.torture.plan import RoundPlan
from sellout.torture.results import Answer, FaultSeen, Level, Life, RequestSeen
from sellout.torture.sabotage import Done
from sellout.torture.server import Lived

SERVER_ERRORS = 500
SEVERAL = "+"


def faults_seen(done: Iterable[Done], began_at: float) -> tuple[FaultSeen, ...]:
    """Every fault that was planned, in the order of time, with what is known of it."""
    ordered = sorted(done, key=lambda each: each.started_at)
    return tuple(
        FaultSeen(
            kind=str(each.planned.kind),
            words=each.words,
            started_at=each.started_at - began_at,
            ended_at=None if each.ended_at == each.started_at else each.ended_at - began_at,
            fired=each.fired,
        )
        for each in ordered
    )


def happenings(done: Iterable[Done]) -> tuple[Happening, ...]:
    """The faults that fired, for the history."""
    return tuple(
        Happening(str(each.planned.kind), each.started_at, each.ended_at, each.words) for each in done if each.fired
    )


def requests_seen(requests: Iterable[Request], began_at: float) -> tuple[RequestSeen, ...]:
    """Every copy of every request, by its departure."""
    found = [_request(request, began_at) for request in requests if request.attempts]
    return tuple(sorted(found, key=lambda request: request.attempts[0].started_at))


def _request(request: Request, began_at: float) -> RequestSeen:
    order = request.order
    return RequestSeen(
        buyer=order.buyer,
        action=str(order.action),
        item=SEVERAL.join(dict.fromkeys(line.item for line in order.lines)),
        quantity=order.quantity,
        attempts=tuple(_answer(attempt, began_at) for attempt in request.attempts),
    )


def _answer(attempt: Attempt, began_at: float) -> Answer:
    return Answer(
        started_at=attempt.started_at - began_at,
        ended_at=attempt.ended_at - began_at,
        answer=str(attempt),
        granted=attempt.granted,
        unknown=is_unknown(attempt),
        replayed=attempt.replayed,
    )


def is_unknown(attempt: Attempt) -> bool:
    """Whether nobody can tell from this answer what was done: none came, or one that only says to come again."""
    return attempt.status is None or attempt.status in RETRIED or attempt.status >= SERVER_ERRORS


def levels_seen(observations: Iterable[Observation], began_at: float) -> tuple[Level, ...]:
    """Units over time, as the watcher saw them when each answer came; audits count holds differently."""
    return tuple(
        Level(seen.ended_at - began_at, seen.item, seen.capacity, seen.sold, seen.held)
        for seen in observations
        if not seen.recorded
    )


def levels_kept(items: Iterable[KeptItem], at: float) -> tuple[Level, ...]:
    """What the database has in the end, whoever looked last before."""
    return tuple(Level(at, item.item, item.capacity, item.sold, item.held) for item in items)


def lives_seen(lives: Iterable[Lived], began_at: float) -> tuple[Life, ...]:
    """The server's lives, from when it answered, or from their start where it never did."""
    return tuple(
        Life((each.ready_at or each.started_at) - began_at, each.ended_at - began_at, each.exit_code) for each in lives
    )


def plan_in_words(plan: RoundPlan) -> str:
    """The round in a sentence."""
    stock = " and ".join(f"{item.capacity} of {item.id}" for item in plan.items)
    more = ", webhooks" if plan.webhooks else ""
    workers = f"{plan.workers} worker" if plan.workers == 1 else f"{plan.workers} workers"
    return (
        f"{len(plan.buyers)} buyers for {stock}; {workers}, batches of {plan.batch_size_max} at most, "
        f"a queue of {plan.queue_length_max}, {plan.unavailable_after_seconds:g} s for the database{more}; {plan.words}"
    )
