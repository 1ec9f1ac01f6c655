"""How the reference pages are set."""

from collections.abc import Sequence

MADE = "<!-- Made by `make reference` from the program itself. Change it there. -->"


def line(cells: tuple[str, ...]) -> str:
    """A line of a table; a bar in a cell is written so that it does not end the cell."""
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table."""
    return "\n".join(map(line, [head, tuple("---" for _ in head), *rows]))


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join((f"# {title}", MADE, *parts)) + "\n"
