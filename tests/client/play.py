"""An exchange played with answers from a script, in a time that only the script moves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sellout.client.answers import Answer, Lost
from sellout.client.exchange import Call, Means, Pause, Retries, Send, exchange

T = TypeVar("T")

KEY = "the-new-key"
SECONDS = 10.0
"""What one try may take."""

PURCHASE = {
    "purchase_id": "p-1", "item": "item-a", "quantity": 1, "buyer": None,
    "purchased_at": "2027-01-31T19:00:00.000000Z", "state": "sold",
}  # fmt: skip
BOUGHT = Answer(201, {}, json.dumps(PURCHASE).encode())
LOST = Lost("the connection broke", ConnectionError("the connection broke"))


def problem(status: int, code: str, **members: Any) -> Answer:
    """A problem document as the server sends it."""
    document = {"code": code, "status": status, "detail": "So it is.", "request_id": "r-1", **members}
    headers = {"retry-after": str(members["retry_after"])} if "retry_after" in members else {}
    return Answer(status, headers, json.dumps(document).encode())


@dataclass
class Play:
    """What an exchange did. `chance` is what it draws; a try takes `takes` seconds."""

    chance: float = 1.0
    takes: float = 0.0
    now: float = 1000.0
    sent: list[Send] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    made: int = 0

    def run(self, call: Call[T], answers: Sequence[Answer | Lost], retries: Retries | None = None) -> T:
        """The result. Raises what the exchange raises, and IndexError where it asks more often than is told."""
        left = list(answers)
        steps = exchange(call, {"User-Agent": "test"}, SECONDS, retries or Retries(), self._means())
        told: Answer | Lost | None = None
        try:
            while True:
                step = steps.send(told)
                told = self._do(step, left)
        except StopIteration as end:
            assert not left, "it asked less often than it should"
            result: T = end.value
            return result

    def _means(self) -> Means:
        return Means(lambda: self.now, lambda: self.chance, self._new_key)

    def _new_key(self) -> str:
        self.made += 1
        return KEY

    def _do(self, step: Send | Pause, left: list[Answer | Lost]) -> Answer | Lost | None:
        if isinstance(step, Pause):
            self.pauses.append(step.seconds)
            self.now += step.seconds
            return None
        self.sent.append(step)
        self.now += self.takes
        return left.pop(0)
