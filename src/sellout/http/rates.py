"""How often one client may ask: by its address, by the buyer that it names, and for holds. Beyond it there is 429.

Each worker counts by itself and in memory: these limits keep abuse away, and promise nothing to anybody. What must be
exact, the limit per buyer, is the decision's.
"""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from sellout.domain import ANONYMOUS, Command, HoldBasket, JoinWaitlist, TakeHold
from sellout.http.problems import Problem
from sellout.http.requests import BadRequest
from sellout.settings import Settings

FREE = ("/livez", "/readyz", "/metrics", "/static/")
"""What machines ask, and what browsers keep, is not counted."""


class Rates:
    """The rates that the settings give; where they give none, nothing is counted."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._per_address = _rate(settings.rate_per_address)
        self._per_buyer = _rate(settings.rate_per_buyer)
        self._holds = _rate(settings.rate_of_holds)
        self.by_address = self._per_address is not None
        self.by_buyer = self._per_buyer is not None or self._holds is not None

    def check_address(self, address: str, path: str) -> None:
        """Count a request of a client's. Raises BadRequest (429)."""
        if self._per_address is not None and not path.startswith(FREE):
            self._count(self._per_address, "You send", "address", address)

    def check_buyer(self, command: Command) -> None:
        """Count a command of a buyer's. Raises BadRequest (429). Who gives no name is counted by address only."""
        buyer = getattr(command, "buyer", ANONYMOUS)
        if buyer == ANONYMOUS:
            return
        whose = "proven" if getattr(command, "proven", None) else "named"  # nobody uses up what is another's
        if self._per_buyer is not None:
            self._count(self._per_buyer, "This buyer sends", whose, buyer)
        if self._holds is not None:
            for item_id in _held(command):
                self._count(self._holds, "This buyer takes holds of this item in", f"holds {whose}", item_id, buyer)

    def _count(self, rate: RateLimitItem, who: str, *key: str) -> None:
        if self._limiter.hit(rate, *key):
            return
        reset_at = self._limiter.get_window_stats(rate, *key).reset_time
        seconds = max(1, math.ceil(reset_at - time.time()))
        raise BadRequest(Problem("rate_limited", f"{who} more requests than {rate}.", retry_after=seconds))


def _rate(text: str | None) -> RateLimitItem | None:
    return None if text is None else parse(text)


def _held(command: Command) -> set[str]:
    """The items of which a command may take a hold: who joins a waiting list has one at once where units are free."""
    match command:
        case TakeHold() | JoinWaitlist():
            return {command.item_id}
        case HoldBasket():
            return {line.item_id for line in command.lines}
        case _:
            return set()
