"""The history of one run: all that was asked, answered, seen, kept and delivered. Values only, no judgement.

Times are seconds by the client's own monotonic clock, and comparable with each other; only kept rows have the shop's
instants.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sellout.history.kept import Kept
from sellout.history.requests import Action, Request
from sellout.history.timeline import Pace


@dataclass(frozen=True, slots=True)
class Item:
    """What was put on sale, and on which terms. None is no limit; `pace` is how long it keeps units for somebody."""

    item: str
    capacity: int
    limit_per_buyer: int | None
    max_per_order: int
    pace: Pace


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at an item or its audit: what it was said to be at some moment from departure to answer.

    `held` leaves out holds that are past their deadline, whether or not that was written yet; `recorded` says that the
    counters are the written ones, as in an audit, where such holds count until a decision ends them.
    """

    item: str
    started_at: float
    ended_at: float
    capacity: int
    sold: int
    held: int
    available: int
    state: str | None = None
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that a webhook's receiver accepted, in the order of acceptance; `event_id` is its `webhook-id`.

    `subject` is the id of the purchase, hold, item or entry that its `data` is about.
    """

    event_id: str
    type: str
    item: str
    subject: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the run, for whoever reads of it. No rule looks at faults."""

    kind: str
    started_at: float
    ended_at: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that the rules judge.

    Nobody but the run's customers used the database, and `kept` was read when the server had ended or rested: no
    request was under way any more. `requests` are all copies of all orders, each with every attempt. `deliveries` is
    None where no receiver was set; otherwise it was set before the first sale, for every type of event, and has been
    waited for. `drained` says that buyers of single units asked last, until an item said that it was sold out, and that
    nothing came back from then on. `clock_jumped` says that the server's clock did not go as the client's did, so that
    no deadline can be believed. `network_repeats` says that any request may have arrived a second time, whenever that
    was: what was refused may then have been granted all the same. Then every order that asks for units has a key.
    """

    items: tuple[Item, ...]
    requests: tuple[Request, ...]
    observations: tuple[Observation, ...]
    kept: Kept
    deliveries: tuple[Delivery, ...] | None = None
    faults: tuple[Fault, ...] = ()
    drained: bool = False
    clock_jumped: bool = False
    network_repeats: bool = False

    @property
    def paces(self) -> Mapping[str, Pace | None]:
        """By item; None where no deadline can be believed."""
        return {item.item: None if self.clock_jumped else item.pace for item in self.items}

    @property
    def offered(self) -> Mapping[str, str]:
        """The hold of each entry that was offered one."""
        return {hold.entry_id: hold.hold_id for hold in self.kept.holds if hold.entry_id is not None}

    @property
    def keys_kept(self) -> frozenset[tuple[str, str]]:
        """The (buyer, key) of everything that was granted under a key; a refund's are the buyer's."""
        bought = {(row.buyer, row.key) for row in self.kept.purchases if row.key is not None}
        held = {(row.buyer, row.key) for row in self.kept.holds if row.key is not None}
        return frozenset(bought | held | {(row.buyer, row.key) for row in self.kept.keys})

    @property
    def doubted(self) -> tuple[Request, ...]:
        """The requests of which customers cannot say what became, and the books do not tell that it was nothing.

        What was refused may be carried out later all the same, by an earlier attempt that is still under way or that
        the network has repeated; but then its key is kept.
        """
        kept = self.keys_kept
        return tuple(request for request in self.requests if _is_doubted(request, kept))


def _is_doubted(request: Request, kept: frozenset[tuple[str, str]]) -> bool:
    if request.final.granted or request.order.key is None or request.order.action is Action.REFUND:
        return not request.settled
    return (request.order.buyer, request.order.key) in kept
