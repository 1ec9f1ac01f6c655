"""One run from start to end: a shop of a design, the rush, perhaps a kill in the middle, and the verdict.

May touch: what its parts touch.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

from benchmarks.measure import fresh_folder
from benchmarks.peers.design import Design, Shop, opened
from benchmarks.peers.judge import Seen, Verdict, judge
from benchmarks.peers.rush import Buyer, Kill, Rush, rush

KILL_FROM, KILL_TO = 0.1, 0.9  # of the stock: the kill comes when so many buyers were told yes
MISSES_MAX = 5  # kills that left nobody without an answer, and are played again
SETTLE_SECONDS_MAX = 30.0
SETTLE_PAUSE_SECONDS = 0.3
SETTLED_LOOKS = 4  # that see the same number of records


@dataclass(frozen=True, slots=True)
class Plan:
    """How many want how much, and the seed of all choices."""

    buyers: int
    stock: int
    seed: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to; `victim` is what was killed, `seconds` are until the last answer, with the kill's."""

    design: str
    victim: str | None
    verdict: Verdict
    seconds: float
    selling_seconds: float
    asked: int
    errors: int
    silences: int
    killed_at: float | None = None
    killed_after: int | None = None
    down_seconds: float | None = None

    @property
    def hit(self) -> bool:
        """Whether the kill came while somebody waited for an answer."""
        return self.silences > 0


def play(design: Design, base: Path, plan: Plan, number: int) -> Run:
    """Play one run on a fresh place below `base`; nobody is disturbed."""
    return _play(design, base, plan, f"{number}", None)


def play_killed(design: Design, victim: str, base: Path, plan: Plan, number: int) -> Run:
    """The same with a kill while it sells; one that hits nobody is no kill in the middle, and is played again."""
    for missed in range(MISSES_MAX):
        run = _play(design, base, plan, f"{victim} {number} {missed}", victim)
        if run.hit:
            break
    return run


def _play(design: Design, base: Path, plan: Plan, name: str, victim: str | None) -> Run:
    chance = Random(f"{plan.seed} {design.name} {name}")
    buyers = invited(plan.buyers, chance)
    with fresh_folder(base) as folder, opened(design, folder, plan.stock) as shop:
        seen = asyncio.run(rush(shop.url, design, buyers, _kill(shop, chance, plan.stock, victim) if victim else None))
        verdict = judge(Seen(plan.stock, seen.told, settled(shop), design.left(shop.place)))
    return _run(design, victim, verdict, seen)


def _kill(shop: Shop, chance: Random, stock: int, victim: str) -> Kill:
    after = max(1, round(stock * chance.uniform(KILL_FROM, KILL_TO)))
    return Kill(after, partial(shop.kill, victim), partial(shop.start_again, victim))


def invited(count: int, chance: Random) -> list[Buyer]:
    """Buyers with a name and a key each, in an order of their own."""
    buyers = [Buyer(f"buyer-{number:05d}", str(UUID(int=chance.getrandbits(128)))) for number in range(count)]
    chance.shuffle(buyers)
    return buyers


def settled(shop: Shop) -> Sequence[str | None]:
    """What is on record once no more comes: some designs write after they have answered."""
    deadline, looks = time.monotonic() + SETTLE_SECONDS_MAX, 1
    found = shop.design.recorded(shop.place)
    while looks < SETTLED_LOOKS and time.monotonic() < deadline:
        time.sleep(SETTLE_PAUSE_SECONDS)
        now = shop.design.recorded(shop.place)
        looks = looks + 1 if len(now) == len(found) else 1
        found = now
    return found


def _run(design: Design, victim: str | None, verdict: Verdict, seen: Rush) -> Run:
    down = None if seen.killed_at is None or seen.back_at is None else seen.back_at - seen.killed_at
    return Run(
        design=design.name,
        victim=victim,
        verdict=verdict,
        seconds=seen.seconds,
        selling_seconds=seen.selling_seconds,
        asked=sum(buyer.asked for buyer in seen.buyers),
        errors=sum(buyer.errors for buyer in seen.buyers),
        silences=sum(buyer.silences for buyer in seen.buyers),
        killed_at=seen.killed_at,
        killed_after=None if seen.kill is None else seen.kill.after,
        down_seconds=down,
    )
