"""The same commands one by one and in one batch: no outcome may depend on it."""

from collections.abc import Sequence

import pytest

from sellout.domain import Command, Instant, Outcome
from tests.shelves import NOW, Shelves

either_way = pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one batch"])


def ask(shop: Shelves, commands: Sequence[Command], *, together: bool, clock: Instant = NOW) -> list[Outcome]:
    """The outcomes of commands that come at the same time."""
    batches = [commands] if together else [[command] for command in commands]
    return [outcome for batch in batches for outcome in shop.transact(batch, clock)]
