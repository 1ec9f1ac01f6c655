"""The routes of a rush without transport and commit: request to command, and outcome to answer. Pure functions."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

from sellout.domain import Bought, Buy, Outcome, Purchase, Refused
from sellout.http.answers import Answer, json_answer
from sellout.http.ids import new_id
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import OrderReader, read_key
from sellout.http.views import purchase_view, ticket_view

BUY_TICKET = "/buy_ticket"
ITEMS = "/v1/items/"
PURCHASES = "/purchases"

_REPLAYED = ("idempotent-replayed", "true")


class Headers(Protocol):
    """The headers of a request, in whatever form a server gives them; names in lower case."""

    def get(self, name: str, /) -> str | None: ...


class Order(NamedTuple):
    """A hot route that was asked for: the item it sells, and how it shows a purchase."""

    item_id: str
    show: Callable[[Purchase, bool], Answer]


@lru_cache(maxsize=1024)  # a rush asks for few addresses
def find_order(method: str, path: str, default_item_id: str) -> Order | None:
    """The hot route of a request, or None where the framework has to answer."""
    if method != "POST":
        return None
    if path.startswith(ITEMS) and path.endswith(PURCHASES):
        item_id = path[len(ITEMS) : -len(PURCHASES)]
        return None if "/" in item_id else Order(item_id, show_purchase)
    return Order(default_item_id, show_ticket) if path == BUY_TICKET else None


def read_order(reader: OrderReader, item_id: str, headers: Headers, body: bytes) -> Buy:
    """The command of a request. Raises BadRequest."""
    key = read_key(headers.get("idempotency-key"))
    buyer, quantity = reader.read(body, headers.get("content-type"))
    return Buy(new_id(), item_id, buyer, quantity, key)


def show_outcome(order: Order, outcome: Outcome) -> Answer | Problem:
    """What the buyer is told."""
    if type(outcome) is Bought:
        return order.show(*outcome)
    assert isinstance(outcome, Refused)  # noqa: S101 - an order is bought or refused
    return from_refusal(outcome)


def show_ticket(purchase: Purchase, replayed: bool) -> Answer:  # noqa: FBT001 - as Bought has it
    """A purchase from the default item, as the first version of this program answered."""
    return json_answer(200, ticket_view(purchase), *((_REPLAYED,) if replayed else ()))


def show_purchase(purchase: Purchase, replayed: bool) -> Answer:  # noqa: FBT001 - as Bought has it
    """A purchase, and where it is to be found."""
    location = ("location", f"/v1/purchases/{purchase.id}")
    return json_answer(201, purchase_view(purchase), location, *((_REPLAYED,) if replayed else ()))
