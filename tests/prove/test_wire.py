"""Orders as requests: addresses and bodies of the contract."""

import pytest

from sellout.history.requests import Action, Line, Order
from sellout.prove.wire import Wire, wire_of

LINE = Line("a lamp", 2)


@pytest.mark.parametrize(
    ("action", "path"),
    [
        (Action.BUY, "/v1/items/a%20lamp/purchases"),
        (Action.HOLD, "/v1/items/a%20lamp/holds"),
        (Action.JOIN, "/v1/items/a%20lamp/waitlist"),
    ],
)
def test_units_of_one_item_are_asked_for_by_its_address(action: Action, path: str) -> None:
    order = Order("ann", "key", action, (LINE,))
    assert wire_of(order) == Wire("POST", path, {"buyer": "ann", "quantity": 2})


@pytest.mark.parametrize(
    ("action", "path"), [(Action.BUY_BASKET, "/v1/baskets/purchases"), (Action.HOLD_BASKET, "/v1/baskets/holds")]
)
def test_a_basket_names_its_items(action: Action, path: str) -> None:
    lines = [{"item": "a lamp", "quantity": 2}, {"item": "b", "quantity": 1}]
    assert wire_of(Order("ann", "key", action, (LINE, Line("b")))) == Wire(
        "POST", path, {"buyer": "ann", "lines": lines}
    )


@pytest.mark.parametrize(
    ("action", "wire"),
    [
        (Action.PAY, Wire("POST", "/v1/holds/x%2F1/pay")),
        (Action.CONFIRM, Wire("POST", "/v1/holds/x%2F1/confirm", {"payment_ref": "paid"})),
        (Action.RELEASE, Wire("DELETE", "/v1/holds/x%2F1")),
        (Action.REFUND, Wire("POST", "/v1/purchases/x%2F1/refund")),
        (Action.LOOK, Wire("GET", "/v1/waitlist/x%2F1")),
        (Action.LEAVE, Wire("DELETE", "/v1/waitlist/x%2F1")),
    ],
)
def test_what_is_there_is_asked_for_by_its_id(action: Action, wire: Wire) -> None:
    assert wire_of(Order("ann", "key", action, (LINE,), subject="x/1", payment_ref="paid")) == wire


def test_a_confirmation_may_name_no_payment() -> None:
    assert wire_of(Order("ann", "key", Action.CONFIRM, (LINE,), subject="x")).body == {}
