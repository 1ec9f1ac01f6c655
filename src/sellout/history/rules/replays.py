"""The rule on keys: one key means one request, and one success. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sellout.history.requests import Attempt, Request


def once_per_key(requests: Iterable[Request], *, first_is_seen: bool = True) -> Iterator[str]:
    """Whoever repeats a key gets the first answer again, marked as a replay; and after a success no refusal.

    A key means one request: who sends another one under it gets nothing. `first_is_seen` says that every answer reached
    the customer who asked, so that one of them must be the first.
    """
    for (buyer, key), found in by_key(requests).items():
        asked = by_request(found)
        for attempts in asked.values():
            whose = f"{buyer} sent the key {key} {len(attempts)} times"
            yield from (f"{whose} {why}" for why in _unlike(attempts, first_is_seen=first_is_seen))
        if sum(any(attempt.granted for attempt in attempts) for attempts in asked.values()) > 1:
            yield f"{buyer} was granted different requests under the key {key}"


def by_request(found: Iterable[Request]) -> Mapping[object, list[Attempt]]:
    """The attempts of one key, by what was asked for."""
    asked: dict[object, list[Attempt]] = defaultdict(list)
    for request in found:
        order = request.order
        asked[order.action, order.lines, order.subject, order.payment_ref].extend(request.attempts)
    return asked


def _unlike(attempts: Sequence[Attempt], *, first_is_seen: bool) -> Iterator[str]:
    answers = [attempt for attempt in attempts if attempt.granted]
    if any((answer.said, answer.status) != (answers[0].said, answers[0].status) for answer in answers):
        yield "and got different answers"
    originals = sum(not answer.replayed for answer in answers)
    if originals > 1:
        yield f", and {originals} answers say that they are the first"
    if first_is_seen and answers and not originals and all(attempt.definite for attempt in attempts):
        yield ", and every answer says that it is a replay"
    told = min((answer.ended_at for answer in answers), default=None)
    later = [attempt for attempt in attempts if attempt.refused and told is not None and attempt.started_at > told]
    if later:
        yield f"and was told {later[0]} after the success"


def by_key(requests: Iterable[Request]) -> Mapping[tuple[str, str], list[Request]]:
    """The requests of each (buyer, key)."""
    found: dict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in requests:
        if request.order.key is not None:
            found[request.order.buyer, request.order.key].append(request)
    return found
