"""The store's clock as a stream tells it: a client's own may be wrong."""

import random
import time

import msgspec

from sellout.domain import MICROSECONDS, Instant
from sellout.http.live.events import comment, event, retry
from sellout.http.times import rfc3339

RETRY_MILLISECONDS = (1000, 2000)
"""Between these a client waits before it connects again: not all at once, where a server has gone."""


class StoreClock:
    """What time it is for the store, as far as its last reading tells."""

    def __init__(self) -> None:
        self._now: Instant = 0
        self._at = 0.0

    def saw(self, now: Instant) -> None:
        """The store has said what time it is."""
        self._now, self._at = now, time.monotonic()

    def first_words(self) -> bytes:
        """What a stream begins with."""
        return retry(random.randint(*RETRY_MILLISECONDS)) + self._event()  # noqa: S311 - it keeps no secret

    def keep_alive(self) -> bytes:
        """What a stream says when there is nothing else to say."""
        return comment("keep-alive") + self._event()

    def _event(self) -> bytes:
        now = self._now + round((time.monotonic() - self._at) * MICROSECONDS)
        return event("clock", msgspec.json.encode({"now": rfc3339(now)}).decode())
