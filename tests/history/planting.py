"""Planting faults in a history: other rows, other answers, other looks."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from sellout.history.check import check
from sellout.history.history import History
from sellout.history.requests import Attempt, Order, Request

Plant: TypeAlias = "Callable[[History], History]"
Row = TypeVar("Row")

LATER_SECONDS = 10_000.0


def broken(history: History) -> list[str]:
    """The rules that this history breaks."""
    return [ruling.name for ruling in check(history).broken]


def first(rows: Iterable[Row], fits: Callable[[Row], bool]) -> Row:
    """There must be one, or the history is not made for this fault."""
    return next(row for row in rows if fits(row))


def keep(history: History, **changes: Any) -> History:
    """The same run with other books."""
    return replace(history, kept=replace(history.kept, **changes))


def row_instead(history: History, row: Any, *, gone: bool = False, **changes: Any) -> History:
    """The same books, but for one row."""
    for name in ("purchases", "holds", "entries", "movements"):
        rows = getattr(history.kept, name)
        if row in rows:
            kept = [one for one in rows if one != row] if gone else rows
            return keep(history, **{name: tuple(replace(one, **changes) if one == row else one for one in kept)})
    raise AssertionError(f"{row} is not kept")


def observe(history: History, **changes: Any) -> History:
    """One more look: the first of the run, but for these."""
    look = first(history.observations, lambda seen: not seen.recorded and seen.item == "a")
    return replace(history, observations=(*history.observations, replace(look, **changes)))


def tell(history: History, order: Order, answer: Attempt) -> History:
    """One more request, and its answer."""
    return replace(history, requests=(*history.requests, Request(order, 0, (answer,))))


def attempts_of(history: History, key: str | None, **changes: Any) -> History:
    """Other answers to everybody who sent this key."""

    def changed(request: Request) -> Request:
        if request.order.key != key:
            return request
        return replace(request, attempts=tuple(replace(attempt, **changes) for attempt in request.attempts))

    return replace(history, requests=tuple(changed(request) for request in history.requests))


def later(history: History, which: Callable[[Request], bool]) -> History:
    """The same answers, but that some requests were sent long after all the others."""

    def moved(request: Request) -> Request:
        attempts = (
            replace(one, started_at=one.started_at + LATER_SECONDS, ended_at=one.ended_at + LATER_SECONDS)
            for one in request.attempts
        )
        return replace(request, attempts=tuple(attempts))

    return replace(history, requests=tuple(moved(one) if which(one) else one for one in history.requests))
