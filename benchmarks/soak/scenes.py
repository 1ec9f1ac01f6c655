"""The scenarios of `sellout prove`, one after the other beside everything else, each judged by its own rules.

May touch: the network, through the scenarios.
"""

import time
from random import Random

from benchmarks.soak.samples import Scene
from sellout.history.timeline import Pace
from sellout.prove import CouldNotRun
from sellout.prove.plan import Plan
from sellout.prove.rehearsal import prove

SIZES = {"rush": (60, 30), "holds": (40, 20), "returns": (20, 10), "baskets": (30, 12)}
"""Buyers and units of each: small, because they come again and again."""

PACE = Pace(hold=1, payment=1, offer=1)
COME_AGAIN_SECONDS = 3.0
SEED_BITS = 32


async def play(name: str, url: str, organiser_key: str, chance: Random, at: float) -> Scene:
    """Play one; what could not be played is broken, too."""
    buyers, stock = SIZES[name]
    seed = None if name == "rush" else chance.getrandbits(SEED_BITS)
    plan = Plan(
        scenario=name, buyers=buyers, stock=stock, seed=seed, url=url, organiser_key=organiser_key, pace=PACE,
        come_again_seconds=COME_AGAIN_SECONDS,
    )  # fmt: skip
    started = time.monotonic()
    try:
        result = await prove(plan)
    except CouldNotRun as error:
        return Scene(name, at, time.monotonic() - started, (f"could not be played: {error}",))
    broken = tuple(f"{ruling.statement} {ruling.findings[0]}" for ruling in result.verdict.broken)
    return Scene(name, at, time.monotonic() - started, broken)
