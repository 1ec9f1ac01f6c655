"""When the buyers of a tortured sale wait, and when they see that waiting has no more sense."""

import asyncio
import itertools

import pytest

from sellout.prove.readings import Counters
from sellout.torture import play


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "STILL_SECONDS_MAX", 0.3)
    monkeypatch.setattr(play, "POLL_SECONDS", 0.1)


def test_an_item_whose_held_units_never_move_is_given_up() -> None:
    async def stuck(_: str) -> Counters:
        return Counters(capacity=10, sold=9, held=1, available=0)

    assert not asyncio.run(play._until_nothing_is_held(stuck, "seat"))


def test_an_item_that_moves_slowly_is_waited_for() -> None:
    held = itertools.chain(range(9, 0, -1), itertools.repeat(0))

    async def slow(_: str) -> Counters:
        left = next(held)
        return Counters(capacity=10, sold=10 - left, held=left, available=0)

    assert asyncio.run(play._until_nothing_is_held(slow, "seat"))
