"""The rule that every request ends in one definite answer that fits what was asked. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from sellout.history.history import History
from sellout.history.requests import RETRIED, Action, Attempt, Order, Request
from sellout.history.rules.replays import by_key, by_request

Refusals = Mapping[Action, frozenset[tuple[int, str]]]

STOCK = frozenset({(410, "sold_out"), (409, "not_enough_left"), (409, "all_held")})
KEY_REUSED = frozenset({(422, "key_reused")})
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


REFUSALS: Refusals = {
    **dict.fromkeys((Action.BUY, Action.HOLD, Action.BUY_BASKET, Action.HOLD_BASKET), STOCK | {(409, "limit_reached")}),
    Action.JOIN: frozenset({(409, "limit_reached")}),
    Action.PAY: EXPIRED | {(409, "already_confirmed"), (409, "hold_released")},
    Action.CONFIRM: EXPIRED | {(409, "already_confirmed"), (409, "hold_released"), (409, "payment_ref_in_use")},
    Action.RELEASE: EXPIRED | {(409, "already_confirmed")},
    Action.LEAVE: frozenset({(409, "already_confirmed")}),
    Action.REFUND: frozenset({(409, "already_refunded")}),
}
"""What an order that is well put can be refused with while the sale is open."""


def every_request_settled(history: History) -> Iterator[str]:
    """Every request that has a key ended in one definite answer, and every answer fits what was asked.

    An unknown outcome is not the last word: with its key the request is sent again until there is a granted or refused
    answer. Promises 4 and 5: nothing is lost, and a server in trouble says so by 503 alone. Where a key was sent with
    different requests, all but one of them are refused.
    """
    reused = _reused(history.requests)
    for request in history.requests:
        whose = f"{request.order.buyer} asked to {request.order.action.replace('_', ' a ')} and"
        yield from (f"{whose} was answered {attempt}" for attempt in request.attempts if is_failure(attempt))
        if request.order.key is not None or request.final.definite:
            fitting = _fitting(history, request.order)
            if (request.order.buyer, request.order.key) in reused:
                fitting = {action: codes | KEY_REUSED for action, codes in fitting.items()}
            yield from (f"{whose} {why}" for why in untrue(request, fitting))


def _reused(requests: Iterable[Request]) -> frozenset[tuple[str, str]]:
    """The (buyer, key) pairs that were sent with different requests."""
    return frozenset(whose for whose, found in by_key(requests).items() if len(by_request(found)) > 1)


def _fitting(history: History, order: Order) -> Refusals:
    """What fits an order; one for more than is allowed, or by nobody where there is a limit, must be refused."""
    terms = {item.item: item for item in history.items}
    asked = [(terms[line.item], line.quantity) for line in order.lines if line.item in terms]
    if any(quantity > item.max_per_order or (item.limit_per_buyer and not order.buyer) for item, quantity in asked):
        return {order.action: frozenset({(422, "invalid_request")})}
    return REFUSALS


def is_failure(attempt: Attempt) -> bool:
    """Whether a server has failed in a way that it must not: with an error that does not ask to come again."""
    return attempt.status is not None and attempt.status >= 500 and attempt.status not in RETRIED


def untrue(request: Request, fitting: Refusals) -> Iterator[str]:
    """Why what a buyer went home with is not one definite answer that fits what was asked."""
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
