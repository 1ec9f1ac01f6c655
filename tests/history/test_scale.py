"""A long history is checked without looking at every pair of its things."""

import sys
from dataclasses import dataclass, field

from sellout.history.check import check
from sellout.history.history import Delivery, History, Item, Observation
from sellout.history.kept import Kept, KeptHold, KeptItem, KeptPurchase, Movement
from sellout.history.requests import Action, Attempt, Line, Order, Request
from sellout.history.timeline import Pace

FEW, MANY = 250, 2000
GROWTH_MAX = 1.3
"""Of the calls for each buyer from few to many: a rule that looks at every pair has eight times as many."""


def long_history(count: int) -> History:
    """A rush: all ask at one instant, a third holds and confirms, and one in ten of all is refused."""
    made = _Made()
    for number in range(count):
        made.buyer(number, count)
    sold = sum(row.quantity for row in made.purchases)
    capacity = sold
    restock = Movement(0, "a", "restock", capacity, 0, 0, 0)
    return History(
        items=(Item("a", capacity, None, 4, Pace(600, 600, 600)),),
        requests=tuple(made.requests),
        observations=tuple(made.looks),
        kept=Kept(
            items=(KeptItem("a", capacity, sold, 0),),
            purchases=tuple(made.purchases),
            holds=tuple(made.holds),
            entries=(),
            keys=(),
            late_payments=(),
            movements=(restock, *made.movements),
        ),
        deliveries=(*made.deliveries, Delivery("evt_sold_out", "item.sold_out", "a", "a")),
        drained=True,
    )


@dataclass
class _Made:
    requests: list[Request] = field(default_factory=list)
    looks: list[Observation] = field(default_factory=list)
    purchases: list[KeptPurchase] = field(default_factory=list)
    holds: list[KeptHold] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def buyer(self, number: int, count: int) -> None:
        name, answered = f"buyer-{number}", 10.0 + number / count
        if number % 10 == 9:
            self._ask(name, "refused", Action.BUY, answered + 90, 410, {"code": "sold_out"}, departed=99.0)
        elif number % 3 == 0:
            self._hold(number, name, answered)
        else:
            self._sell(number, name, f"{name}-buy", None)
            said = {"purchase_id": f"p-{number}", "item": "a", "quantity": 1, "state": "sold"}
            self._ask(name, "buy", Action.BUY, answered, 201, said)

    def _hold(self, number: int, name: str, answered: float) -> None:
        at = 1_000_000 * number
        ends = at + 600_000_000
        self.holds.append(KeptHold(f"h-{number}", "a", name, 1, f"{name}-hold", at, ends, "confirmed", at))
        self._move(number, "hold", held=1)
        self._move(number, "confirm", held=-1)
        self._sell(number, name, f"{name}-confirm", f"h-{number}")
        said = {"hold_id": f"h-{number}", "item": "a", "quantity": 1, "state": "held"}
        self._ask(name, "hold", Action.HOLD, answered, 201, said)
        sold = {"purchase_id": f"p-{number}", "hold_id": f"h-{number}", "item": "a", "quantity": 1, "state": "sold"}
        self._ask(name, "confirm", Action.CONFIRM, answered, 200, sold, subject=f"h-{number}")

    def _sell(self, number: int, name: str, key: str, hold_id: str | None) -> None:
        self.purchases.append(KeptPurchase(f"p-{number}", "a", name, 1, key, 1_000_000 * number, None, hold_id))
        self._move(number, "buy", sold=1)
        self.deliveries.append(Delivery(f"evt_{number}", "purchase.created", "a", f"p-{number}"))

    def _move(self, number: int, kind: str, *, sold: int = 0, held: int = 0) -> None:
        subject = {"purchase_id": f"p-{number}"} if sold else {"hold_id": f"h-{number}"}
        no = len(self.movements) + 1
        self.movements.append(Movement(no, "a", kind, 0, sold, held, 1_000_000 * number + 1, **subject))

    def _ask(
        self, name: str, key: str, action: Action, answered: float, status: int, said: dict[str, object],
        *, departed: float = 10.0, subject: str | None = None,
    ) -> None:  # fmt: skip
        order = Order(name, f"{name}-{key}", action, (Line("a"),), subject)
        self.requests.append(Request(order, 0, (Attempt(departed, answered, status, said),)))


def calls_of(history: History) -> int:
    """How many functions were called, and generators gone on with, to check it."""
    calls = 0

    def count(_frame: object, event: str, _: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        assert check(history).broken == ()
    finally:
        sys.setprofile(None)
    return calls


def test_eight_times_as_many_buyers_take_eight_times_as_many_steps() -> None:
    few, many = (calls_of(long_history(buyers)) / buyers for buyers in (FEW, MANY))
    assert many < GROWTH_MAX * few
