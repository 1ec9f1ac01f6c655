"""The highest of any stretch of numbers, without a walk over it: a run asks for thousands of stretches. Pure."""

from collections.abc import Sequence


class Highest:
    """Row k has, from each place on, the highest of 2**k numbers; two of them tell of any stretch."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._rows, width = [list(numbers)], 1
        while 2 * width <= len(numbers):
            last = self._rows[-1]
            self._rows.append([max(pair) for pair in zip(last, last[width:], strict=False)])
            width *= 2

    def within(self, first: int, behind: int) -> int:
        """The highest from the place `first` to the one before `behind`; there must be one."""
        row = (behind - first).bit_length() - 1
        return max(self._rows[row][first], self._rows[row][behind - (1 << row)])
