"""Events in the outbox and the things that they are about, as steps for any engine."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sellout.domain import BuyerTokens, Entry, Hold, Item, Purchase
from sellout.domain.events import Event, EventType, Offer, Subject
from sellout.store.steps import ITEM_COLUMNS, Row, Steps, ask, entry_of, hold_of, item_of, purchase_of, to_json

_OF_PURCHASES = {EventType.PURCHASE_CREATED, EventType.PURCHASE_REFUNDED}


class _Things(NamedTuple):
    """What events are about, by id."""

    purchases: dict[str, Purchase]
    holds: dict[str, Hold]
    entries: dict[str, Entry]


def event(event_no: int) -> Steps[Event | None]:
    """An event by its number."""
    return next(iter((yield from events_of((yield ask("event", no=event_no))))), None)


def latest_events(limit: int) -> Steps[list[Event]]:
    """The newest events, the newest first."""
    return (yield from events_of((yield ask("latest_events", limit=limit))))


def next_events(item_id: str, types: Sequence[EventType], after: int, limit: int) -> Steps[list[Event]]:
    """Events of an item that follow the place `after`."""
    rows = yield ask("next_events", item_id=item_id, types=to_json(types), after=after, limit=limit)
    return (yield from events_of(rows))


def events_of(rows: Sequence[Row]) -> Steps[list[Event]]:
    """The events that rows are, each with its thing. One whose thing is not there cannot be told: it is left out."""
    things = yield from _things(rows)
    events = []
    for no, token, kind, item_id, subject_id, item, occurred_at in rows:
        subject = _subject(EventType(kind), subject_id, item, things)
        if subject is not None:
            events.append(Event(no, token, EventType(kind), item_id, subject, occurred_at))
    return events


def _item_then(text: str) -> Item:
    """An item as an event keeps it. From before buyers could be asked for a token, it says nothing of that."""
    members = json.loads(text)
    return item_of([*members, BuyerTokens.OPTIONAL] if len(members) < ITEM_COLUMNS else members)


def _things(rows: Sequence[Row]) -> Steps[_Things]:
    named: dict[EventType, set[str]] = {kind: set() for kind in EventType}
    for row in rows:
        named[EventType(row[2])].add(row[4])
    entries = {row[0]: entry_of(row) for row in (yield from _by_id("load_entries", named[EventType.WAITLIST_OFFERED]))}
    hold_ids = named[EventType.HOLD_EXPIRED] | {entry.hold_id for entry in entries.values()}
    holds = yield from _by_id("load_holds", hold_ids)
    purchase_ids = named[EventType.PURCHASE_CREATED] | named[EventType.PURCHASE_REFUNDED]
    purchases = yield from _by_id("load_purchases", purchase_ids)
    return _Things({row[0]: purchase_of(row) for row in purchases}, {row[0]: hold_of(row) for row in holds}, entries)


def _by_id(statement: str, ids: set[str]) -> Steps[Sequence[Row]]:
    return (yield ask(statement, ids=to_json(sorted(ids)))) if ids else ()


def _subject(kind: EventType, subject_id: str, item: str | None, things: _Things) -> Subject | None:
    if kind in _OF_PURCHASES:
        return things.purchases.get(subject_id)
    if kind is EventType.HOLD_EXPIRED:
        return things.holds.get(subject_id)
    if kind is EventType.ITEM_SOLD_OUT:
        return _item_then(item or "null")
    entry = things.entries.get(subject_id)
    hold = None if entry is None else things.holds.get(entry.hold_id)
    return None if entry is None or hold is None else Offer(entry, hold)
