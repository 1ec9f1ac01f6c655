"""The routes of a rush without transport and commit: request to command, and outcome to answer. Pure functions."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sellout.domain import (
    Bought,
    Buy,
    Command,
    ConfirmHold,
    Held,
    Outcome,
    PayHold,
    Refused,
    Released,
    ReleaseHold,
    TakeHold,
)
from sellout.http.answers import NO_CONTENT, Answer, json_answer
from sellout.http.ids import new_id
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import OrderReader, read_key, read_nothing, read_payment_ref
from sellout.http.views import hold_view, purchase_view, ticket_view

BUY_TICKET = "/buy_ticket"
ITEMS = "/v1/items/"
HOLDS = "/v1/holds/"
TO_PURCHASES = "/purchases"
TO_HOLDS = "/holds"
TO_PAY = "/pay"
TO_CONFIRM = "/confirm"

REPLAYED = ("idempotent-replayed", "true")


class Headers(Protocol):
    """The headers of a request, in whatever form a server gives them; names in lower case."""

    def get(self, name: str, /) -> str | None: ...


Reading = Callable[[OrderReader, str, Headers, bytes], Command]
"""Makes the command of a request, from the id in its path. Raises BadRequest."""


class Order(NamedTuple):
    """A hot route that was asked for: the id of the item or hold in its path, and how it reads and answers."""

    subject_id: str
    read: Reading
    show: Callable[[Any], Answer]


def find_order(method: str, path: str, default_item_id: str) -> Order | None:
    """The hot route of a request, or None where the framework has to answer."""
    if path.startswith(HOLDS):
        return _find_on_hold(method, path)
    return _find_on_item(path, default_item_id) if method == "POST" else None


@lru_cache(maxsize=1024)  # a rush asks for few addresses
def _find_on_item(path: str, default_item_id: str) -> Order | None:
    if not path.startswith(ITEMS):
        return Order(default_item_id, read_buy, show_ticket) if path == BUY_TICKET else None
    for end, read, show in ((TO_PURCHASES, read_buy, show_purchase), (TO_HOLDS, read_take, show_hold)):
        if path.endswith(end):
            item_id = path[len(ITEMS) : -len(end)]
            return None if "/" in item_id else Order(item_id, read, show)
    return None


def _find_on_hold(method: str, path: str) -> Order | None:
    hold_id, slash, action = path[len(HOLDS) :].partition("/")
    order = _ON_HOLD.get((method, slash + action))
    return None if order is None or not hold_id else Order(hold_id, *order)


def show_outcome(order: Order, outcome: Outcome) -> Answer | Problem:
    """What the buyer is told."""
    return from_refusal(outcome) if type(outcome) is Refused else order.show(outcome)


# From requests to commands.


def read_buy(reader: OrderReader, item_id: str, headers: Headers, body: bytes) -> Buy:
    """Buy units of an item."""
    key = read_key(headers.get("idempotency-key"))
    buyer, quantity = reader.read(body, headers.get("content-type"))
    return Buy(new_id(), item_id, buyer, quantity, key)


def read_take(reader: OrderReader, item_id: str, headers: Headers, body: bytes) -> TakeHold:
    """Hold units of an item."""
    key = read_key(headers.get("idempotency-key"))
    buyer, quantity = reader.read(body, headers.get("content-type"))
    return TakeHold(new_id(), item_id, buyer, quantity, key)


def read_pay(_: OrderReader, hold_id: str, headers: Headers, body: bytes) -> PayHold:
    """Payment of a hold begins."""
    read_nothing(body, headers.get("content-type"))
    return PayHold(hold_id, read_key(headers.get("idempotency-key")))


def read_confirm(_: OrderReader, hold_id: str, headers: Headers, body: bytes) -> ConfirmHold:
    """A hold is paid."""
    key = read_key(headers.get("idempotency-key"))
    return ConfirmHold(hold_id, new_id(), read_payment_ref(body, headers.get("content-type")), key)


def read_release(_: OrderReader, hold_id: str, headers: Headers, body: bytes) -> ReleaseHold:
    """A hold is given back."""
    read_nothing(body, headers.get("content-type"))
    return ReleaseHold(hold_id)


# From outcomes to answers.


def show_ticket(bought: Bought) -> Answer:
    """A purchase from the default item, as the first version of this program answered."""
    return json_answer(200, ticket_view(bought.purchase), *replayed(bought.replayed))


def show_purchase(bought: Bought) -> Answer:
    """A purchase, and where it is to be found."""
    location = ("location", f"/v1/purchases/{bought.purchase.id}")
    return json_answer(201, purchase_view(bought.purchase), location, *replayed(bought.replayed))


def show_hold(held: Held) -> Answer:
    """A new hold, and where it is to be found."""
    location = ("location", f"{HOLDS}{held.hold.id}")
    return json_answer(201, hold_view(held.hold), location, *replayed(held.replayed))


def show_paying(held: Held) -> Answer:
    """The hold with its later deadline."""
    return json_answer(200, hold_view(held.hold), *replayed(held.replayed))


def show_confirmed(bought: Bought) -> Answer:
    """The purchase that the hold has become."""
    return json_answer(200, purchase_view(bought.purchase), *replayed(bought.replayed))


def show_released(_: Released) -> Answer:
    """There is nothing more to say."""
    return NO_CONTENT


def replayed(is_replay: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001 - as outcomes have it
    """The header that says that a key had this answer before."""
    return (REPLAYED,) if is_replay else ()


_ON_HOLD: dict[tuple[str, str], tuple[Reading, Callable[[Any], Answer]]] = {
    ("POST", TO_PAY): (read_pay, show_paying),
    ("POST", TO_CONFIRM): (read_confirm, show_confirmed),
    ("DELETE", ""): (read_release, show_released),
}
