"""The rules on webhooks: everything that they are to tell of was told, in order, and nothing else. Pure."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from sellout.history.history import Delivery, History
from sellout.history.kept import Kept
from sellout.history.ledger import Account, accounts_of

Told = tuple[str, str]
"""The type of an event, and the id of what it is about."""

SOLD_OUT = "item.sold_out"
TOLD_OF = {"buy": "purchase.created", "refund": "purchase.refunded", "expire": "hold.expired"}


def owed(kept: Kept) -> dict[Told, int]:
    """Everything that a receiver of all events is to be told, with its place in the ledger of its item.

    docs/webhooks.md: purchases, refunds, expired holds, and offers to the waiting list. An item that is sold out is
    owed for by how often that became so; see `sold_out_times`.
    """
    places: dict[Told, int] = {}
    offers = {row.hold_id: row.entry_id for row in kept.holds if row.entry_id is not None}
    for account in accounts_of(kept.movements).values():
        for (kind, subject), place in account.places.items():
            if kind in TOLD_OF:
                places[TOLD_OF[kind], subject] = place
            elif kind == "hold" and subject in offers:
                places["waitlist.offered", offers[subject]] = place
    return places


def sold_out_times(account: Account) -> int:
    """How often the last unit was sold, as far as states show it."""
    return sum(after.is_sold_out and not before.is_sold_out for before, after in pairwise(account.states[1:]))


def each_told_at_least_once(history: History) -> Iterator[str]:
    """At least one message was accepted for each movement that webhooks tell of, also where a server died in between.

    The event is a row that the sale's own transaction writes, and it is sent until it is accepted.
    """
    if history.deliveries is None:
        return
    told = {(delivery.type, delivery.subject) for delivery in history.deliveries}
    for kind, subject in owed(history.kept):
        if (kind, subject) not in told:
            yield f"Nobody was told {kind} of {subject}"
    sent = Counter(event.item for event in _events(history.deliveries) if event.type == SOLD_OUT)
    for item, account in accounts_of(history.kept.movements).items():
        if sent[item] < (times := sold_out_times(account)):
            yield f"{item} was sold out {times} times, and that was told {sent[item]} times"


def nothing_told_that_is_not(history: History) -> Iterator[str]:
    """No message tells of what is not in the ledger, and none twice, but as the same event.

    What is rolled back leaves no event; a repeat, after a lost answer or a crash, has the `webhook-id` of the first.
    """
    if history.deliveries is None:
        return
    places = owed(history.kept)
    events = _events(history.deliveries)
    for event in events:
        if event.type != SOLD_OUT and (event.type, event.subject) not in places:
            yield f"{event.type} of {event.subject} was told in {event.event_id}, and the ledger has no such thing"
    times = Counter((event.type, event.subject) for event in events if event.type != SOLD_OUT)
    for (kind, subject), count in times.items():
        if count > 1:
            yield f"{kind} of {subject} was told as {count} events"
    yield from _sold_out_in_vain(history, events)


def _sold_out_in_vain(history: History, events: list[Delivery]) -> Iterator[str]:
    """No more often than units were sold up to the capacity, within a transaction or at its end."""
    sent = Counter(event.item for event in events if event.type == SOLD_OUT)
    accounts = accounts_of(history.kept.movements)
    for item, count in sent.items():
        states = accounts[item].states if item in accounts else ()
        most = sum(state.sold_most >= state.capacity_least for state in states[1:])
        if count > most:
            yield f"{item} was told to be sold out {count} times, and that can have been {most} times"


def told_in_order(history: History) -> Iterator[str]:
    """An item's events arrive in the order of its ledger: the next is sent only once the one before was accepted."""
    if history.deliveries is None:
        return
    places, last = owed(history.kept), dict[str, tuple[int, str]]()
    for event in _events(history.deliveries):
        place = places.get((event.type, event.subject))
        if place is not None:
            before, which = last.get(event.item, (0, ""))
            if place < before:
                yield f"{event.type} of {event.subject} was told after {which}, which came later"
            last[event.item] = max((before, which), (place, f"{event.type} of {event.subject}"))


def _events(deliveries: tuple[Delivery, ...]) -> list[Delivery]:
    """Each event at its first arrival."""
    first: dict[str, Delivery] = {}
    for delivery in deliveries:
        first.setdefault(delivery.event_id, delivery)
    return list(first.values())
