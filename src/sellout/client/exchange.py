"""One call, from its first request to its answer: what to send, when to send it again, when to give up. No IO.

`exchange` is a generator: it yields `Send` and gets an `Answer` or `Lost` for it, yields `Pause` and gets nothing, and
returns the result or raises a SelloutError. Whoever runs it does the sending and the sleeping, with or without `await`.
"""

import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from sellout.client.answers import Answer, Lost, read_answer
from sellout.client.errors import InternalError, SelloutError, Unavailable
from sellout.client.keys import check_key, new_key
from sellout.client.refusals import AllHeld

T = TypeVar("T")

SEND_SECONDS_MIN = 0.001
"""A try that begins at the very end of its time gets this much, because HTTP libraries take 0 for no limit."""

_AGAIN_LATER = {0, 429, 502, 503, 504}
_AGAIN_UNDER_A_KEY = {500}


@dataclass(frozen=True)
class Retries:
    """How long a call is tried: `tries` requests at most, within `seconds` in all.

    Between two tries it pauses for a random part of `pause_first` seconds, then of twice that, and so on up to
    `pause_max`; after the server's Retry-After, where it gave one. Raises ValueError where there is no sense in it.
    """

    tries: int = 20
    seconds: float = 30.0
    pause_first: float = 0.1
    pause_max: float = 5.0

    def __post_init__(self) -> None:
        if self.tries < 1 or self.seconds <= 0 or self.pause_first < 0 or self.pause_max < self.pause_first:
            raise ValueError(f"cannot be: {self}")

    def pause_bound(self, failed: int) -> float:
        """The longest pause after so many failed tries, in seconds."""
        return min(self.pause_max, self.pause_first * 2.0 ** min(failed - 1, 62))


@dataclass(frozen=True)
class Means:
    """Time in seconds, a random number from 0 to 1, and new keys; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    new_key: Callable[[], str] = new_key


@dataclass(frozen=True)
class Call(Generic[T]):
    """What is asked of the server, and how its success is read.

    `keyed`: the request takes an idempotency key; without a `key` one is made. `organiser`: it needs the organiser key.
    `organiser_if_any`: it gets more with one.
    `wait_seconds`: how long it may wait while all units are held. `instead`: results for some refusals, by their code.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    body: bytes | None = None
    keyed: bool = False
    key: str | None = None
    organiser: bool = False
    organiser_if_any: bool = False
    wait_seconds: float = 0.0
    instead: Mapping[str, T] = field(default_factory=dict)

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice is the same as sending it once."""
        return self.keyed or self.method == "GET"


class Send(NamedTuple):
    """A request to send; `path` begins with a slash. No answer within `seconds` means `Lost`."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    seconds: float


class Pause(NamedTuple):
    """A time to sleep, in seconds, and why."""

    seconds: float
    after: SelloutError


Exchange = Generator[Send | Pause, Answer | Lost | None, T]


def exchange(call: Call[T], headers: Mapping[str, str], seconds: float, retries: Retries, means: Means) -> Exchange[T]:
    """Ask until there is a definite answer. `headers` go with every request; a try may take `seconds`.

    Raises ValueError for a key that cannot be one, before anything is sent, and SelloutError.
    """
    key = _key_of(call, means)
    complete = {**headers, **_headers_of(call, key)}
    patience = _Patience(call, retries, means)
    while True:
        answer = yield Send(call.method, call.path, complete, call.body, patience.time_for_a_try(seconds))
        patience.tries += 1
        got = read_answer(call.read, answer, key, patience.tries)
        if not isinstance(got, SelloutError):
            return got
        if got.code in call.instead:
            return call.instead[got.code]
        pause = patience.pause_after(got)
        if pause is None:
            raise got from (answer.error if isinstance(answer, Lost) else None)
        yield Pause(pause, got)


def _key_of(call: Call[T], means: Means) -> str | None:
    if not call.keyed:
        return None
    return means.new_key() if call.key is None else check_key(call.key)


def _headers_of(call: Call[T], key: str | None) -> dict[str, str]:
    headers = {} if call.body is None else {"Content-Type": "application/json"}
    return headers if key is None else headers | {"Idempotency-Key": quoted(key)}


def quoted(key: str) -> str:
    """A key as a string of structured fields (RFC 8941): no server can take its spaces or quotes for its own."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Patience:
    """How much longer one call may go on."""

    def __init__(self, call: Call[T], retries: Retries, means: Means) -> None:
        self.tries = 0
        self._call = call
        self._retries = retries
        self._means = means
        self._failed = 0
        self._ends = means.now() + retries.seconds
        self._waits_until = means.now() + call.wait_seconds

    def time_for_a_try(self, seconds: float) -> float:
        """How many seconds the next try may take."""
        return max(SEND_SECONDS_MIN, min(seconds, self._ends - self._means.now()))

    def pause_after(self, error: SelloutError) -> float | None:
        """How many seconds to sleep before the next try; None where there is none."""
        if isinstance(error, AllHeld):
            return self._wait_for_units(error.retry_after)
        self._failed += 1
        if not isinstance(error, Unavailable) or not self._helps(error) or self._failed >= self._retries.tries:
            return None
        pause = (error.retry_after or 0) + self._spread(self._failed)
        return pause if self._means.now() + pause < self._ends else None

    def _helps(self, error: Unavailable) -> bool:
        """Whether asking again may bring something else, and cannot do anything twice."""
        if isinstance(error, InternalError):
            return self._call.keyed and error.status in _AGAIN_UNDER_A_KEY
        return self._call.repeatable and error.status in _AGAIN_LATER

    def _wait_for_units(self, retry_after: int) -> float | None:
        """Waits for the earliest hold to end, if the caller wants to. The server answers: failures count anew."""
        now = self._means.now()
        left = self._waits_until - now
        if retry_after > left:
            return None
        pause = min(left, retry_after + self._spread(1))
        self._failed = 0
        self._ends = now + pause + self._retries.seconds
        return pause

    def _spread(self, failed: int) -> float:
        """Full jitter, so that those who failed together do not come back together."""
        return self._means.chance() * self._retries.pause_bound(failed)
