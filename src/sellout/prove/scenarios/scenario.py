"""What a scenario is: a script that plays it, and pure functions that judge it and tell of it.

The rest of the room knows scenarios by this alone, and scenarios know the rest by `Stage`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sellout.history.requests import Request
from sellout.history.verdict import Rule
from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures
from sellout.prove.plan import Plan
from sellout.prove.progress import OnProgress
from sellout.prove.shop import Shop


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario is played: a plan, a server, the seed of all choices, and who watches."""

    plan: Plan
    shop: Shop
    run_id: str
    seed: int
    on_progress: OnProgress


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something became of what the buyers had, and of how many units."""

    word: str
    count: int
    units: int


def _nothing_more(_: Evidence) -> tuple[Tally, ...]:
    return ()


def _everybody(evidence: Evidence) -> tuple[Request, ...]:
    return evidence.requests


@dataclass(frozen=True, slots=True)
class Scenario:
    """`buyers` and `stock` are the sizes that it is made for; `seeded` says that it makes random choices.

    `fates` counts every buyer once, `tallies` what there is to tell beyond that. `opening` are the requests that
    left at one instant. `meanings` are the words for statuses that mean something of their own here.
    """

    name: str
    buyers: int
    stock: int
    seeded: bool
    takes_item: bool
    connections: Callable[[Plan], int]
    play: Callable[[Stage], Awaitable[Evidence]]
    rules: tuple[Rule[Evidence], ...]
    fates: Callable[[Evidence], tuple[tuple[str, int], ...]]
    sentence: Callable[[Evidence, Figures], str]
    opening: Callable[[Evidence], tuple[Request, ...]] = _everybody
    tallies: Callable[[Evidence], tuple[Tally, ...]] = _nothing_more
    meanings: Mapping[str, str] = field(default_factory=dict)
    twice: str = "sent a request twice"
