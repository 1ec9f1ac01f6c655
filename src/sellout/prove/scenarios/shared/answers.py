"""The rule that every request ends in one definite answer that fits what was asked. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sellout.history.requests import RETRIED, Action, Attempt, Order, Request
from sellout.prove.evidence import Evidence

Refusals = Mapping[Action, frozenset[tuple[int, str]]]

STOCK = frozenset({(410, "sold_out"), (409, "not_enough_left"), (409, "all_held")})
EXPIRED = frozenset({(409, "hold_expired")})
GRANTED = {
    Action.BUY: (201, "purchase_id"),
    Action.HOLD: (201, "hold_id"),
    Action.PAY: (200, "hold_id"),
    Action.CONFIRM: (200, "purchase_id"),
    Action.RELEASE: (204, None),
    Action.REFUND: (200, "purchase_id"),
    Action.JOIN: (201, "entry_id"),
    Action.LOOK: (200, "entry_id"),
    Action.LEAVE: (204, None),
    Action.BUY_BASKET: (201, "basket_id"),
    Action.HOLD_BASKET: (201, "basket_id"),
}
STATES = {
    Action.BUY: {"sold"},
    Action.HOLD: {"held"},
    Action.PAY: {"paying"},
    Action.CONFIRM: {"sold"},
    Action.REFUND: {"refunded"},
    Action.JOIN: {"waiting", "offered"},
    Action.LOOK: {"waiting", "offered", "confirmed", "lapsed", "left"},
}


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
            if attempt.status is not None and attempt.status >= 500 and attempt.status not in RETRIED:
                yield f"{whose} was answered {attempt}"
        yield from (f"{whose} {why}" for why in _untrue(request, fitting))


def _untrue(request: Request, fitting: Refusals) -> Iterator[str]:
    last, order = request.final, request.order
    if not last.definite:
        yield f"had no definite answer after {len(request.attempts)} attempts, at last {last}"
    elif last.granted:
        yield from _misfits(order, last)
    elif (last.status or 0) < 500 and (last.status, last.code) not in fitting.get(order.action, frozenset()):
        yield f"was answered {last}, which does not fit"
    if last.code == "all_held" and last.retry_after is None:
        yield "was told all_held without a Retry-After"


def _misfits(order: Order, answer: Attempt) -> Iterator[str]:
    status, name = GRANTED[order.action]
    if answer.status != status:
        yield f"was answered {answer} instead of {status}"
    if name is not None and answer.text(name) is None:
        yield f"was answered {answer} without a {name}"
    if name is not None and order.subject is not None and order.subject not in answer.said.values():
        yield f"asked about {order.subject} and was answered about something else"
    if len(order.lines) == 1 and answer.quantity not in (None, order.quantity):
        yield f"meant {order.quantity} and was told of {answer.quantity}"
    states = STATES.get(order.action)
    if states is not None and answer.text("state") not in states:
        yield f"was told the state {answer.text('state')}"
