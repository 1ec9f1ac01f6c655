"""What docs/holds.md says, as data."""

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "holds.md"

_ARROW = re.compile(r"^    (\S+) --> (\w+): ")
_ANSWER = re.compile(
    r"^(?P<status>\d{3})( `(?P<code>\w+)`)?(?P<refund_due> and `refund_due`)?(?P<replayed>, replayed)?$"
)


class Answer(NamedTuple):
    """What the caller gets."""

    status: int
    code: str | None = None
    refund_due: bool = False
    replayed: bool = False


class Row(NamedTuple):
    """A row of a table of states: what is asked of what, the answer, and what has become of it."""

    ask: str
    situation: str
    answer: Answer
    then: str


class KeyRow(NamedTuple):
    """A row of the table of keys."""

    first: str
    again: str
    answer: Answer


def hold_rows() -> list[Row]:
    """The table of a hold's answers."""
    return [Row(ask, situation, _answer(answer), then) for ask, situation, answer, then in _table("The hold is")]


def entry_rows() -> list[Row]:
    """The table of an entry's answers."""
    return [Row(ask, situation, _answer(answer), then) for ask, situation, answer, then in _table("The entry is")]


def key_rows() -> list[KeyRow]:
    """The table of keys that are used again."""
    return [KeyRow(first, again, _answer(answer)) for first, again, answer in _table("Then, with the same key")]


def hold_arrows() -> set[tuple[str, str]]:
    """From which state to which a hold goes, by its diagram; `[*]` is where it begins."""
    return _arrows(0)


def entry_arrows() -> set[tuple[str, str]]:
    """Likewise for an entry of the waiting list."""
    return _arrows(1)


def _table(heading: str) -> list[list[str]]:
    """The rows of the one table that has a column with this heading."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (start,) = (number for number, line in enumerate(lines) if f"| {heading} |" in line)
    rows = lines[start + 2 :]
    end = next((number for number, line in enumerate(rows) if not line.startswith("|")), len(rows))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[:end]]


def _answer(cell: str) -> Answer:
    told = _ANSWER.match(cell)
    assert told is not None, f"not an answer: {cell}"
    return Answer(int(told["status"]), told["code"], told["refund_due"] is not None, told["replayed"] is not None)


def _arrows(diagram: int) -> set[tuple[str, str]]:
    parts = PAGE.read_text(encoding="utf-8").split("```mermaid\n")[1:]
    lines = parts[diagram].split("```")[0].splitlines()
    return {(arrow[1], arrow[2]) for line in lines if (arrow := _ARROW.match(line))}
