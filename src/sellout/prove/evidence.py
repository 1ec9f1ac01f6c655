"""What a run saw: every word that passed between the buyers and the server. Values only, no judgement."""

from collections.abc import Mapping
from dataclasses import dataclass

BOUGHT = 201
RETRIED = frozenset({429, 503})  # the server asks to come again; everything else is final


@dataclass(frozen=True, slots=True)
class Buyer:
    """One customer, who wants one purchase; a doubled one sends the same request twice at once."""

    name: str
    key: str
    quantity: int = 1
    doubled: bool = False

    @property
    def copies(self) -> int:
        return 2 if self.doubled else 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request on the wire and its answer; `status` is None where no answer came."""

    started_at: float
    ended_at: float
    status: int | None
    code: str | None = None
    purchase_id: str | None = None
    quantity: int | None = None
    available: int | None = None
    replayed: bool = False
    retry_after: float | None = None
    failure: str | None = None

    @property
    def seconds(self) -> float:
        return self.ended_at - self.started_at

    @property
    def definite(self) -> bool:
        return self.status is not None and self.status not in RETRIED

    @property
    def acknowledged(self) -> bool:
        return self.status == BOUGHT and self.purchase_id is not None

    @property
    def refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500 and self.definite

    def __str__(self) -> str:
        if self.status is None:
            return f"no answer ({self.failure})" if self.failure else "no answer"
        return f"{self.status} {self.code}" if self.code else str(self.status)


@dataclass(frozen=True, slots=True)
class Request:
    """One of a buyer's copies with all its attempts, the last of which is what the buyer went home with."""

    buyer: Buyer
    copy: int
    attempts: tuple[Attempt, ...]

    @property
    def final(self) -> Attempt:
        return self.attempts[-1]


@dataclass(frozen=True, slots=True)
class Counters:
    capacity: int
    sold: int
    held: int
    available: int


@dataclass(frozen=True, slots=True)
class Movements:
    """All movements of one kind in the ledger, summed."""

    count: int
    capacity: int
    sold: int
    held: int


NO_MOVEMENTS = Movements(count=0, capacity=0, sold=0, held=0)


@dataclass(frozen=True, slots=True)
class Audit:
    capacity: int
    sold: int
    held: int
    available: int
    movements: Mapping[str, Movements]
    consistent: bool


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase as the server holds it after the run."""

    purchase_id: str
    quantity: int
    buyer: str | None
    state: str = "sold"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the verdict rests on.

    `own` says that nobody but this run's buyers used the item. Then `purchases` are all that the item
    has; otherwise they are those of this run's buyers. `server_exit` is None where the server was
    not the run's to stop.
    """

    item: str
    own: bool
    buyers: tuple[Buyer, ...]
    requests: tuple[Request, ...]
    audit_before: Audit
    before: Counters
    after: Counters
    audit_after: Audit
    purchases: tuple[Purchase, ...]
    server_exit: int | None = None
