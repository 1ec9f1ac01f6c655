"""How an order is put to the server: method, path and body. Pure."""

from typing import Any, NamedTuple
from urllib.parse import quote

from sellout.history.requests import Action, Line, Order


class Wire(NamedTuple):
    """A request without its host and headers."""

    method: str
    path: str
    body: dict[str, Any] | None = None


def wire_of(order: Order) -> Wire:
    """The request that asks for this order."""
    if order.subject is not None:
        return _about(order, quote(order.subject, safe=""))
    if order.action in (Action.BUY_BASKET, Action.HOLD_BASKET):
        kind = "purchases" if order.action is Action.BUY_BASKET else "holds"
        lines = [line._asdict() for line in order.lines]
        return Wire("POST", f"/v1/baskets/{kind}", {"buyer": order.buyer, "lines": lines})
    kind = {Action.BUY: "purchases", Action.HOLD: "holds", Action.JOIN: "waitlist"}[order.action]
    (line,) = order.lines
    return Wire("POST", item_path(line, kind), {"buyer": order.buyer, "quantity": line.quantity})


def item_path(line: Line, *rest: str) -> str:
    """The address of an item, or of something below it."""
    return "/".join(("/v1/items", quote(line.item, safe=""), *rest))


def _about(order: Order, subject: str) -> Wire:
    match order.action:
        case Action.PAY:
            return Wire("POST", f"/v1/holds/{subject}/pay")
        case Action.CONFIRM:
            body = {} if order.payment_ref is None else {"payment_ref": order.payment_ref}
            return Wire("POST", f"/v1/holds/{subject}/confirm", body)
        case Action.RELEASE:
            return Wire("DELETE", f"/v1/holds/{subject}")
        case Action.REFUND:
            return Wire("POST", f"/v1/purchases/{subject}/refund")
        case Action.LEAVE:
            return Wire("DELETE", f"/v1/waitlist/{subject}")
        case _:
            return Wire("GET", f"/v1/waitlist/{subject}")
