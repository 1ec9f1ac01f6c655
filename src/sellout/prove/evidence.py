"""What a run saw: every word that passed between the buyers and the server. Values only, no judgement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from typing import Any, NamedTuple

from sellout.prove.readings import Audit, Books, Counters, Entry, Hold, Purchase

BOUGHT = 201
RETRIED = frozenset({429, 503})  # the server asks to come again; everything else is final


class Action(StrEnum):
    """What can be asked of the server; `wire.py` says how."""

    BUY = "buy"
    HOLD = "hold"
    PAY = "pay"
    CONFIRM = "confirm"
    RELEASE = "release"
    REFUND = "refund"
    JOIN = "join"
    LOOK = "look"
    LEAVE = "leave"
    BUY_BASKET = "buy_basket"
    HOLD_BASKET = "hold_basket"


class Line(NamedTuple):
    """So many units of one item."""

    item: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that a buyer asks for, under one key; a doubled one is sent twice at once.

    `subject` is the id of the hold, purchase or entry that it is about. `lines` are the units that it is about, also
    where the request does not name them again.
    """

    buyer: str
    key: str | None
    action: Action = Action.BUY
    lines: tuple[Line, ...] = ()
    subject: str | None = None
    payment_ref: str | None = None
    doubled: bool = False

    @property
    def copies(self) -> int:
        return 2 if self.doubled else 1

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request on the wire and its answer: `said` is the answer's JSON; `status` is None where no answer came."""

    started_at: float
    ended_at: float
    status: int | None
    said: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False
    retry_after: float | None = None
    failure: str | None = None

    @property
    def seconds(self) -> float:
        return self.ended_at - self.started_at

    @property
    def definite(self) -> bool:
        return self.status is not None and self.status not in RETRIED

    @property
    def granted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def acknowledged(self) -> bool:
        return self.status == BOUGHT and self.purchase_id is not None

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500 and self.definite

    def text(self, name: str) -> str | None:
        value = self.said.get(name)
        return value if isinstance(value, str) else None

    def whole(self, name: str) -> int | None:
        value = self.said.get(name)
        return value if isinstance(value, int) else None

    @property
    def code(self) -> str | None:
        return self.text("code")

    @property
    def purchase_id(self) -> str | None:
        return self.text("purchase_id")

    @property
    def quantity(self) -> int | None:
        return self.whole("quantity")

    @property
    def available(self) -> int | None:
        return self.whole("available")

    def __str__(self) -> str:
        if self.status is None:
            return f"no answer ({self.failure})" if self.failure else "no answer"
        return f"{self.status} {self.code}" if self.code else str(self.status)


@dataclass(frozen=True, slots=True)
class Request:
    """One copy of an order with all its attempts, the last of which is what the buyer went home with."""

    order: Order
    copy: int
    attempts: tuple[Attempt, ...]

    @property
    def final(self) -> Attempt:
        return self.attempts[-1]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the run's own items keep units for somebody, in seconds."""

    hold: int = 2
    payment: int = 2
    offer: int = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the verdict rests on.

    `own` says that nobody but this run's buyers used the items. Then the books' purchases are all that the
    items have; otherwise they are those of this run's buyers. `orders` are what was asked, whether or not an
    answer is known. From `calm_from` on no unit came back. `server_exit` is None where the server was not the
    run's to stop.
    """

    books: tuple[Books, ...]
    own: bool
    orders: tuple[Order, ...]
    requests: tuple[Request, ...]
    holds: tuple[Hold, ...] = ()
    entries: tuple[Entry, ...] = ()
    pace: Pace = field(default_factory=Pace)
    calm_from: float | None = None
    server_exit: int | None = None

    @property
    def only(self) -> Books:
        """The books of the one item that the run is about."""
        (books,) = self.books
        return books

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(books.item for books in self.books)

    @property
    def audit_before(self) -> Audit:
        return reduce(Audit.__add__, (books.audit_before for books in self.books))

    @property
    def before(self) -> Counters:
        return reduce(Counters.__add__, (books.before for books in self.books))

    @property
    def after(self) -> Counters:
        return reduce(Counters.__add__, (books.after for books in self.books))

    @property
    def audit_after(self) -> Audit:
        return reduce(Audit.__add__, (books.audit_after for books in self.books))

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        return tuple(purchase for books in self.books for purchase in books.purchases)

    def of(self, actions: Iterable[Action]) -> tuple[Request, ...]:
        """The requests that asked for one of these."""
        wanted = frozenset(actions)
        return tuple(request for request in self.requests if request.order.action in wanted)
