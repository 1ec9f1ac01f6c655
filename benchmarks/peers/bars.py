"""What became of the units of one run, as the parts of a bar. Pure.

A bar reaches from nothing to the units that are on record or promised; the stock is a line across all bars. What is
beyond the line is oversold; what a bar lacks to reach it is owned by nobody.
"""

from dataclasses import dataclass

from benchmarks.peers.judge import Verdict

SHOWN_STOCKS = 1.7  # the width, in stocks; what is longer is cut off, and its number says how long it is
GOOD, SURPLUS, LOST, OVER = "good", "wait", "bad", "over"
MEANINGS = {
    GOOD: "on record, for a buyer who was told so",
    SURPLUS: "on record for a buyer who has one already, or who was not told",
    LOST: "promised to a buyer, and not on record",
    OVER: "on record beyond the stock",
}


@dataclass(frozen=True, slots=True)
class Part:
    """From where to where, in shares of the width, and what these units are."""

    kind: str
    start: float
    end: float
    units: int


def parts(verdict: Verdict, stock: int) -> list[Part]:
    """The bar of a run: first what is as it should be."""
    surplus = verdict.doubled + verdict.untold
    sound = verdict.recorded - surplus
    lengths = [
        (GOOD, min(sound, stock)),
        (OVER, max(0, sound - stock)),
        (SURPLUS, surplus),
        (LOST, verdict.lost),
    ]
    found, so_far = list[Part](), 0
    for kind, units in lengths:
        if units:
            found.append(Part(kind, _share(so_far, stock), _share(so_far + units, stock), units))
        so_far += units
    return [part for part in found if part.end > part.start]


def line(stock: int) -> float:
    """Where the stock is."""
    return _share(stock, stock)


def cut(verdict: Verdict, stock: int) -> bool:
    """Whether the bar is longer than there is room."""
    return verdict.recorded + verdict.lost > SHOWN_STOCKS * stock


def _share(units: int, stock: int) -> float:
    return min(1.0, units / (SHOWN_STOCKS * stock))
