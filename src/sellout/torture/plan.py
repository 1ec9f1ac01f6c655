"""Plans of rounds: a seed becomes who comes, to what sale, and what breaks when. Pure: the same seed, the same plan."""

from collections.abc import Sequence
from dataclasses import dataclass

from sellout.prove.scenarios.shared.chance import dice, pick
from sellout.torture.cast import Buyer, cast
from sellout.torture.faults import Engine, Fault, Planned, drawn

SEED_BITS = 32
ITEMS = ("alpha", "beta")
SALE_SECONDS = 0.8  # in which everybody comes
BUYERS = (30, 120)
CAPACITY = (15, 90)
LIMIT_PER_BUYER = 3
MAX_PER_ORDER = 4
HOLD_SECONDS = 1  # the shortest that an item can have, as the next two
PAYMENT_SECONDS = 1
OFFER_SECONDS = 1
WEBHOOKS_SHARE = 0.15  # of the rounds: telling the endpoint costs a process more
LONELY = frozenset({Fault.POWER_LOSS})  # what was not synced is in one process: no second one may need it
FIRST = frozenset({Fault.KILL_IN_MIGRATION})  # nobody may have made the tables before the server does


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    capacity: int
    limit_per_buyer: int | None = None


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One round, complete. Times are in seconds."""

    seed: int
    engine: Engine
    items: tuple[Item, ...]
    buyers: tuple[Buyer, ...]
    faults: tuple[Planned, ...]
    workers: int
    batch_size_max: int
    queue_length_max: int
    unavailable_after_seconds: float
    webhooks: bool

    @property
    def words(self) -> str:
        """What breaks, for people."""
        return ", ".join(fault.words for fault in self.faults)

    @property
    def capacity(self) -> int:
        return sum(item.capacity for item in self.items)

    def of(self, kind: Fault) -> Planned | None:
        """The planned fault of a kind."""
        return next((fault for fault in self.faults if fault.kind is kind), None)


def seed_of(run_seed: int, number: int, kinds: Sequence[Fault]) -> int:
    """The seed of a run's n-th round, from 1. The first has the run's own, so that it can be played alone.

    A seed's remainder names its main fault, and following rounds have following remainders: each kind gets its turn.
    """
    if number == 1:
        return run_seed
    chosen = dice(run_seed, "round", number).getrandbits(SEED_BITS)
    return chosen - chosen % len(kinds) + (run_seed + number - 1) % len(kinds)


def plan_of(seed: int, engine: Engine, kinds: Sequence[Fault]) -> RoundPlan:
    """The round that this seed is, where these kinds of faults are wanted."""
    chance = dice(seed, "sale")
    faults = _faults(seed, kinds)
    lonely = any(fault.kind in LONELY for fault in faults)
    first = any(fault.kind in FIRST for fault in faults)
    workers, webhooks = pick(chance, {1: 3, 2: 1}), chance.random() < WEBHOOKS_SHARE
    return RoundPlan(
        seed=seed,
        engine=engine,
        items=(
            Item(ITEMS[0], chance.randint(*CAPACITY)),
            Item(ITEMS[1], chance.randint(*CAPACITY), LIMIT_PER_BUYER),
        ),
        buyers=cast(seed, ITEMS, chance.randint(*BUYERS), SALE_SECONDS),
        faults=faults,
        workers=1 if lonely else workers,
        batch_size_max=pick(chance, {1000: 3, 7: 1, 1: 1}),
        queue_length_max=pick(chance, {10_000: 4, 6: 1}),
        unavailable_after_seconds=pick(chance, {1.0: 1, 5.0: 2}),
        webhooks=webhooks and not lonely and not first,
    )


def _faults(seed: int, kinds: Sequence[Fault]) -> tuple[Planned, ...]:
    """The main fault, and up to two others beside it."""
    chance = dice(seed, "faults")
    main = kinds[seed % len(kinds)]
    others = [kind for kind in kinds if kind is not main]
    beside = chance.sample(others, min(len(others), pick(chance, {0: 5, 1: 3, 2: 2})))
    chosen = sorted([main, *beside], key=list(Fault).index)
    return tuple(drawn(kind, dice(seed, "fault", kind)) for kind in chosen)
