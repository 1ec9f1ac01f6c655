"""What a run saw: every word that passed between the buyers and the server. Values only, no judgement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from sellout.history.requests import Action, Order, Request
from sellout.history.timeline import Pace
from sellout.prove.readings import Audit, Books, Counters, Entry, Hold, Purchase


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the verdict rests on.

    `own` says that nobody but this run's buyers used the items. Then the books' purchases are all that the
    items have; otherwise they are those of this run's buyers. `orders` are what was asked, whether or not an
    answer is known. From `calm_from` on no unit came back. `server_exit` is None where the server was not the
    run's to stop.
    """

    books: tuple[Books, ...]
    own: bool
    orders: tuple[Order, ...]
    requests: tuple[Request, ...]
    holds: tuple[Hold, ...] = ()
    entries: tuple[Entry, ...] = ()
    pace: Pace = field(default_factory=Pace)
    calm_from: float | None = None
    server_exit: int | None = None

    @property
    def only(self) -> Books:
        """The books of the one item that the run is about."""
        (books,) = self.books
        return books

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(books.item for books in self.books)

    @property
    def paces(self) -> Mapping[str, Pace]:
        return dict.fromkeys(self.items, self.pace)

    @property
    def offered(self) -> Mapping[str, str]:
        return {entry.entry_id: entry.hold_id for entry in self.entries if entry.hold_id is not None}

    @property
    def doubted(self) -> tuple[Request, ...]:
        return tuple(request for request in self.requests if not request.settled)

    @property
    def audit_before(self) -> Audit:
        return reduce(Audit.__add__, (books.audit_before for books in self.books))

    @property
    def before(self) -> Counters:
        return reduce(Counters.__add__, (books.before for books in self.books))

    @property
    def after(self) -> Counters:
        return reduce(Counters.__add__, (books.after for books in self.books))

    @property
    def audit_after(self) -> Audit:
        return reduce(Audit.__add__, (books.audit_after for books in self.books))

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        return tuple(purchase for books in self.books for purchase in books.purchases)

    def of(self, actions: Iterable[Action]) -> tuple[Request, ...]:
        """The requests that asked for one of these."""
        wanted = frozenset(actions)
        return tuple(request for request in self.requests if request.order.action in wanted)
