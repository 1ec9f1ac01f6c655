"""What customers asked and were answered, as values: orders, attempts on the wire, and requests. No judgement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

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

    @property
    def unknown(self) -> bool:
        """Whether it may have been granted all the same: no answer came, or one of a server in trouble."""
        return self.status is None or self.status >= 500

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

    @property
    def told(self) -> bool:
        """Whether the buyer went home with a definite answer."""
        return self.final.granted or self.final.refused

    @property
    def settled(self) -> bool:
        """Whether that answer tells what became of all attempts.

        It does where they have a key, or are about one thing: then only one of them has changed anything.
        """
        once = self.order.key is not None or self.order.subject is not None
        return self.told and (once or not any(attempt.unknown for attempt in self.attempts))
