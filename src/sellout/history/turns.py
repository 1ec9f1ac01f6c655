"""Who came before whom, and who was served first. Pure.

Of two things that happened to two customers the order is certain only where one was over before the other was asked
for: this is the real-time order of Herlihy and Wing ("Linearizability", 1990), and every order that a shop keeps must
obey it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sellout.history.told import Window

Place = TypeVar("Place", int, datetime)


@dataclass(frozen=True, slots=True)
class Mark(Generic[Place]):
    """Something that happened in a window, and the place that the shop has given it."""

    who: str
    window: Window
    place: Place


def overtaken(marks: Iterable[Mark[Place]]) -> Iterator[tuple[Mark[Place], Mark[Place]]]:
    """Each that has a smaller place than one that was over before it was asked for, with that other one first."""
    asked = sorted(marks, key=lambda mark: mark.window.earliest)
    done = sorted(asked, key=lambda mark: mark.window.latest)
    last: Mark[Place] | None = None
    place = 0
    for mark in asked:
        while place < len(done) and done[place].window.latest < mark.window.earliest:
            last = done[place] if last is None or done[place].place > last.place else last
            place += 1
        if last is not None and last.place > mark.place:
            yield last, mark


@dataclass(frozen=True, slots=True)
class Service(Generic[Place]):
    """Somebody who wanted units from `since` on and had them, bought or offered, at `served`; None: waits still."""

    who: str
    quantity: int
    since: Place
    served: Place | None


def passed_by(services: Iterable[Service[Place]]) -> Iterator[tuple[Service[Place], Service[Place]]]:
    """Each that was served before one who had come earlier and wanted no more, with that other one first.

    When the later one was served, as many units were free as that one wanted; the earlier one waited for no more, and
    should have had them. One who wants less may be served first, because the units may not have been enough for the
    earlier one.
    """
    by_quantity: dict[int, list[Service[Place]]] = {}
    for service in services:
        by_quantity.setdefault(service.quantity, []).append(service)
    for quantity, earlier in by_quantity.items():
        for more, later in by_quantity.items():
            if quantity <= more:
                yield from _passed_by(earlier, [service for service in later if service.served is not None])


def _passed_by(
    earlier: Sequence[Service[Place]], later: Sequence[Service[Place]]
) -> Iterator[tuple[Service[Place], Service[Place]]]:
    """For each of the later ones, the one of those who came before that was served last."""
    waiting = sorted(earlier, key=lambda service: service.since)
    last: Service[Place] | None = None
    place = 0
    for one in sorted(later, key=lambda service: service.since):
        while place < len(waiting) and waiting[place].since < one.since:
            last = waiting[place] if last is None or _is_served_after(waiting[place], last) else last
            place += 1
        if last is not None and _is_served_after(last, one):
            yield last, one


def _is_served_after(one: Service[Place], other: Service[Place]) -> bool:
    if one.served is None or other.served is None:
        return one.served is None and other.served is not None
    return one.served > other.served


class Waits(Protocol):
    """Somebody who waits for units of an item."""

    @property
    def buyer(self) -> str | None: ...

    @property
    def item(self) -> str: ...

    @property
    def quantity(self) -> int: ...


def waits_in_vain(waiting: Iterable[Waits], free: Mapping[str, int]) -> Iterator[str]:
    """Those who wait at the end, when nothing moves any more, for no more than what is free of their item."""
    for one in waiting:
        if one.quantity <= free.get(one.item, 0):
            yield f"{one.buyer} waits for {one.quantity}, and {free[one.item]} are free"
