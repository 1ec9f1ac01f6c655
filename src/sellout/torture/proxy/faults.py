"""What can go wrong with a request on its way, and what did: values. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Nothing:
    """All goes well."""


@dataclass(frozen=True, slots=True)
class ResetBefore:
    """The connection is reset, and nothing of the request has passed."""


@dataclass(frozen=True, slots=True)
class ResetInRequest:
    """The connection is reset when this share of the request's bytes has passed."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class ResetAfter:
    """The connection is reset as soon as the whole request has passed: the server is still at it."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The server has answered; the client gets a reset instead."""


@dataclass(frozen=True, slots=True)
class AnswerTorn:
    """The client gets this share of the answer's bytes, and then a reset."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class AnswerDelayed:
    """The answer comes so much later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AnswerTrickled:
    """The answer comes in drops of so many bytes, with so long a pause before each."""

    drop_bytes: int = 64
    pause_seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class Duplicated:
    """The same bytes arrive a second time, over a connection of their own; the client gets one of the two answers."""

    after_seconds: float = 0.0
    shown: Literal["original", "copy"] = "original"


Fault = (
    Nothing
    | ResetBefore
    | ResetInRequest
    | ResetAfter
    | AnswerLost
    | AnswerTorn
    | AnswerDelayed
    | AnswerTrickled
    | Duplicated
)

NAMES: dict[type, str] = {
    ResetBefore: "reset before the request",
    ResetInRequest: "reset in the request",
    ResetAfter: "reset after the request",
    AnswerLost: "answer lost",
    AnswerTorn: "answer torn",
    AnswerDelayed: "answer delayed",
    AnswerTrickled: "answer trickled",
    Duplicated: "request duplicated",
}
"""What each is called in a report."""

PARTITION, RESET_ALL, SLOW = "partition", "connections reset", "slow network"
"""What is switched for all connections at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as the choice of its fault may depend on it."""

    number: int
    """Which request through this proxy it is; 1 is the first. It depends on who comes first, unlike the rest."""
    method: str
    path: str
    key: str | None
    """Its Idempotency-Key."""
    attempt: int
    """How often the same method, path and key have been asked for, with this time."""


Choose = Callable[[Asked], Fault]
"""Says what becomes of a request. Pure: the same request meets the same fault in every run of a seed."""


def nothing(_: Asked) -> Fault:
    """For who wants no faults but those that are switched."""
    return Nothing()


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault that really was: noted when it has come to be, not when it was chosen. Times are time.monotonic()."""

    kind: str
    started_at: float
    ended_at: float
    what: str = ""
    """The request that met it."""
