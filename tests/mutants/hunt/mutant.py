"""What a mutant is: a server with one planted fault."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

Plant = Callable[[pytest.MonkeyPatch], None]

VARIABLE = "TORTURE_MUTANT"
"""Names the mutant that a server's processes become."""


class Mutant(NamedTuple):
    """`what` says what is wrong in it. `faults` are the kinds of faults that it has to be met with; () for all."""

    name: str
    room: str
    what: str
    plant: Plant
    faults: tuple[str, ...] = ()


class Herd:
    """The mutants of one room, each made from the function that plants its fault."""

    def __init__(self, room: str) -> None:
        self.mutants: list[Mutant] = []
        self._room = room

    def mutant(self, *faults: str) -> Callable[[Plant], Plant]:
        """Add a mutant: its name is the function's, what is wrong with it the docstring."""

        def add(plant: Plant) -> Plant:
            self.add(plant, plant.__doc__ or "", *faults)
            return plant

        return add

    def add(self, plant: Plant, what: str, *faults: str) -> None:
        """Add a mutant whose fault is planted elsewhere."""
        self.mutants.append(Mutant(plant.__name__.replace("_", " "), self._room, what, plant, faults))
