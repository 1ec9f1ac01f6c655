"""Choices that a seed repeats. Pure."""

import random
from collections.abc import Mapping
from typing import TypeVar

from sellout.history.requests import Action

Choice = TypeVar("Choice")

QUANTITY_WEIGHTS = {1: 6, 2: 3, 3: 1}


def dice(seed: int, *whose: object) -> random.Random:
    """Dice for one purpose: who throws others, or throws more often, changes nothing for the rest."""
    return random.Random("/".join(map(str, (seed, *whose))))  # noqa: S311 - choices to repeat, no secrets


def pick(chance: random.Random, weights: Mapping[Choice, int]) -> Choice:
    """One of the choices, as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]


def doubled_actions(chance: random.Random, share: float) -> frozenset[Action]:
    """Of which actions this buyer sends the request twice."""
    return frozenset(action for action in Action if chance.random() < share)
