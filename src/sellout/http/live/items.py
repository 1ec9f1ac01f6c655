"""The live items: what the feed tells of them is what GET /v1/items/{id} shows, whenever that changes."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from sellout.domain import Snapshot
from sellout.http.live.clock import StoreClock
from sellout.http.live.events import event
from sellout.http.live.feed import Feed, Pace
from sellout.http.views import item_view


class LiveItems:
    """All items, told to whoever watches one or all of them; and what time it is for the store."""

    def __init__(self, read: Callable[[], Awaitable[Snapshot]], pace: Pace) -> None:
        self._read = read
        self._clock = StoreClock()
        self.feed = Feed(self._events, self._clock.keep_alive, pace)

    def first_words(self) -> bytes:
        """What a stream begins with."""
        return self._clock.first_words()

    async def _events(self) -> Mapping[str, bytes]:
        snapshot = await self._read()
        self._clock.saw(snapshot.now)
        return {item.id: event("item", _json(item_view(item, snapshot.now))) for item in snapshot.items}


def _json(view: object) -> str:
    return msgspec.json.encode(view).decode()
