"""One batch on an open SQLite transaction: load what it touches, and write what was decided.

Each kind of thing is one statement, whatever the size of the batch, and a batch runs only the statements of the
kinds that it has: one that only buys runs two or three to load and two to write.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import apsw

from sellout.decide import (
    BASKETS,
    Deadline,
    Found,
    Lines,
    Loaded,
    Needs,
    PaymentUse,
    Waiting,
    Writes,
    deadlines_wanted,
    due_max,
    entries_wanted,
    follow,
    limits_matter,
    needs,
    somebody_joins,
    units_to_offer,
)
from sellout.domain import Action, Command, Entry, Hold, Instant, Item, KeyUse, Purchase, Scope
from sellout.store.clock import Clock
from sellout.store.sqlite_rows import ITEM_COLUMNS, Row, entry_of, hold_of, item_of, purchase_of, rows, to_json

_Thing = TypeVar("_Thing")
_Keys = dict[Scope, Purchase | Hold | KeyUse]


class _Shelves(NamedTuple):
    """The items of a batch, and which of them have anything of the slower kinds to look for."""

    items: dict[str, Item]
    decided_at: Instant
    has_holds: bool
    has_used_keys: bool
    waiting: set[str]


def load(writer: apsw.Connection, commands: Sequence[Command], clock: Clock) -> tuple[Loaded, Instant]:
    """What the batch touches, and the instant of its decision, which is never before an earlier one."""
    wanted = needs(commands)
    found = _find(writer, wanted)
    follow(wanted, commands, found)
    shelves = _load_items(writer, wanted)
    now = max(clock(), shelves.decided_at)
    by_key = _load_keys(writer, wanted, shelves)
    uses = [use for use in by_key.values() if isinstance(use, KeyUse)]
    if uses:
        found = _find_joined(writer, uses, found)
    loaded = Loaded(
        shelves.items, by_key, purchases=found.purchases, holds=found.holds, entries=found.entries,
        payments=_load_payments(writer, wanted), lines=_load_lines(writer, uses),
    )  # fmt: skip
    if shelves.has_holds or shelves.waiting:
        loaded = _with_stock(writer, loaded, commands, shelves, now)
    return loaded._replace(bought=_load_bought(writer, wanted, loaded, commands, shelves, now)), now


def _find(writer: apsw.Connection, wanted: Needs) -> Found:
    """What the commands name by id."""
    entries = _by_id(writer, "load_entries", wanted.entry_ids, entry_of)
    hold_ids = wanted.hold_ids | {entry.hold_id for entry in entries.values()}
    return Found(
        purchases=_by_id(writer, "load_purchases", wanted.purchase_ids, purchase_of),
        holds=_by_id(writer, "load_holds", hold_ids, hold_of),
        entries=entries,
    )


def _find_joined(writer: apsw.Connection, uses: Sequence[KeyUse], found: Found) -> Found:
    """With the entries that keys have joined before."""
    joined = {use.subject_id for use in uses if use.action is Action.JOIN}
    entries = _by_id(writer, "load_entries", joined, entry_of)
    holds = _by_id(writer, "load_holds", {entry.hold_id for entry in entries.values()}, hold_of)
    return Found(found.purchases, {**found.holds, **holds}, {**found.entries, **entries})


def _by_id(
    writer: apsw.Connection, statement: str, ids: set[str], thing_of: Callable[[Row], _Thing]
) -> dict[str, _Thing]:
    if not ids:
        return {}
    return {row[0]: thing_of(row) for row in rows(writer, statement, ids=to_json(sorted(ids)))}


def _load_items(writer: apsw.Connection, wanted: Needs) -> _Shelves:
    found = rows(writer, "load_items", ids=to_json(sorted(wanted.item_ids)))
    flags = [row[ITEM_COLUMNS:] for row in found]
    return _Shelves(
        items={row[0]: item_of(row) for row in found},
        decided_at=max((flag[0] for flag in flags), default=0),
        has_holds=any(flag[1] for flag in flags),
        has_used_keys=any(flag[2] for flag in flags),
        waiting={row[0] for row, flag in zip(found, flags, strict=True) if flag[3]},
    )


def _load_keys(writer: apsw.Connection, wanted: Needs, shelves: _Shelves) -> _Keys:
    by_key: _Keys = {}
    if not wanted.scopes:
        return by_key
    scopes = to_json(wanted.scopes)
    for row in rows(writer, "load_purchase_keys", scopes=scopes):
        by_key[row[1], row[3], row[5]] = purchase_of(row)
    if shelves.has_holds:
        for row in rows(writer, "load_hold_keys", scopes=scopes):
            by_key[row[1], row[3], row[5]] = hold_of(row)
    if shelves.has_used_keys or any(item_id == BASKETS for item_id, _, _ in wanted.scopes):
        for item_id, buyer, key, action, subject_id in rows(writer, "load_used_keys", scopes=scopes):
            by_key[item_id, buyer, key] = KeyUse(Action(action), subject_id)
    return by_key


def _load_payments(writer: apsw.Connection, wanted: Needs) -> dict[str, PaymentUse]:
    if not wanted.payment_refs:
        return {}
    found = rows(writer, "load_payments", refs=to_json(sorted(wanted.payment_refs)))
    return {ref: PaymentUse(hold_id, bool(late)) for ref, hold_id, late in found}


def _load_lines(writer: apsw.Connection, uses: Sequence[KeyUse]) -> dict[str, Lines]:
    lines: dict[str, Lines] = {}
    bought = {use.subject_id for use in uses if use.action is Action.BUY_BASKET}
    held = {use.subject_id for use in uses if use.action is Action.HOLD_BASKET}
    if bought:
        lines |= _by_basket(rows(writer, "load_basket_purchases", ids=to_json(sorted(bought))), purchase_of)
    if held:
        lines |= _by_basket(rows(writer, "load_basket_holds", ids=to_json(sorted(held))), hold_of)
    return lines


def _by_basket(found: Sequence[Row], thing_of: Callable[[Row], _Thing]) -> dict[str, list[_Thing]]:
    lines: dict[str, list[_Thing]] = defaultdict(list)
    for row in found:
        thing = thing_of(row)
        lines[thing.basket_id].append(thing)  # type: ignore[attr-defined]
    return lines


def _with_stock(
    writer: apsw.Connection, loaded: Loaded, commands: Sequence[Command], shelves: _Shelves, now: Instant
) -> Loaded:
    """With the open holds that are due, the next deadlines, and those who wait for what may come free."""
    found = Found(loaded.purchases, loaded.holds, loaded.entries)
    due: list[Hold] = []
    deadlines: dict[str, list[Deadline]] = {}
    waiting: dict[str, Waiting] = {}
    for item in shelves.items.values():
        ended = _load_due(writer, item, commands, now)
        due += ended
        units, waits = sum(hold.quantity for hold in ended), item.id in shelves.waiting
        if most := deadlines_wanted(item, units, commands, waiting=waits) if item.held else 0:
            deadlines[item.id] = rows(writer, "load_deadlines", item_id=item.id, now=now, max=most)
        if waits:
            waiting[item.id] = _load_waiting(writer, item, units_to_offer(item, units, commands, found), commands)
    return loaded._replace(due=due, deadlines=deadlines, waiting=waiting)


def _load_due(writer: apsw.Connection, item: Item, commands: Sequence[Command], now: Instant) -> list[Hold]:
    if not item.held:
        return []
    found = rows(writer, "load_due", item_id=item.id, now=now, max=due_max(item.id, commands))
    return [hold_of(row) for row in found]


def _load_waiting(writer: apsw.Connection, item: Item, units: int, commands: Sequence[Command]) -> Waiting:
    in_all = rows(writer, "count_waiting", item_id=item.id)[0][0] if somebody_joins(item.id, commands) else 0
    if units == 0:
        return Waiting(in_all=in_all)
    most = entries_wanted(units, commands)
    found = [entry_of(row) for row in rows(writer, "load_waiting", item_id=item.id, units=units, max=most)]
    found.sort(key=lambda entry: entry.no)
    more = {quantity for quantity, count in Counter(entry.quantity for entry in found).items() if count > most}
    return Waiting([*_first_of_each(found, most)], frozenset(more), in_all)


def _first_of_each(entries: Sequence[Entry], most: int) -> Iterator[Entry]:
    """The first `most` entries of each quantity."""
    seen: Counter[int] = Counter()
    for entry in entries:
        seen[entry.quantity] += 1
        if seen[entry.quantity] <= most:
            yield entry


def _load_bought(
    writer: apsw.Connection, wanted: Needs, loaded: Loaded, commands: Sequence[Command], shelves: _Shelves, now: Instant
) -> dict[tuple[str, str], int]:
    """Units that buyers hold and have bought, of those who can meet a limit."""
    wanted.buyers.update((item_id, entry.buyer) for item_id, line in loaded.waiting.items() for entry in line.entries)
    if not wanted.buyers or not limits_matter(shelves.items.values(), commands):
        return {}
    buyers = to_json(sorted(wanted.buyers))
    units: Counter[tuple[str, str]] = Counter()
    for item_id, buyer, quantity in rows(writer, "load_bought", buyers=buyers):
        units[item_id, buyer] += quantity
    if shelves.has_holds:
        for item_id, buyer, quantity in rows(writer, "load_held", buyers=buyers, now=now):
            units[item_id, buyer] += quantity
    return units


def write(writer: apsw.Connection, writes: Writes, now: Instant) -> None:
    """Put the rows of a decision into the open transaction. What others refer to goes first."""
    if writes.added_items:
        rows(writer, "insert_items", items=to_json(writes.added_items), now=now)
    if writes.changed_items:
        rows(writer, "update_items", items=to_json(writes.changed_items), now=now)
    if writes.entries:
        rows(writer, "insert_entries", entries=to_json(writes.entries))
    if writes.holds:
        rows(writer, "insert_holds", holds=to_json(writes.holds))
    if writes.expired:
        rows(writer, "expire_holds", ids=to_json(writes.expired), now=now)
    if writes.purchases:
        plain = all(purchase.hold_id is purchase.basket_id is None for purchase in writes.purchases)
        statement = "insert_purchases" if plain else "insert_any_purchases"
        rows(writer, statement, purchases=to_json(writes.purchases))
    _write_changes(writer, writes, now)


def _write_changes(writer: apsw.Connection, writes: Writes, now: Instant) -> None:
    if writes.changed_holds:
        changed = [(hold.id, hold.expires_at, hold.state, hold.ended_at) for hold in writes.changed_holds]
        rows(writer, "update_holds", holds=to_json(changed))
    if writes.refunds:
        rows(writer, "update_refunds", ids=to_json([purchase.id for purchase in writes.refunds]), now=now)
    if writes.changed_entries:
        rows(writer, "update_entries", entries=to_json([(entry.id, entry.state) for entry in writes.changed_entries]))
    if writes.used_keys:
        rows(writer, "insert_used_keys", uses=to_json(writes.used_keys), now=now)
    if writes.late_payments:
        rows(writer, "insert_late_payments", payments=to_json(writes.late_payments), now=now)
