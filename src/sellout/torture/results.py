"""What a finished round has seen, as plain values for whoever shows it: the report's page, the terminal, JSON.

Pure. Every time is in seconds since the round began, by the driver's own clock.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from sellout.history.verdict import Verdict

ANSWER_LOST = "no answer"


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """One fault that was planned. `ended_at` is None where it is one instant.

    `fired` says whether it is known to have happened; `words` say what it was, in a few words for people.
    """

    kind: str
    words: str
    started_at: float
    ended_at: float | None = None
    fired: bool = True


class Answer(NamedTuple):
    """One attempt of a request: `answer` is as in `201`, `410 sold_out` or `no answer`."""

    started_at: float
    ended_at: float
    answer: str
    granted: bool = False
    unknown: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One copy of a request with all its attempts, the last of which is what its buyer went home with."""

    buyer: str
    action: str
    item: str
    quantity: int
    attempts: tuple[Answer, ...]

    @property
    def final(self) -> Answer:
        return self.attempts[-1]

    @property
    def was_unknown(self) -> bool:
        """Whether its buyer could not tell for a while what had become of it."""
        return any(attempt.unknown for attempt in self.attempts)


class Level(NamedTuple):
    """An item as somebody who looked saw it."""

    at: float
    item: str
    capacity: int
    sold: int
    held: int


class Life(NamedTuple):
    """The server from when it answered until it ended; `exit_code` is negative where a signal has ended it."""

    started_at: float
    ended_at: float
    exit_code: int


@dataclass(frozen=True, slots=True)
class RoundResult:
    """One round. `repeat` is the command that plays the same plan again; `kept` is where a broken one's history is."""

    number: int
    seed: int
    engine: str
    plan: str
    repeat: str
    faults: tuple[FaultSeen, ...]
    requests: tuple[RequestSeen, ...]
    levels: tuple[Level, ...]
    lives: tuple[Life, ...]
    verdict: Verdict
    seconds: float
    capacity: int
    sold: int
    kept: str | None = None

    @property
    def exact(self) -> bool:
        return self.verdict.exact

    @property
    def attempts(self) -> int:
        return sum(len(request.attempts) for request in self.requests)

    @property
    def unknown(self) -> int:
        """Requests whose outcome was unknown for a while."""
        return sum(request.was_unknown for request in self.requests)

    @property
    def unresolved(self) -> int:
        """Requests whose outcome nobody ever knew."""
        return sum(request.final.unknown for request in self.requests)

    @property
    def fired(self) -> Counter[str]:
        """How many faults of each kind are known to have happened."""
        return Counter(fault.kind for fault in self.faults if fault.fired)

    @property
    def missed(self) -> Counter[str]:
        """How many faults of each kind were planned and did not happen."""
        return Counter(fault.kind for fault in self.faults if not fault.fired)


@dataclass(frozen=True, slots=True)
class Results:
    """The rounds that were played to their end, in that order, and how many were wanted.

    `could_not` says why there are no more of them, where something kept a round from being played.
    """

    rounds: tuple[RoundResult, ...]
    wanted: int
    seconds: float
    could_not: str | None = None

    @property
    def exact(self) -> bool:
        return all(each.exact for each in self.rounds)

    @property
    def broken(self) -> tuple[RoundResult, ...]:
        return tuple(each for each in self.rounds if not each.exact)

    @property
    def requests(self) -> int:
        return sum(len(each.requests) for each in self.rounds)

    @property
    def unknown(self) -> int:
        return sum(each.unknown for each in self.rounds)

    @property
    def unresolved(self) -> int:
        return sum(each.unresolved for each in self.rounds)

    @property
    def sold(self) -> int:
        return sum(each.sold for each in self.rounds)

    @property
    def capacity(self) -> int:
        return sum(each.capacity for each in self.rounds)

    @property
    def fired(self) -> Counter[str]:
        return sum((each.fired for each in self.rounds), Counter[str]())

    @property
    def missed(self) -> Counter[str]:
        return sum((each.missed for each in self.rounds), Counter[str]())
