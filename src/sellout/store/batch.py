"""One batch in an open transaction, as steps for any engine: load what it touches, and write what was decided.

Each kind of thing is one statement, whatever the size of the batch, and a batch runs only the statements of the
kinds that it has: one that only buys runs two or three to load and two to write. Seals are two more.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from sellout.decide import (
    BASKETS,
    Deadline,
    Found,
    Lines,
    Loaded,
    Needs,
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
from sellout.store.sealing import seal
from sellout.store.steps import (
    ITEM_COLUMNS,
    LOCK_ITEMS,
    Row,
    Steps,
    ask,
    entry_of,
    hold_of,
    item_of,
    purchase_of,
    to_json,
)

_Thing = TypeVar("_Thing")
_Keys = dict[Scope, Purchase | Hold | KeyUse]


class _Shelves(NamedTuple):
    """The items of a batch, and which of them have anything of the slower kinds to look for."""

    items: dict[str, Item]
    decided_at: Instant
    has_holds: bool
    has_used_keys: bool
    waiting: set[str]


def load(commands: Sequence[Command], *, items_are_locks: bool) -> Steps[tuple[Loaded, Instant]]:
    """What the batch touches, and the instant of its decision, which is never before an earlier one.

    Where not the transaction but its items' rows keep other batches out (`items_are_locks`), what was found by its
    id before is only good for finding the items, and is looked at again once these are locked.
    """
    wanted = needs(commands)
    found = yield from _find(wanted)
    follow(wanted, commands, found)
    locked_at = int((yield ask(LOCK_ITEMS, ids=to_json(sorted(wanted.item_ids))))[0][0])
    shelves = yield from _load_items(wanted)
    if items_are_locks and any(found):
        found = yield from _find(wanted)
    now = max(locked_at, shelves.decided_at)
    by_key = yield from _load_keys(wanted, shelves)
    uses = [use for use in by_key.values() if isinstance(use, KeyUse)]
    if uses:
        found = yield from _find_joined(uses, found)
    loaded = Loaded(
        shelves.items, by_key, purchases=found.purchases, holds=found.holds, entries=found.entries,
        payments=(yield from _load_payments(wanted)), lines=(yield from _load_lines(uses)),
    )  # fmt: skip
    if shelves.has_holds or shelves.waiting:
        loaded = yield from _with_stock(loaded, commands, shelves, now)
    return loaded._replace(bought=(yield from _load_bought(wanted, loaded, commands, shelves, now))), now


def _find(wanted: Needs) -> Steps[Found]:
    """What the commands name by id."""
    entries = yield from _by_id("load_entries", wanted.entry_ids, entry_of)
    hold_ids = wanted.hold_ids | {entry.hold_id for entry in entries.values()}
    return Found(
        purchases=(yield from _by_id("load_purchases", wanted.purchase_ids, purchase_of)),
        holds=(yield from _by_id("load_holds", hold_ids, hold_of)),
        entries=entries,
    )


def _find_joined(uses: Sequence[KeyUse], found: Found) -> Steps[Found]:
    """With the entries that keys have joined before."""
    joined = {use.subject_id for use in uses if use.action is Action.JOIN}
    entries = yield from _by_id("load_entries", joined, entry_of)
    holds = yield from _by_id("load_holds", {entry.hold_id for entry in entries.values()}, hold_of)
    return Found(found.purchases, {**found.holds, **holds}, {**found.entries, **entries})


def _by_id(statement: str, ids: set[str], thing_of: Callable[[Row], _Thing]) -> Steps[dict[str, _Thing]]:
    if not ids:
        return {}
    return {row[0]: thing_of(row) for row in (yield ask(statement, ids=to_json(sorted(ids))))}


def _load_items(wanted: Needs) -> Steps[_Shelves]:
    found = yield ask("load_items", ids=to_json(sorted(wanted.item_ids)))
    flags = [row[ITEM_COLUMNS:] for row in found]
    return _Shelves(
        items={row[0]: item_of(row) for row in found},
        decided_at=max((flag[0] for flag in flags), default=0),
        has_holds=any(flag[1] for flag in flags),
        has_used_keys=any(flag[2] for flag in flags),
        waiting={row[0] for row, flag in zip(found, flags, strict=True) if flag[3]},
    )


def _load_keys(wanted: Needs, shelves: _Shelves) -> Steps[_Keys]:
    by_key: _Keys = {}
    if not wanted.scopes:
        return by_key
    scopes = to_json(wanted.scopes)
    for row in (yield ask("load_purchase_keys", scopes=scopes)):
        by_key[row[1], row[3], row[5]] = purchase_of(row)
    if shelves.has_holds:
        for row in (yield ask("load_hold_keys", scopes=scopes)):
            by_key[row[1], row[3], row[5]] = hold_of(row)
    if shelves.has_used_keys or any(item_id == BASKETS for item_id, _, _ in wanted.scopes):
        for item_id, buyer, key, action, subject_id in (yield ask("load_used_keys", scopes=scopes)):
            by_key[item_id, buyer, key] = KeyUse(Action(action), subject_id)
    return by_key


def _load_payments(wanted: Needs) -> Steps[dict[str, str]]:
    if not wanted.payment_refs:
        return {}
    found = yield ask("load_payments", refs=to_json(sorted(wanted.payment_refs)))
    return {ref: hold_id for ref, hold_id in found}  # noqa: C416 - rows are sequences, not pairs


def _load_lines(uses: Sequence[KeyUse]) -> Steps[dict[str, Lines]]:
    lines: dict[str, Lines] = {}
    bought = {use.subject_id for use in uses if use.action is Action.BUY_BASKET}
    held = {use.subject_id for use in uses if use.action is Action.HOLD_BASKET}
    if bought:
        lines |= _by_basket((yield ask("load_basket_purchases", ids=to_json(sorted(bought)))), purchase_of)
    if held:
        lines |= _by_basket((yield ask("load_basket_holds", ids=to_json(sorted(held)))), hold_of)
    return lines


def _by_basket(found: Sequence[Row], thing_of: Callable[[Row], _Thing]) -> dict[str, list[_Thing]]:
    lines: dict[str, list[_Thing]] = defaultdict(list)
    for row in found:
        thing = thing_of(row)
        lines[thing.basket_id].append(thing)  # type: ignore[attr-defined]
    return lines


def _with_stock(loaded: Loaded, commands: Sequence[Command], shelves: _Shelves, now: Instant) -> Steps[Loaded]:
    """With the open holds that are due, the next deadlines, and those who wait for what may come free."""
    found = Found(loaded.purchases, loaded.holds, loaded.entries)
    due: list[Hold] = []
    deadlines: dict[str, Sequence[Deadline]] = {}
    waiting: dict[str, Waiting] = {}
    for item in shelves.items.values():
        ended = yield from _load_due(item, commands, now)
        due += ended
        units, waits = sum(hold.quantity for hold in ended), item.id in shelves.waiting
        if most := deadlines_wanted(item, units, commands, found, waiting=waits) if item.held else 0:
            next_ones = yield ask("load_deadlines", item_id=item.id, now=now, max=most)
            deadlines[item.id] = [(at, hold_id) for at, hold_id in next_ones]
        if waits:
            waiting[item.id] = yield from _load_waiting(item, units_to_offer(item, units, commands, found), commands)
    return loaded._replace(due=due, deadlines=deadlines, waiting=waiting)


def _load_due(item: Item, commands: Sequence[Command], now: Instant) -> Steps[list[Hold]]:
    if not item.held:
        return []
    found = yield ask("load_due", item_id=item.id, now=now, max=due_max(item.id, commands))
    return [hold_of(row) for row in found]


def _load_waiting(item: Item, units: int, commands: Sequence[Command]) -> Steps[Waiting]:
    in_all = (yield ask("count_waiting", item_id=item.id))[0][0] if somebody_joins(item.id, commands) else 0
    if units == 0:
        return Waiting(in_all=in_all)
    most = entries_wanted(units, commands, limited=limits_matter([item], commands))
    found = [entry_of(row) for row in (yield ask("load_waiting", item_id=item.id, units=units, max=most))]
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
    wanted: Needs, loaded: Loaded, commands: Sequence[Command], shelves: _Shelves, now: Instant
) -> Steps[dict[tuple[str, str], int]]:
    """Units that buyers hold and have bought, of those who can meet a limit."""
    wanted.buyers.update((item_id, entry.buyer) for item_id, line in loaded.waiting.items() for entry in line.entries)
    if not wanted.buyers or not limits_matter(shelves.items.values(), commands):
        return {}
    buyers = to_json(sorted(wanted.buyers))
    units: Counter[tuple[str, str]] = Counter()
    for item_id, buyer, quantity in (yield ask("load_bought", buyers=buyers)):
        units[item_id, buyer] += quantity
    if shelves.has_holds:
        for item_id, buyer, quantity in (yield ask("load_held", buyers=buyers, now=now)):
            units[item_id, buyer] += quantity
    return units


def write(writes: Writes, now: Instant) -> Steps[None]:
    """Put the rows of a decision into the open transaction. What others refer to goes first; seals come last."""
    if writes.added_items:
        yield ask("insert_items", items=to_json(writes.added_items), now=now)
    if writes.entries:
        yield ask("insert_entries", entries=to_json(writes.entries))
    if writes.holds:
        yield ask("insert_holds", holds=to_json(writes.holds))
    if writes.expired:
        yield ask("expire_holds", ids=to_json(writes.expired), now=now)
    if writes.purchases:
        plain = all(purchase.hold_id is purchase.basket_id is None for purchase in writes.purchases)
        statement = "insert_purchases" if plain else "insert_any_purchases"
        yield ask(statement, purchases=to_json(writes.purchases))
    yield from _write_changes(writes, now)
    if writes.changed_items:  # last, because then it shows that an item is sold out: after what has sold it out
        yield ask("update_items", items=to_json(writes.changed_items), now=now)
    if moved := [item.id for item in (*writes.added_items, *writes.changed_items)]:
        yield from seal(moved, now)


def _write_changes(writes: Writes, now: Instant) -> Steps[None]:
    if writes.changed_holds:
        changed = [(hold.id, hold.expires_at, hold.state, hold.ended_at) for hold in writes.changed_holds]
        yield ask("update_holds", holds=to_json(changed))
    if writes.refunds:
        yield ask("update_refunds", ids=to_json([purchase.id for purchase in writes.refunds]), now=now)
    if writes.changed_entries:
        yield ask("update_entries", entries=to_json([(entry.id, entry.state) for entry in writes.changed_entries]))
    if writes.used_keys:
        yield ask("insert_used_keys", uses=to_json(writes.used_keys), now=now)
    if writes.late_payments:
        yield ask("insert_late_payments", payments=to_json(writes.late_payments), now=now)
