"""Rules on the waiting list: who joined first is first, and is offered first what is enough. Pure."""

from collections.abc import Iterator

from sellout.history.history import History
from sellout.history.kept import KeptEntry
from sellout.history.ledger import EMPTY, accounts_of
from sellout.history.requests import Action
from sellout.history.rules.moments import spans_of
from sellout.history.turns import Mark, Service, overtaken, passed_by
from sellout.history.waiting import entries_told


def joined_in_order(history: History) -> Iterator[str]:
    """Whoever had joined before another one asked stands before that one."""
    told = entries_told(history.requests)
    marks: dict[str, list[Mark[int]]] = {}
    for entry in history.kept.entries:
        if entry.entry_id in told:
            mark = Mark(entry.buyer, told[entry.entry_id].joined, entry.no)
            marks.setdefault(entry.item, []).append(mark)
    for item, found in marks.items():
        for first, second in overtaken(found):
            yield f"{second.who} joined the list of {item} after {first.who} and stands before"


def served_in_turn(history: History) -> Iterator[str]:
    """Nobody who waited was passed by one who came later and wanted no fewer units.

    Among those who wait, the order of coming is the list's own and the order of offers the ledger's. Buyers and holders
    who pass by count as having come at the instant when they had their units; where the clock jumped their instants say
    nothing of who came first, and they are left out. So is whoever left or lapsed without an offer: when that was, no
    row says.
    """
    for services in (_of_the_list(history), {} if history.clock_jumped else _of_all(history)):
        for item, found in services.items():
            for earlier, later in passed_by(found):
                served = "waits still" if earlier.served is None else "was served only afterwards"
                yield (
                    f"{later.who} was served {later.quantity} of {item}, having come later than {earlier.who}, "
                    f"who wanted {earlier.quantity} and {served}"
                )


Services = dict[str, list[Service[int]]]


def _of_the_list(history: History) -> Services:
    accounts, services = accounts_of(history.kept.movements), Services()
    for entry, hold_id in _waited(history):
        served = None if hold_id is None else accounts.get(entry.item, EMPTY).places.get(("hold", hold_id))
        if served is not None or hold_id is None:
            services.setdefault(entry.item, []).append(Service(entry.buyer, entry.quantity, entry.no, served))
    return services


def _of_all(history: History) -> Services:
    services, held = Services(), {row.hold_id: row.held_at for row in history.kept.holds}
    for entry, hold_id in _waited(history):
        service = Service(entry.buyer, entry.quantity, entry.joined_at, held.get(hold_id) if hold_id else None)
        services.setdefault(entry.item, []).append(service)
    for bought in history.kept.purchases:
        if bought.hold_id is None:
            at = bought.purchased_at
            services.setdefault(bought.item, []).append(Service(bought.buyer, bought.quantity, at, at))
    for taken in history.kept.holds:
        if taken.entry_id is None:
            at = taken.held_at
            services.setdefault(taken.item, []).append(Service(taken.buyer, taken.quantity, at, at))
    return services


def _waited(history: History) -> Iterator[tuple[KeptEntry, str | None]]:
    """The entries that wait still, and those that had their offer, with its hold."""
    held = {row.hold_id for row in history.kept.holds}
    for entry in history.kept.entries:
        if entry.state == "waiting":
            yield entry, None
        elif entry.hold_id in held:
            yield entry, entry.hold_id


def entries_end_as_told(history: History) -> Iterator[str]:
    """An entry is offered where it has a hold, and has left where somebody asked for that and only there.

    Whoever was told to have left is offered nothing afterwards.
    """
    held = {row.hold_id for row in history.kept.holds}
    leaving = [request for request in history.requests if request.order.action is Action.LEAVE]
    asked = {request.order.subject for request in leaving}
    told = {request.order.subject: request.final.ended_at for request in leaving if request.final.granted}
    spans = spans_of(history)
    for entry in history.kept.entries:
        whose, made = f"Entry {entry.entry_id} of {entry.buyer}", entry.hold_id in held
        if made != (entry.state == "offered"):
            yield f"{whose} is {entry.state}, and has {'an' if made else 'no'} offer"
        if entry.state == "left" and entry.entry_id not in asked:
            yield f"{whose} has left, and nobody asked for that"
        if entry.state == "waiting" and entry.entry_id in told:
            yield f"{whose} was told to have left, and waits still"
        place = spans[entry.item].account.places.get(("hold", entry.hold_id)) if entry.item in spans else None
        if place is not None and entry.entry_id in told and spans[entry.item].is_after(place, told[entry.entry_id]):
            yield f"{whose} was told to have left, and was offered units afterwards"
