"""What those on a waiting list were told: when they joined, what they saw there, what they were offered. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sellout.prove.evidence import Action, Attempt, Line, Request
from sellout.prove.told import ToldHold, Window, granted, window_of, with_ways

ON_LIST = "waiting"
OFFERED = "offered"


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
    def offered_until(self) -> datetime | None:
        """The offer's deadline as it was first told, before beginning to pay could move it."""
        return min((seen.offered_until for seen in self.sightings if seen.offered_until is not None), default=None)


def entries_told(requests: Iterable[Request]) -> dict[str, ToldEntry]:
    """By entry."""
    requests = list(requests)
    found: dict[str, ToldEntry] = {}
    sightings, left = defaultdict[str, list[Sighting]](list), dict[str, Window]()
    for request, answer in granted(requests):
        order, window = request.order, window_of(request)
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


def offers_told(requests: Iterable[Request]) -> dict[str, ToldHold]:
    """The holds that entries were offered, by hold. To leave the list gives an offer back."""
    requests = list(requests)
    entries = {entry.hold_id: entry for entry in entries_told(requests).values() if entry.hold_id and entry.offered}
    offers = with_ways(dict(_offers(entries.values())), requests)
    return {
        hold_id: replace(offer, released=offer.released or entries[hold_id].left) for hold_id, offer in offers.items()
    }


def _offers(entries: Iterable[ToldEntry]) -> Iterator[tuple[str, ToldHold]]:
    for entry in entries:
        if entry.hold_id is not None and entry.offered is not None:
            yield entry.hold_id, ToldHold(entry.hold_id, entry.buyer, entry.line, entry.offered, offered=True)
