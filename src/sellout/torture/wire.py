"""What becomes of each request on the wire while the network is bad. Pure but for the switch of which faults are on."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sellout.prove.scenarios.shared.chance import dice
from sellout.torture.faults import Fault, Planned
from sellout.torture.proxy import faults as ways

DELAY_SECONDS = (0.05, 0.5)
TWICE_WITHIN_SECONDS = 0.1
HALF = 0.5


@dataclass(slots=True)
class Weather:
    """Which faults of the network are on now, and which were met. The same request meets the same whenever it is on."""

    seed: int
    on: dict[Fault, Planned] = field(default_factory=dict)
    met: set[Fault] = field(default_factory=set)

    def choose(self, asked: ways.Asked) -> ways.Fault:
        """What becomes of this request."""
        chance = dice(self.seed, "wire", asked.method, asked.path, asked.key, asked.attempt)
        for kind, planned in self.on.items():
            if chance.random() < planned.share:
                self.met.add(kind)
                return WAYS[kind](chance)
        return ways.Nothing()


def _reset(chance: random.Random) -> ways.Fault:
    among: list[ways.Fault] = [ways.ResetBefore(), ways.ResetInRequest(chance.random()), ways.ResetAfter()]
    return chance.choice(among)


def _lost(chance: random.Random) -> ways.Fault:
    among: list[ways.Fault] = [ways.AnswerLost(), ways.AnswerLost(), ways.AnswerTorn(chance.random())]
    return chance.choice(among)


def _late(chance: random.Random) -> ways.Fault:
    among: list[ways.Fault] = [ways.AnswerDelayed(chance.uniform(*DELAY_SECONDS)), ways.AnswerTrickled()]
    return chance.choice(among)


def _twice(chance: random.Random) -> ways.Fault:
    later = chance.choice([0.0, chance.uniform(0.0, TWICE_WITHIN_SECONDS)])
    return ways.Duplicated(later, "original" if chance.random() < HALF else "copy")


WAYS: Mapping[Fault, Callable[[random.Random], ways.Fault]] = {
    Fault.RESET: _reset,
    Fault.LOST_ANSWER: _lost,
    Fault.LATE_ANSWER: _late,
    Fault.DUPLICATE: _twice,
}
NAMES: Mapping[Fault, frozenset[str]] = {
    Fault.RESET: frozenset(ways.NAMES[kind] for kind in (ways.ResetBefore, ways.ResetInRequest, ways.ResetAfter)),
    Fault.LOST_ANSWER: frozenset(ways.NAMES[kind] for kind in (ways.AnswerLost, ways.AnswerTorn)),
    Fault.LATE_ANSWER: frozenset(ways.NAMES[kind] for kind in (ways.AnswerDelayed, ways.AnswerTrickled)),
    Fault.DUPLICATE: frozenset({ways.NAMES[ways.Duplicated]}),
}
