"""What those on a waiting list were told: when they joined, what they saw there, what they were offered. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any, Protocol

from sellout.history.requests import Action, Attempt, Line, Request
from sellout.history.told import ToldHold, Window, Windows, granted, with_ways

ON_LIST = "waiting"
OFFERED = "offered"


class Seen(Protocol):
    """What is known of a run: all requests, and by the books after it which hold each entry was offered."""

    @property
    def requests(self) -> Sequence[Request]: ...

    @property
    def offered(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """An entry as it was shown at some moment of the window."""

    window: Window
    state: str | None
    hold_id: str | None
    offered_until: datetime | None


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """`offered` is when the offer was made, `left` when its buyer gave place or offer up, as far as was told."""

    entry_id: str
    buyer: str
    line: Line
    joined: Window
    sightings: tuple[Sighting, ...]
    offered: Window | None = None
    left: Window | None = None

    @property
    def hold_id(self) -> str | None:
        return next((seen.hold_id for seen in self.sightings if seen.hold_id is not None), None)

    @property
    def waited_until(self) -> float:
        """When it certainly waited still: the last look that found it so left then."""
        looks = [seen.window.earliest for seen in self.sightings if seen.state == ON_LIST]
        return max(looks, default=self.joined.earliest)

    @property
    def last_offered(self) -> float:
        """When it was certainly still offered: the last look that found it so left then."""
        return max((seen.window.earliest for seen in self.sightings if seen.state == OFFERED), default=0.0)

    @property
    def offered_until(self) -> datetime | None:
        """The offer's deadline as it was first told, before beginning to pay could move it."""
        return min((seen.offered_until for seen in self.sightings if seen.offered_until is not None), default=None)


def entries_told(requests: Sequence[Request]) -> dict[str, ToldEntry]:
    """By entry."""
    found: dict[str, ToldEntry] = {}
    sightings, left = defaultdict[str, list[Sighting]](list), dict[str, Window]()
    windows = Windows(requests)
    for request, answer in granted(requests):
        order, window = request.order, windows.of(request)
        if order.action is Action.JOIN and (entry_id := answer.text("entry_id")) is not None:
            joined = found[entry_id].joined.joined(window) if entry_id in found else window
            found[entry_id] = ToldEntry(entry_id, order.buyer, order.lines[0], joined, ())
            sightings[entry_id].append(_sighting(window, answer))
        elif order.action is Action.LOOK:
            sightings[order.subject or ""].append(_sighting(window, answer))
        elif order.action is Action.LEAVE:
            left[order.subject or ""] = window
    return {
        entry_id: _seen(replace(entry, left=left.get(entry_id)), sightings[entry_id])
        for entry_id, entry in found.items()
    }


def _seen(entry: ToldEntry, sightings: Iterable[Sighting]) -> ToldEntry:
    """The offer was made after the last look that found the entry waiting, and before the first that did not."""
    ordered = sorted(sightings, key=lambda seen: seen.window)
    after = [seen.window.latest for seen in ordered if seen.hold_id is not None]
    if not after:
        return replace(entry, sightings=tuple(ordered))
    before = [seen.window.earliest for seen in ordered if seen.state == ON_LIST and seen.window.earliest < min(after)]
    offered = Window(max(before, default=entry.joined.earliest), min(after))
    return replace(entry, sightings=tuple(ordered), offered=offered)


def _sighting(window: Window, answer: Attempt) -> Sighting:
    hold: Any = answer.said.get("hold")
    until = hold.get("expires_at") if isinstance(hold, dict) else None
    return Sighting(window, answer.text("state"), answer.text("hold_id"), _instant(until))


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def offers_of(seen: Seen) -> dict[str, ToldHold]:
    """The holds that entries were offered, by hold.

    An offer that nobody looked at while it stood is known only from the entry after the run; when it was made, its
    buyer cannot tell.
    """
    offers = dict(_offers(seen))
    left = {hold_id: entry.left for hold_id, (entry, _) in offers.items()}
    holds = with_ways({hold_id: hold for hold_id, (_, hold) in offers.items()}, seen.requests)
    return {hold_id: replace(hold, left=left[hold_id]) for hold_id, hold in holds.items()}


def _offers(seen: Seen) -> Iterator[tuple[str, tuple[ToldEntry, ToldHold]]]:
    for entry in entries_told(seen.requests).values():
        hold_id = entry.hold_id or seen.offered.get(entry.entry_id)
        if hold_id is not None:
            offered = entry.offered or Window(entry.waited_until, inf)
            yield hold_id, (entry, ToldHold(hold_id, entry.buyer, entry.line, offered, entry.entry_id))
