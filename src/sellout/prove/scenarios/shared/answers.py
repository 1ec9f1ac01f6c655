"""The rule that every request ends in one definite answer that fits what was asked. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from sellout.history.rules.answers import Refusals, is_failure, untrue
from sellout.prove.evidence import Evidence


def every_request_answered(fitting: Refusals) -> Callable[[Evidence], Iterator[str]]:
    """The rule for a scenario in which these refusals can be true."""
    return partial(_every_request_answered, fitting)


def _every_request_answered(fitting: Refusals, evidence: Evidence) -> Iterator[str]:
    expected = Counter(order for order in evidence.orders for _ in range(order.copies))
    recorded = Counter(request.order for request in evidence.requests if request.attempts)
    for order in (expected - recorded).elements():
        yield f"{order.buyer} has no record of an answer to {order.action}"
    for request in evidence.requests:
        whose = f"{request.order.buyer} asked to {request.order.action.replace('_', ' a ')} and"
        for attempt in request.attempts:
            if is_failure(attempt):
                yield f"{whose} was answered {attempt}"
        yield from (f"{whose} {why}" for why in untrue(request, fitting))
