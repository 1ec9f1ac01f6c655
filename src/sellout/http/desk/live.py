"""Live figures: fragments of the desk's pages, made on the server, told to whoever watches them.

A fragment is the same for everybody: it has no form and nothing of a session. A script puts each of its elements in
place of the one that has the same id.
"""

from collections.abc import Mapping

from sellout.domain import Snapshot
from sellout.http.desk.reading import ItemReading, Reader
from sellout.http.live.clock import StoreClock
from sellout.http.live.events import event
from sellout.http.live.feed import Feed, Pace, Read
from sellout.http.pages.rendering import render
from sellout.http.pages.words import STATES
from sellout.http.shop import Shop

PACE = Pace(interval_seconds=1.0, watches_max=100)

EVENT = "figures"


class LiveDesk:
    """A feed of all items' cards, and one for each item's own page. Each reads only while somebody watches it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._reader = Reader(shop)
        self._clock = StoreClock()
        self._cards = self._feed(self._tell_cards)
        self._pages: dict[str, Feed] = {}

    async def all_items(self) -> list[ItemReading]:
        """All items as they stand. Raises Busy and StoreUnavailable."""
        return await self._read(await self._shop.settled_items())

    async def item(self, item_id: str) -> ItemReading | None:
        """One item as it stands. Raises Busy and StoreUnavailable."""
        readings = await self._read(await self._shop.settled_item(item_id))
        return readings[0] if readings else None

    def feed_of(self, item_id: str | None) -> Feed:
        """What tells of one item that there is, or of all."""
        if item_id is None:
            return self._cards
        if item_id not in self._pages:
            self._pages[item_id] = self._feed(lambda: self._tell_page(item_id))
        return self._pages[item_id]

    def first_words(self) -> bytes:
        """What a stream begins with."""
        return self._clock.first_words()

    def _feed(self, read: Read) -> Feed:
        feed = Feed(read, self._clock.keep_alive, PACE)
        self._shop.feeds.append(feed)
        return feed

    async def _read(self, snapshot: Snapshot) -> list[ItemReading]:
        self._clock.saw(snapshot.now)
        return await self._reader.read(snapshot)

    async def _tell_cards(self) -> Mapping[str, bytes]:
        return {reading.item.id: fragment("card", reading) for reading in await self.all_items()}

    async def _tell_page(self, item_id: str) -> Mapping[str, bytes]:
        reading = await self.item(item_id)
        return {} if reading is None else {item_id: fragment("page", reading)}


def fragment(kind: str, reading: ItemReading) -> bytes:
    """An event that has the live elements of a card or of a page."""
    return event(EVENT, render(f"desk/live-{kind}.html", reading=reading, states=STATES))
