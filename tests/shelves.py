"""A store in memory, which gives a decision what `decide.loading` names and not a row more.

Because nothing else decides what is loaded, a need that is not declared shows as a wrong outcome. What is written
has to keep to the schema: the assertions here are its constraints and triggers, said once more.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sellout.decide import (
    Deadline,
    Decision,
    Found,
    Lines,
    Loaded,
    Needs,
    Waiting,
    Writes,
    deadlines_wanted,
    decide,
    due_max,
    entries_wanted,
    follow,
    limits_matter,
    needs,
    somebody_joins,
    units_to_offer,
)
from sellout.domain import (
    Action,
    Command,
    Entry,
    EntryState,
    Hold,
    HoldState,
    Instant,
    Item,
    KeyUse,
    Kind,
    LatePayment,
    Outcome,
    Purchase,
    Refused,
    Scope,
)

NOW = 1_700_000_000_000_000

_END = {HoldState.CONFIRMED: Kind.CONFIRM, HoldState.RELEASED: Kind.RELEASE}
_NEVER_CHANGES = ("id", "item_id", "buyer", "quantity", "key", "held_at", "held_until", "basket_id", "entry_id")


class Movement(NamedTuple):
    """A row of the ledger."""

    item_id: str
    kind: Kind
    units: int
    cause: str | None
    moved_at: Instant


class Shelves:
    """A sale, as the writes of decisions leave it."""

    def __init__(self, *items: Item) -> None:
        self.items = {item.id: item for item in items}
        self.decided_at = dict.fromkeys(self.items, 0)
        self.purchases: dict[str, Purchase] = {}
        self.holds: dict[str, Hold] = {}
        self.entries: dict[str, Entry] = {}
        self.used_keys: dict[Scope, KeyUse] = {}
        self.late_payments: dict[str, LatePayment] = {}
        self.movements = [Movement(item.id, Kind.RESTOCK, item.capacity, None, 0) for item in items if item.capacity]

    def transact(self, commands: Sequence[Command], clock: Instant = NOW) -> list[Outcome]:
        """Decide and keep; `clock` is what the host's clock shows."""
        now = self.now(commands, clock)
        decision = self.decide(commands, now)
        self._write(decision.writes, now)
        self.check_books()
        return decision.outcomes

    def decide(self, commands: Sequence[Command], now: Instant = NOW) -> Decision:
        return decide(self.load(commands, now), commands, now)

    def now(self, commands: Sequence[Command], clock: Instant) -> Instant:
        """The instant of a decision: never before an earlier one that changed one of these items."""
        return max([clock, *(self.decided_at[i] for i in self._reach(commands)[0].item_ids if i in self.items)])

    # What a decision gets.

    def load(self, commands: Sequence[Command], now: Instant = NOW) -> Loaded:
        wanted, found = self._reach(commands)
        items = {i: self.items[i] for i in wanted.item_ids if i in self.items}
        by_key = {scope: first for scope in wanted.scopes if (first := self.first_of(*scope)) is not None}
        uses = [use for use in by_key.values() if isinstance(use, KeyUse)]
        found = self._with_joined(uses, found)
        due = {i: self._due(i, now)[: due_max(i, commands)] for i in items}
        units = {i: sum(hold.quantity for hold in ended) for i, ended in due.items()}
        waiting = {
            i: self._waiting(i, units_to_offer(item, units[i], commands, found), commands)
            for i, item in items.items()
            if self._queue(i)
        }
        wanted.buyers.update((i, entry.buyer) for i, line in waiting.items() for entry in line.entries)
        bought: dict[tuple[str, str], int] = {}
        if limits_matter(list(items.values()), commands):
            bought = {whose: has for whose in wanted.buyers if (has := self.units_of(*whose, now))}
        return Loaded(
            items=items,
            by_key=by_key,
            bought=bought,
            purchases=found.purchases,
            holds=found.holds,
            entries=found.entries,
            due=[hold for ended in due.values() for hold in ended],
            deadlines={
                i: self._deadlines(i, now)[: deadlines_wanted(item, units[i], commands, found, waiting=i in waiting)]
                for i, item in items.items()
            },
            waiting=waiting,
            payments={ref: use for ref in wanted.payment_refs if (use := self._payment(ref)) is not None},
            lines={use.subject_id: self._lines(use) for use in uses if "basket" in use.action},
        )

    def _reach(self, commands: Sequence[Command]) -> tuple[Needs, Found]:
        """What the commands name, and what that leads to."""
        wanted = needs(commands)
        entries = {i: self.entries[i] for i in wanted.entry_ids if i in self.entries}
        hold_ids = wanted.hold_ids | {entry.hold_id for entry in entries.values()}
        found = Found(
            purchases={i: self.purchases[i] for i in wanted.purchase_ids if i in self.purchases},
            holds={i: self.holds[i] for i in hold_ids if i in self.holds},
            entries=entries,
        )
        follow(wanted, commands, found)
        return wanted, found

    def _with_joined(self, uses: Iterable[KeyUse], found: Found) -> Found:
        """With the entries that keys have joined before, and their offers."""
        joined = {use.subject_id: self.entries[use.subject_id] for use in uses if use.action is Action.JOIN}
        offers = {entry.hold_id: self.holds[entry.hold_id] for entry in joined.values() if entry.hold_id in self.holds}
        return Found(found.purchases, {**found.holds, **offers}, {**found.entries, **joined})

    def _due(self, item_id: str, now: Instant) -> list[Hold]:
        return sorted((hold for hold in self.open_holds(item_id) if hold.is_due(now)), key=lambda hold: hold.expires_at)

    def _deadlines(self, item_id: str, now: Instant) -> list[Deadline]:
        return sorted((hold.expires_at, hold.id) for hold in self.open_holds(item_id) if not hold.is_due(now))

    def _queue(self, item_id: str) -> list[Entry]:
        """Those who wait, in the order of their coming."""
        return [e for e in self.entries.values() if e.item_id == item_id and e.state is EntryState.WAITING]

    def _waiting(self, item_id: str, units: int, commands: Sequence[Command]) -> Waiting:
        limited = limits_matter([self.items[item_id]], commands)
        most, seen = entries_wanted(units, commands, limited=limited), Counter[int]()
        entries: list[Entry] = []
        for entry in self._queue(item_id):
            seen[entry.quantity] += entry.quantity <= units
            if 0 < seen[entry.quantity] <= most:
                entries.append(entry)
        more = frozenset(quantity for quantity, count in seen.items() if count > most)
        return Waiting(entries, more, len(self._queue(item_id)) if somebody_joins(item_id, commands) else 0)

    def _payment(self, ref: str) -> str | None:
        for purchase in self.purchases.values():
            if purchase.payment_ref == ref and purchase.hold_id is not None:
                return purchase.hold_id
        return self.late_payments[ref].hold_id if ref in self.late_payments else None

    def _lines(self, use: KeyUse) -> Lines:
        if use.action is Action.BUY_BASKET:
            return [purchase for purchase in self.purchases.values() if purchase.basket_id == use.subject_id]
        return [hold for hold in self.holds.values() if hold.basket_id == use.subject_id]

    def first_of(self, item_id: str, buyer: str, key: str | None) -> Purchase | Hold | KeyUse | None:
        """What an idempotency key was used for."""
        if key is None:
            return None
        things: list[Purchase | Hold] = [*self.purchases.values(), *self.holds.values()]
        same = (thing for thing in things if (thing.item_id, thing.buyer, thing.key) == (item_id, buyer, key))
        return next(same, self.used_keys.get((item_id, buyer, key)))

    def units_of(self, item_id: str, buyer: str, now: Instant) -> int:
        """Units that a buyer has and has not given back, or holds."""
        kept = [p.quantity for p in self.kept(item_id) if p.buyer == buyer]
        held = [h.quantity for h in self.open_holds(item_id) if h.buyer == buyer and not h.is_due(now)]
        return sum(kept) + sum(held)

    def kept(self, item_id: str) -> list[Purchase]:
        """The purchases of an item that are not refunded."""
        return [p for p in self.purchases.values() if p.item_id == item_id and p.refunded_at is None]

    def open_holds(self, item_id: str) -> list[Hold]:
        """The holds of an item whose units are held, as far as was written."""
        return [hold for hold in self.holds.values() if hold.item_id == item_id and hold.is_open]

    # What a decision leaves.

    def _write(self, writes: Writes, now: Instant) -> None:
        self._write_items(writes, now)
        for entry in writes.entries:
            assert entry.id not in self.entries, "an entry is written once"
            self.entries[entry.id] = entry._replace(no=len(self.entries) + 1)
        for hold in writes.holds:
            self._add_hold(hold)
        for hold_id in writes.expired:
            self._end(self.holds[hold_id]._replace(state=HoldState.EXPIRED, ended_at=now), Kind.EXPIRE)
        for purchase in writes.purchases:
            self._add_purchase(purchase)
        for hold in writes.changed_holds:
            self._change_hold(hold)
        for purchase in writes.refunds:
            self._refund(purchase)
        for entry in writes.changed_entries:
            self._change_entry(entry)
        for scope, use in writes.used_keys:
            assert self.first_of(*scope) is None, "a key means one request"
            self.used_keys[scope] = use
        for late in writes.late_payments:
            assert self._payment(late.payment_ref) is None, "a payment has come for one hold"
            self.late_payments[late.payment_ref] = late

    def _write_items(self, writes: Writes, now: Instant) -> None:
        for item in writes.added_items:
            assert item.id not in self.items, "an item is added once"
        for item in (*writes.added_items, *writes.changed_items):
            difference = item.capacity - (self.items[item.id].capacity if item.id in self.items else 0)
            if difference:
                self.movements.append(Movement(item.id, Kind.RESTOCK, difference, None, now))
            self.items[item.id] = item
            self.decided_at[item.id] = now

    def _add_purchase(self, purchase: Purchase) -> None:
        assert purchase.id not in self.purchases, "a purchase is written once"
        assert purchase.refunded_at is None, "a purchase is sold before it is refunded"
        assert self.first_of(purchase.item_id, purchase.buyer, purchase.key) is None, "a key means one request"
        for other in self.purchases.values():
            assert purchase.hold_id is None or other.hold_id != purchase.hold_id, "one purchase per hold"
            assert purchase.payment_ref is None or other.payment_ref != purchase.payment_ref, "one hold per payment"
        assert purchase.payment_ref not in self.late_payments, "a payment that is given back confirms nothing"
        self.purchases[purchase.id] = purchase
        self.movements.append(
            Movement(purchase.item_id, Kind.BUY, purchase.quantity, purchase.id, purchase.purchased_at)
        )

    def _refund(self, purchase: Purchase) -> None:
        assert self.purchases[purchase.id].refunded_at is None, "a purchase is refunded once"
        assert purchase.refunded_at is not None, "a refund has its time"
        self.purchases[purchase.id] = purchase
        refunded = Movement(purchase.item_id, Kind.REFUND, -purchase.quantity, purchase.id, purchase.refunded_at)
        self.movements.append(refunded)

    def _add_hold(self, hold: Hold) -> None:
        assert hold.id not in self.holds, "a hold is written once"
        assert hold.state is HoldState.HELD, "a hold is written as it was taken"
        assert self.first_of(hold.item_id, hold.buyer, hold.key) is None, "a key means one request"
        self.holds[hold.id] = hold
        self.movements.append(Movement(hold.item_id, Kind.HOLD, hold.quantity, hold.id, hold.held_at))

    def _change_hold(self, hold: Hold) -> None:
        before = self.holds[hold.id]
        for member in _NEVER_CHANGES:
            assert getattr(hold, member) == getattr(before, member), f"{member} of a hold never changes"
        if hold.is_open:
            assert before.is_open, "a hold that has ended stays ended"
            self.holds[hold.id] = hold
        elif before.is_open:
            self._end(hold, _END[hold.state])
        else:
            assert (before.state, hold.state) == (HoldState.EXPIRED, HoldState.CONFIRMED), "the one way out of an end"
            self.holds[hold.id] = hold

    def _end(self, hold: Hold, kind: Kind) -> None:
        assert self.holds[hold.id].is_open, "a hold ends once"
        assert hold.ended_at is not None, "an end has its time"
        self.holds[hold.id] = hold
        self.movements.append(Movement(hold.item_id, kind, -hold.quantity, hold.id, hold.ended_at))

    def _change_entry(self, entry: Entry) -> None:
        before = self.entries[entry.id]
        assert before.state is EntryState.WAITING, "an entry that waits no longer stays as it is"
        self.entries[entry.id] = before._replace(state=entry.state)

    def check_books(self) -> None:
        """Never oversold; counters, rows and the ledger tell the same sale."""
        for item in self.items.values():
            assert item.sold >= 0
            assert item.held >= 0
            assert item.sold + item.held <= item.capacity, "never oversold"
            assert item.sold == sum(purchase.quantity for purchase in self.kept(item.id)), "sold is what is kept"
            assert item.held == sum(hold.quantity for hold in self.open_holds(item.id)), "held is what is open"
            moved = {kind: sum(m.units for m in self.movements if m[:2] == (item.id, kind)) for kind in Kind}
            assert item.capacity == moved[Kind.RESTOCK]
            assert item.sold == moved[Kind.BUY] + moved[Kind.REFUND]
            ends = moved[Kind.CONFIRM] + moved[Kind.RELEASE] + moved[Kind.EXPIRE]
            assert item.held == moved[Kind.HOLD] + ends


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    """What each command got, in a word: the reason of a refusal, or the name of the outcome."""
    return [str(outcome.reason) if isinstance(outcome, Refused) else type(outcome).__name__ for outcome in outcomes]
