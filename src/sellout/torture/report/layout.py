"""Where things go in a timeline: a scale, its ticks, and rows in which nothing overlaps. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

TICKS_MAX = 6
STEPS_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
SECONDS_MIN = 0.1  # the shortest time that fills a picture

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scale:
    """Times, in seconds, as shares of the picture's width."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return max(SECONDS_MIN, self.end - self.start)

    def x(self, at: float) -> float:
        """In percent; what is outside is at the edge."""
        return round(100 * min(max((at - self.start) / self.seconds, 0.0), 1.0), 2)

    def ticks(self) -> Iterator[float]:
        """The times that are written below."""
        step = next((step for step in STEPS_SECONDS if self.seconds / step <= TICKS_MAX), STEPS_SECONDS[-1])
        first = math.ceil(self.start / step)
        for number in range(first, first + TICKS_MAX + 1):
            if number * step <= self.end:
                yield number * step


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """Something that takes room from `start` to `end`."""

    start: float
    end: float
    what: T


@dataclass(frozen=True, slots=True)
class Packed(Generic[T]):
    """Each thing with its row, 0 at the top; how many rows there are, and how many things found no room."""

    placed: tuple[tuple[int, T], ...]
    rows: int
    left_out: int


def pack(spans: Sequence[Span[T]], *, rows_max: int) -> Packed[T]:
    """Give each the highest row where there is room. The first ones come first, and so to the top."""
    rows: list[list[Span[T]]] = []
    placed = list[tuple[int, T]]()
    for span in spans:
        row = next((number for number, taken in enumerate(rows) if _fits(span, taken)), len(rows))
        if row == rows_max:
            continue
        if row == len(rows):
            rows.append([])
        rows[row].append(span)
        placed.append((row, span.what))
    return Packed(tuple(placed), len(rows), len(spans) - len(placed))


def _fits(span: Span[T], taken: Sequence[Span[T]]) -> bool:
    return all(span.end <= other.start or span.start >= other.end for other in taken)
