"""What a run is to prove, and on what. Values only."""

from dataclasses import dataclass, field

from sellout.history.timeline import Pace
from sellout.prove.customer import Patience

DOUBLED_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to prove, and on what: a server of the run's own, or with `url` one that is running.

    Without `item` the run adds items of its own, which nobody else buys from. On a database or server
    that outlives the run those stay there, paused. `come_again_seconds` is how long a buyer
    who was refused for now comes again; refunds come in the first half of it.
    """

    scenario: str = "rush"
    buyers: int = 1000
    stock: int = 100
    seed: int | None = None
    url: str | None = None
    item: str | None = None
    database: str | None = None
    workers: int = 1
    organiser_key: str | None = None
    quantity_max: int = 1
    doubled_share: float = DOUBLED_SHARE
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
    come_again_seconds: float = 6.0
