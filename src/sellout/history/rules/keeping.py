"""Rules on what was told and asked against what is kept: purchases, holds, entries and keys. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from sellout.history.history import History
from sellout.history.kept import KeptEntry, KeptHold, KeptPurchase
from sellout.history.requests import Action, Line, Order, Request
from sellout.history.rules import replays
from sellout.history.told import ToldHold, ToldPurchase, holds_told, purchases_told
from sellout.history.waiting import ToldEntry, entries_told

Key = tuple[str, str | None]


class Source(Protocol):
    """A purchase, as far as it says what it was made of."""

    @property
    def purchase_id(self) -> str: ...

    @property
    def hold_id(self) -> str | None: ...

    @property
    def payment_ref(self) -> str | None: ...


class Sold(Source, Protocol):
    """A purchase as it is kept."""

    @property
    def buyer(self) -> str | None: ...

    @property
    def quantity(self) -> int: ...


def acknowledged_is_kept(history: History) -> Iterator[str]:
    """All that a customer was told to have is kept as it was told: purchases, holds, and entries of the waiting list.

    Promise 3: the answer leaves after the commit has reached the disk, so nothing that happens to the server afterwards
    can take it away. That it has its movement in the ledger, once, is for `counters_match_ledger`.
    """
    bought = {row.purchase_id: row for row in history.kept.purchases}
    for told in purchases_told(history.requests).values():
        row = bought.get(told.purchase_id)
        if row is None:
            yield f"{told.buyer} was told of purchase {told.purchase_id}, and there is no such purchase"
        else:
            yield from (f"Purchase {told.purchase_id} {why}" for why in kept_otherwise(told, row.item, row))
            if told.refunded is not None and row.refunded_at is None:
                yield f"Purchase {told.purchase_id} was told to be refunded and is kept as sold"
    yield from _holds_kept(history)
    yield from _entries_kept(history)


def kept_otherwise(told: ToldPurchase, item: str, kept: Sold) -> Iterator[str]:
    """How a purchase is kept with something else than its buyer was told."""
    told_as = (told.buyer, told.line.quantity, told.line.item, told.hold_id, told.payment_ref)
    kept_as = (kept.buyer, kept.quantity, item, kept.hold_id, kept.payment_ref)
    for what, was_told, is_kept in zip(("buyer", "quantity", "item", "hold", "payment"), told_as, kept_as, strict=True):
        if was_told != is_kept:
            yield f"was told with {what} {was_told} and is kept with {is_kept}"


def _holds_kept(history: History) -> Iterator[str]:
    held = {row.hold_id: row for row in history.kept.holds}
    for told in holds_told(history.requests).values():
        row = held.get(told.hold_id)
        if row is None:
            yield f"{told.buyer} was told of hold {told.hold_id}, and there is no such hold"
        elif (row.buyer, row.quantity, row.item) != (told.buyer, told.line.quantity, told.line.item):
            yield f"Hold {told.hold_id} was told to {_told_as(told)} and is kept for {_words(row)}"


def _entries_kept(history: History) -> Iterator[str]:
    entered = {row.entry_id: row for row in history.kept.entries}
    for told in entries_told(history.requests).values():
        row = entered.get(told.entry_id)
        if row is None:
            yield f"{told.buyer} was told of entry {told.entry_id}, and there is no such entry"
        elif (row.buyer, row.quantity, row.item) != (told.buyer, told.line.quantity, told.line.item):
            yield f"Entry {told.entry_id} was told to {_told_as(told)} and is kept for {_words(row)}"


def _told_as(told: ToldHold | ToldEntry) -> str:
    return f"{told.buyer} with {told.line.quantity} of {told.line.item}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, and how often it can have been granted without a key."""

    by_key: Mapping[Key, list[Order]]
    keyless: Counter[tuple[str, Action, Line]]
    about: frozenset[tuple[Action, str]]


def asked_in(requests: Iterable[Request]) -> Asked:
    """All orders, whatever they were answered."""
    by_key: dict[Key, list[Order]] = defaultdict(list)
    keyless, about = Counter[tuple[str, Action, Line]](), set[tuple[Action, str]]()
    for request in requests:
        order = request.order
        if order.key is not None:
            by_key[order.buyer, order.key].append(order)
        else:
            for line in order.lines:
                keyless[order.buyer, order.action, line] += len(request.attempts)
        if order.subject is not None:
            about.add((order.action, order.subject))
    return Asked(by_key, keyless, frozenset(about))


def nothing_unasked(history: History) -> Iterator[str]:
    """Whatever is kept was asked for: each purchase, hold, entry and key belongs to an order that was sent.

    Nobody has bought who did not ask, nobody has another quantity than asked for, and no key is there that nobody has
    issued. Promise 4: the key is a column of the purchase's own row, so that this can be told of every row.
    """
    asked = asked_in(history.requests)
    entries = {row.entry_id for row in history.kept.entries}
    for bought in history.kept.purchases:
        if not _is_asked(asked, bought, _sells(bought)):
            yield f"Purchase {bought.purchase_id} is kept for {_words(bought)}, and nobody asked for that"
    for held in history.kept.holds:
        takes = {Action.HOLD, Action.HOLD_BASKET}
        if held.entry_id is not None and held.entry_id not in entries:
            yield f"Hold {held.hold_id} is an offer to entry {held.entry_id}, and there is no such entry"
        elif held.entry_id is None and not _is_asked(asked, held, takes):
            yield f"Hold {held.hold_id} is kept for {_words(held)}, and nobody asked for that"
    yield from _keys_unasked(history, asked)
    yield from _entries_unasked(history, asked)


def _sells(bought: KeptPurchase) -> set[Action]:
    return {Action.CONFIRM} if bought.hold_id is not None else {Action.BUY, Action.BUY_BASKET}


def _is_asked(asked: Asked, row: KeptPurchase | KeptHold, actions: set[Action]) -> bool:
    line = Line(row.item, row.quantity)
    subject = row.hold_id if isinstance(row, KeptPurchase) else None
    if row.key is None:
        if subject is not None:
            return (Action.CONFIRM, subject) in asked.about
        return any(asked.keyless[row.buyer, action, line] for action in actions)
    return any(
        order.action in actions and line in order.lines and order.subject == subject
        for order in asked.by_key.get((row.buyer, row.key), ())
    )


def _words(row: KeptPurchase | KeptHold | KeptEntry) -> str:
    key = "" if isinstance(row, KeptEntry) else f" under the key {row.key}" if row.key else " without a key"
    return f"{row.buyer or 'nobody'} with {row.quantity} of {row.item}{key}"


def _keys_unasked(history: History, asked: Asked) -> Iterator[str]:
    """A refund's key is kept for the buyer, whoever has asked for it."""
    refunds = {order.key for orders in asked.by_key.values() for order in orders if order.action is Action.REFUND}
    for used in history.kept.keys:
        orders = asked.by_key.get((used.buyer, used.key), ())
        known = used.key in refunds if used.action == Action.REFUND else any(o.action == used.action for o in orders)
        if not known:
            yield f"The key {used.key} of {used.buyer} is used to {used.action}, and nobody has issued it for that"


def _entries_unasked(history: History, asked: Asked) -> Iterator[str]:
    most = Counter(asked.keyless)
    for orders in asked.by_key.values():
        most.update({(o.buyer, o.action, line) for o in orders if o.action is Action.JOIN for line in o.lines})
    entered = Counter((row.buyer, Action.JOIN, Line(row.item, row.quantity)) for row in history.kept.entries)
    for (buyer, action, line), count in entered.items():
        if count > most[buyer, action, line]:
            asked_for = f"{most[buyer, action, line]} times for {line.quantity} of {line.item}"
            yield f"{buyer} is entered {count} times in the waiting list and asked {asked_for}"


def once_per_key(history: History) -> Iterator[str]:
    """A key has one success: all its answers are the same, and at most one thing of each item is kept under it.

    Promise 4, also after a crash, on every copy, and whatever has become of the thing since. Where the network repeats
    requests the first answer may have gone to nobody.
    """
    seen = not history.network_repeats
    yield from replays.once_per_key(history.requests, first_is_seen=seen)
    kept = Counter[tuple[str, str, str]]()
    kept.update((row.item, row.buyer, row.key) for row in history.kept.purchases if row.key is not None)
    kept.update((row.item, row.buyer, row.key) for row in history.kept.holds if row.key is not None)
    kept.update((used.item, used.buyer, used.key) for used in history.kept.keys)
    for (item, buyer, key), count in kept.items():
        if count > 1:
            yield f"The key {key} of {buyer} has {count} things of {item or 'baskets'} kept under it"


def once_per_hold(history: History) -> Iterator[str]:
    """A hold makes one purchase at most, and so does a payment, whatever was told and is kept."""
    return made_more([*history.kept.purchases, *purchases_told(history.requests).values()])


def made_more(purchases: Iterable[Source]) -> Iterator[str]:
    """The holds and payments that have made several purchases."""
    made: dict[tuple[str, str], set[str]] = defaultdict(set)
    for purchase in purchases:
        for what, source in (("hold_id", purchase.hold_id), ("payment_ref", purchase.payment_ref)):
            if source is not None:
                made[what, source].add(purchase.purchase_id)
    for (what, source), ids in made.items():
        if len(ids) > 1:
            yield f"{what} {source} has made {len(ids)} purchases: {', '.join(sorted(ids))}"


def refusals_change_nothing(history: History) -> Iterator[str]:
    """Nothing is kept under a key that was only ever refused.

    Promise 4: refusals change nothing and are not stored. Where an attempt has no answer, or the network repeats
    requests, something may have been granted after the refusal; then another rule says that it must be as asked.
    """
    if history.network_repeats:
        return
    kept = history.keys_kept
    for (buyer, key), requests in replays.by_key(history.requests).items():
        refused = all(attempt.refused for request in requests for attempt in request.attempts)
        if refused and (buyer, key) in kept:
            yield f"{buyer} was told {requests[0].final} for the key {key}, and something is kept under it"


def all_lines_or_none(history: History) -> Iterator[str]:
    """A basket has all its lines or none, in what is told and in what is kept."""
    rows: dict[tuple[str, str, Action], list[Line]] = defaultdict(list)
    for bought in history.kept.purchases:
        if bought.basket_id is not None and bought.key is not None:
            rows[bought.buyer, bought.key, Action.BUY_BASKET].append(Line(bought.item, bought.quantity))
    for held in history.kept.holds:
        if held.basket_id is not None and held.key is not None:
            rows[held.buyer, held.key, Action.HOLD_BASKET].append(Line(held.item, held.quantity))
    for order in {request.order for request in history.requests}:
        found = rows.get((order.buyer, order.key or "", order.action))
        if found is not None and sorted(found) != sorted(order.lines):
            had = " and ".join(f"{line.quantity} of {line.item}" for line in found)
            yield f"{order.buyer} asked for a basket of {len(order.lines)} lines, and {had} is kept of it"
