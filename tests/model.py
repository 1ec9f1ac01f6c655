"""A whole sale in the plainest way: lists and loops, one command at a time.

It says what Sellout is to do. It shares the words of the domain with the program, and no rule: nothing of `decide`
is used here. Counters are not kept but counted; a key remembers its request and its answer; and after every command
the free units go to those who wait. It is slow, and there is little in it that could be wrong.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sellout.domain import (
    ANONYMOUS,
    ANY_BUYER,
    AddItem,
    BasketBought,
    BasketHeld,
    Bought,
    Buy,
    BuyBasket,
    BuyerTokens,
    ChangeItem,
    Command,
    ConfirmHold,
    Entry,
    EntryState,
    Held,
    Hold,
    HoldBasket,
    HoldState,
    Instant,
    Item,
    ItemSaved,
    Joined,
    JoinWaitlist,
    Kind,
    LatePayment,
    LeaveWaitlist,
    Left,
    Line,
    NewPurchases,
    Outcome,
    PayHold,
    Purchase,
    Reason,
    Refund,
    Refunded,
    Refused,
    Released,
    ReleaseHold,
    Settle,
    Settled,
    TakeHold,
)

SECOND = 1_000_000

Key = tuple[str, str, str]
"""Item, buyer and idempotency key; a basket's item is empty."""

_Line = Buy | TakeHold | Line
_Order = Buy | TakeHold | BuyBasket | HoldBasket
_GoOn = PayHold | ConfirmHold | ReleaseHold | Refund | LeaveWaitlist

Request = tuple[object, ...]
"""What a request asks, but for its key and the ids that it would make."""


class First(NamedTuple):
    """What a key was used for first, and the answer to that."""

    request: Request
    answer: Outcome


class Moved(NamedTuple):
    """Units that moved, and the purchase or the hold that was the cause."""

    item_id: str
    kind: Kind
    units: int
    cause: str | None
    at: Instant


class Model:
    """One sale. `sold` and `held` of its items stay zero: they are counted when they are wanted."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.purchases: dict[str, Purchase] = {}
        self.holds: dict[str, Hold] = {}
        self.entries: dict[str, Entry] = {}
        self.late_payments: list[LatePayment] = []
        self.firsts: dict[Key, First] = {}
        self.movements: list[Moved] = []
        self.moved_at: dict[str, Instant] = {}

    def transact(self, commands: Sequence[Command], clock: Instant) -> list[Outcome]:
        """What each of the commands gets, if the clock shows `clock`. A batch has one time, which never runs back."""
        about = {item_id for command in commands for item_id in self._items_of(command)}
        now = max([clock, *(self.moved_at.get(item_id, 0) for item_id in about)])
        for item_id in about:
            self._settle(item_id, now)
        return [self._run(command, now) for command in commands]

    # What can be seen.

    def item_at(self, item_id: str, clock: Instant) -> Item:
        """An item as a reader sees it: what is held by holds past their deadline is free."""
        now = self.now_of(item_id, clock)
        held = sum(hold.quantity for hold in self._open_holds(item_id) if hold.expires_at > now)
        return self.items[item_id]._replace(sold=self._sold(item_id), held=held)

    def hold_at(self, hold_id: str, clock: Instant) -> Hold:
        """A hold as a reader sees it: expired from its deadline on."""
        hold = self.holds[hold_id]
        is_over = hold.ended_at is None and hold.expires_at <= self.now_of(hold.item_id, clock)
        return hold._replace(state=HoldState.EXPIRED) if is_over else hold

    def got_by_key(self, key: Key, clock: Instant) -> Purchase | Hold | Entry | None:
        """What a key has got of an item, as it stands now."""
        for purchase in self.purchases.values():
            if (purchase.item_id, purchase.buyer, purchase.key) == key:
                return purchase
        for hold in self.holds.values():
            if (hold.item_id, hold.buyer, hold.key) == key:
                return self.hold_at(hold.id, clock)
        answer = self.firsts[key].answer if key in self.firsts else None
        return self.entries[answer.entry.id] if isinstance(answer, Joined) else None

    def search_purchases(self, item_id: str, text: str) -> list[Purchase]:
        """The purchase with this id, and those of buyers whose names begin so."""
        of_item = [purchase for purchase in self.purchases.values() if purchase.item_id == item_id]
        of_buyers = [p for p in of_item if p.buyer.startswith(text) and p.id != text]
        return [p for p in of_item if p.id == text] + sorted(of_buyers, key=lambda p: p.buyer)

    def sold_by(self, item_id: str, at: Instant) -> int:
        """Units that were sold by an instant, without those that had been refunded by then."""
        sold = [p for p in self.purchases.values() if p.item_id == item_id and p.purchased_at <= at]
        return sum(p.quantity for p in sold if p.refunded_at is None or p.refunded_at > at)

    def bought_after(self, number: int) -> dict[str, NewPurchases]:
        """What was bought of each item after so many purchases of all items."""
        new: dict[str, NewPurchases] = {}
        for purchase in list(self.purchases.values())[number:]:
            purchases, units = new.get(purchase.item_id, (0, 0))
            new[purchase.item_id] = NewPurchases(purchases + 1, units + purchase.quantity)
        return new

    def place_of(self, entry: Entry) -> int:
        """The present place of an entry among those who wait: 1 is the next."""
        return 1 + [other.id for other in self._waiting(entry.item_id)].index(entry.id)

    def is_waited_for(self, item_id: str, clock: Instant) -> bool:
        """Whether somebody waits for units that are free: due, but not done before the next decision."""
        now = self.now_of(item_id, clock)
        free = self.item_at(item_id, clock).available
        fits = any(entry.quantity <= free for entry in self._waiting(item_id))
        return fits and self._why_no_sale(self.items[item_id], now) is None

    def now_of(self, item_id: str, clock: Instant) -> Instant:
        """The time of an item."""
        return max(clock, self.moved_at[item_id])

    def counters(self, item_id: str) -> Item:
        """An item as it was written."""
        return self.items[item_id]._replace(sold=self._sold(item_id), held=self._held(item_id))

    # Counting.

    def _sold(self, item_id: str) -> int:
        return sum(p.quantity for p in self.purchases.values() if p.item_id == item_id and p.refunded_at is None)

    def _held(self, item_id: str) -> int:
        return sum(hold.quantity for hold in self._open_holds(item_id))

    def _free(self, item_id: str) -> int:
        return self.items[item_id].capacity - self._sold(item_id) - self._held(item_id)

    def _open_holds(self, item_id: str) -> list[Hold]:
        return [hold for hold in self.holds.values() if hold.item_id == item_id and hold.ended_at is None]

    def _waiting(self, item_id: str) -> list[Entry]:
        return [e for e in self.entries.values() if e.item_id == item_id and e.state is EntryState.WAITING]

    def _is_too_much(self, item: Item, buyer: str, quantity: int) -> bool:
        if item.limit_per_buyer is None or buyer == ANONYMOUS:
            return False
        bought = [p.quantity for p in self.purchases.values()
                  if p.item_id == item.id and p.buyer == buyer and p.refunded_at is None]  # fmt: skip
        held = [hold.quantity for hold in self._open_holds(item.id) if hold.buyer == buyer]
        return sum(bought) + sum(held) + quantity > item.limit_per_buyer

    # One command.

    def _run(self, command: Command, now: Instant) -> Outcome:
        answer = self._unknown(command) or self._unproven(command) or self._repeated(command) or self._do(command, now)
        for item_id in self._items_of(command):
            self._settle(item_id, now)
        if not isinstance(answer, Refused):
            for key in self._keys_of(command):
                self.firsts.setdefault(key, First(_request(command), answer))
        return answer

    def _items_of(self, command: Command) -> Iterator[str]:
        """The items that a command is about, if they are there."""
        match command:
            case Buy() | TakeHold() | JoinWaitlist() | Settle() | ChangeItem():
                named = [command.item_id]
            case PayHold() | ConfirmHold() | ReleaseHold():
                named = [self.holds[command.hold_id].item_id] if command.hold_id in self.holds else []
            case Refund():
                known = command.purchase_id in self.purchases
                named = [self.purchases[command.purchase_id].item_id] if known else []
            case LeaveWaitlist():
                named = [self.entries[command.entry_id].item_id] if command.entry_id in self.entries else []
            case BuyBasket() | HoldBasket():
                named = [line.item_id for line in command.lines]
            case AddItem():
                named = [command.item.id]
        yield from (item_id for item_id in dict.fromkeys(named) if item_id in self.items)

    def _unknown(self, command: Command) -> Refused | None:
        match command:
            case Buy() | TakeHold() | JoinWaitlist() | Settle() | ChangeItem() if command.item_id not in self.items:
                return Refused(Reason.UNKNOWN_ITEM)
            case PayHold() | ConfirmHold() | ReleaseHold() if command.hold_id not in self.holds:
                return Refused(Reason.UNKNOWN_HOLD)
            case Refund() if command.purchase_id not in self.purchases:
                return Refused(Reason.UNKNOWN_PURCHASE)
            case LeaveWaitlist() if command.entry_id not in self.entries:
                return Refused(Reason.UNKNOWN_ENTRY)
        return None

    def _unproven(self, command: Command) -> Refused | None:
        """Of an item that asks for a proof, others get nothing, and what they name is not there for them."""
        match command:
            case Buy() | TakeHold() | JoinWaitlist() if not self._is_proven(command.item_id, command.buyer, command):
                return Refused(Reason.UNAUTHORIZED)
            case PayHold() | ConfirmHold() | ReleaseHold():
                hold = self.holds[command.hold_id]
                return None if self._is_proven(hold.item_id, hold.buyer, command) else Refused(Reason.UNKNOWN_HOLD)
            case LeaveWaitlist():
                entry = self.entries[command.entry_id]
                return None if self._is_proven(entry.item_id, entry.buyer, command) else Refused(Reason.UNKNOWN_ENTRY)
            case BuyBasket() | HoldBasket():
                for number, line in enumerate(command.lines):
                    if line.item_id in self.items and not self._is_proven(line.item_id, command.buyer, command):
                        return Refused(Reason.UNAUTHORIZED, line=number, item_id=line.item_id)
        return None

    def _is_proven(self, item_id: str, buyer: str, command: _Order | _GoOn | JoinWaitlist) -> bool:
        is_free = self.items[item_id].buyer_tokens is BuyerTokens.OPTIONAL
        return is_free or getattr(command, "proven", None) in (buyer, ANY_BUYER)

    def _keys_of(self, command: Command) -> list[Key]:
        """Where the command's key has its meaning: its item and buyer; a basket's key in each of its items, too."""
        match command:
            case Buy() | TakeHold() | JoinWaitlist():
                where = [(command.item_id, command.buyer)]
            case PayHold() | ConfirmHold():
                where = [(self.holds[command.hold_id].item_id, self.holds[command.hold_id].buyer)]
            case Refund():
                where = [(self.purchases[command.purchase_id].item_id, self.purchases[command.purchase_id].buyer)]
            case BuyBasket() | HoldBasket():
                where = [("", command.buyer), *((line.item_id, command.buyer) for line in command.lines)]
            case _:
                return []
        return [(*place, command.key) for place in where if command.key is not None]

    def _repeated(self, command: Command) -> Outcome | None:
        """The same key and the same request get the first answer again; any other request is refused."""
        for key in self._keys_of(command):
            if key in self.firsts:
                first = self.firsts[key]
                same = first.request == _request(command)
                return _again(first.answer) if same else Refused(Reason.KEY_REUSED)
        return None

    def _do(self, command: Command, now: Instant) -> Outcome:
        match command:
            case Buy():
                return self._buy(command, now)
            case TakeHold():
                return self._take(command, now)
            case JoinWaitlist():
                return self._join(command, now)
            case BuyBasket() | HoldBasket():
                return self._basket(command, now)
            case PayHold() | ConfirmHold() | ReleaseHold() | Refund() | LeaveWaitlist():
                return self._go_on(command, now)
            case AddItem():
                return self._add(command.item, now)
            case ChangeItem():
                return self._change(command, now)
            case Settle():
                return Settled()

    def _go_on(self, command: _GoOn, now: Instant) -> Outcome:
        """With what there is already."""
        match command:
            case PayHold():
                return self._pay(self.holds[command.hold_id], now)
            case ConfirmHold():
                return self._confirm(self.holds[command.hold_id], command, now)
            case ReleaseHold():
                return self._release(self.holds[command.hold_id], now)
            case Refund():
                return self._refund(self.purchases[command.purchase_id], now)
            case LeaveWaitlist():
                return self._leave(self.entries[command.entry_id], now)

    # Time, and those who wait.

    def _settle(self, item_id: str, now: Instant) -> None:
        """What is over ends, and what is free is offered, until nobody waits who could have it."""
        for hold in self._open_holds(item_id):
            if hold.expires_at <= now:
                self._end(hold, HoldState.EXPIRED, Kind.EXPIRE, now)
        while (entry := self._first_who_fits(item_id, now)) is not None:
            item = self.items[item_id]
            if self._is_too_much(item, entry.buyer, entry.quantity):
                self.entries[entry.id] = entry._replace(state=EntryState.LAPSED)
            else:
                self.entries[entry.id] = entry._replace(state=EntryState.OFFERED)
                self._offer(entry, now)

    def _first_who_fits(self, item_id: str, now: Instant) -> Entry | None:
        if self._why_no_sale(self.items[item_id], now) is not None:
            return None
        return next((entry for entry in self._waiting(item_id) if entry.quantity <= self._free(item_id)), None)

    def _offer(self, entry: Entry, now: Instant) -> Hold:
        until = now + self.items[entry.item_id].offer_seconds * SECOND
        name = self.items[entry.item_id].name
        return self._hold(Hold(entry.hold_id, entry.item_id, name, entry.buyer, entry.quantity, None, now, until, until,
                               entry_id=entry.id))  # fmt: skip

    # Units.

    def _move(self, item_id: str, kind: Kind, units: int, cause: str | None, now: Instant) -> None:
        if units:
            self.movements.append(Moved(item_id, kind, units, cause, now))
        self.moved_at[item_id] = now

    def _sell(self, purchase: Purchase) -> Purchase:
        self.purchases[purchase.id] = purchase
        self._move(purchase.item_id, Kind.BUY, purchase.quantity, purchase.id, purchase.purchased_at)
        return purchase

    def _hold(self, hold: Hold) -> Hold:
        self.holds[hold.id] = hold
        self._move(hold.item_id, Kind.HOLD, hold.quantity, hold.id, hold.held_at)
        return hold

    def _end(self, hold: Hold, state: HoldState, kind: Kind, now: Instant) -> Hold:
        self.holds[hold.id] = hold._replace(state=state, ended_at=now)
        self._move(hold.item_id, kind, -hold.quantity, hold.id, now)
        return self.holds[hold.id]

    # Buying and holding.

    def _why_not(self, item_id: str, buyer: str, quantity: int, now: Instant) -> Refused | None:
        """The first thing that speaks against it: the request, the sale's window, the stock."""
        if item_id not in self.items:
            return Refused(Reason.UNKNOWN_ITEM)
        item, free = self.items[item_id], self._free(item_id)
        against = self._why_bad_request(item, buyer, quantity) or self._why_no_sale(item, now)
        if against is not None:
            return against
        if free == 0:
            return self._why_nothing_left(item, now)
        if self._is_too_much(item, buyer, quantity):
            return Refused(Reason.LIMIT_REACHED)
        return Refused(Reason.NOT_ENOUGH_LEFT, available=free) if quantity > free else None

    def _why_bad_request(self, item: Item, buyer: str, quantity: int) -> Refused | None:
        if quantity > item.max_per_order:
            return Refused(Reason.INVALID_REQUEST, field="quantity")
        if item.limit_per_buyer is not None and buyer == ANONYMOUS:
            return Refused(Reason.INVALID_REQUEST, field="buyer")
        return None

    def _why_no_sale(self, item: Item, now: Instant) -> Refused | None:
        if item.closes_at is not None and now >= item.closes_at:
            return Refused(Reason.CLOSED)
        if item.opens_at is not None and now < item.opens_at:
            return Refused(Reason.NOT_OPEN, opens_at=item.opens_at)
        return Refused(Reason.PAUSED) if item.paused else None

    def _why_nothing_left(self, item: Item, now: Instant) -> Refused:
        deadlines = [hold.expires_at for hold in self._open_holds(item.id)]
        if not deadlines:
            return Refused(Reason.SOLD_OUT, available=0)
        seconds = max(1, math.ceil((min(deadlines) - now) / SECOND))
        return Refused(Reason.ALL_HELD, available=0, retry_after=seconds, hold_expires_at=min(deadlines))

    def _buy(self, command: Buy, now: Instant) -> Outcome:
        against = self._why_not(command.item_id, command.buyer, command.quantity, now)
        return against or Bought(self._sell(self._purchase(command.purchase_id, command, command, now)))

    def _take(self, command: TakeHold, now: Instant) -> Outcome:
        against = self._why_not(command.item_id, command.buyer, command.quantity, now)
        return against or Held(self._hold(self._new_hold(command.hold_id, command, command, now)))

    def _refund(self, purchase: Purchase, now: Instant) -> Outcome:
        if purchase.refunded_at is not None:
            return Refused(Reason.ALREADY_REFUNDED)
        self.purchases[purchase.id] = purchase._replace(refunded_at=now)
        self._move(purchase.item_id, Kind.REFUND, -purchase.quantity, purchase.id, now)
        return Refunded(self.purchases[purchase.id])

    # A hold's way.

    def _pay(self, hold: Hold, now: Instant) -> Outcome:
        if hold.ended_at is not None:
            return _why_ended(hold)
        if hold.state is HoldState.HELD:
            later = max(hold.expires_at, now + self.items[hold.item_id].payment_seconds * SECOND)
            self.holds[hold.id] = hold._replace(state=HoldState.PAYING, expires_at=later)
        return Held(self.holds[hold.id])

    def _confirm(self, hold: Hold, command: ConfirmHold, now: Instant) -> Outcome:
        if hold.state in (HoldState.CONFIRMED, HoldState.RELEASED):
            return _why_ended(hold)
        came_for = self._hold_of_payment(command.payment_ref)
        if came_for not in (None, hold.id):
            return Refused(Reason.PAYMENT_REF_IN_USE)
        if hold.state is HoldState.EXPIRED:
            item = self.items[hold.item_id]
            is_gone = self._free(item.id) < hold.quantity or self._is_too_much(item, hold.buyer, hold.quantity)
            if is_gone or came_for is not None:
                return self._too_late(hold, command.payment_ref, is_known=came_for is not None)
        else:
            self._end(hold, HoldState.CONFIRMED, Kind.CONFIRM, now)
        self.holds[hold.id] = hold._replace(state=HoldState.CONFIRMED, ended_at=now, purchase_id=command.purchase_id)
        sold = Purchase(command.purchase_id, hold.item_id, hold.item_name, hold.buyer, hold.quantity, command.key, now,
                        hold_id=hold.id, payment_ref=command.payment_ref)  # fmt: skip
        return Bought(self._sell(sold))

    def _hold_of_payment(self, ref: str | None) -> str | None:
        for purchase in self.purchases.values():
            if ref is not None and purchase.payment_ref == ref:
                return purchase.hold_id
        return next((late.hold_id for late in self.late_payments if late.payment_ref == ref), None)

    def _too_late(self, hold: Hold, ref: str | None, *, is_known: bool) -> Outcome:
        if ref is not None and not is_known:
            self.late_payments.append(LatePayment(ref, hold.id, hold.item_id, hold.quantity))
        return _why_ended(hold)._replace(refund_due=True)

    def _release(self, hold: Hold, now: Instant) -> Outcome:
        if hold.ended_at is None:
            return Released(self._end(hold, HoldState.RELEASED, Kind.RELEASE, now))
        return Released(hold) if hold.state is HoldState.RELEASED else _why_ended(hold)

    # The waiting list.

    def _join(self, command: JoinWaitlist, now: Instant) -> Outcome:
        item = self.items[command.item_id]
        against = self._why_bad_request(item, command.buyer, command.quantity) or self._why_no_sale(item, now)
        if against is not None:
            return against
        if self._is_too_much(item, command.buyer, command.quantity):
            return Refused(Reason.LIMIT_REACHED)
        at_once = command.quantity <= self._free(item.id)
        entry = Entry(
            command.entry_id, command.item_id, command.buyer, command.quantity, command.contact, command.hold_id,
            position=None if at_once else len(self._waiting(item.id)) + 1,
            state=EntryState.OFFERED if at_once else EntryState.WAITING,
            joined_at=now,
        )  # fmt: skip
        self.entries[entry.id] = entry
        return Joined(entry, self._offer(entry, now) if at_once else None)

    def _leave(self, entry: Entry, now: Instant) -> Outcome:
        if entry.state is EntryState.WAITING:
            self.entries[entry.id] = entry._replace(state=EntryState.LEFT)
        if entry.state is EntryState.OFFERED:
            offer = self.holds[entry.hold_id]
            if offer.state is HoldState.CONFIRMED:
                return Refused(Reason.ALREADY_CONFIRMED)
            if offer.ended_at is None:
                self._end(offer, HoldState.RELEASED, Kind.RELEASE, now)
        return Left(self.entries[entry.id])

    # Baskets.

    def _basket(self, command: BuyBasket | HoldBasket, now: Instant) -> Outcome:
        for number, line in enumerate(command.lines):
            against = self._why_not(line.item_id, command.buyer, line.quantity, now)
            if line.item_id in [before.item_id for before in command.lines[:number]]:
                against = Refused(Reason.INVALID_REQUEST, field="item")
            if against is not None:
                return against._replace(line=number, item_id=line.item_id)
        if isinstance(command, BuyBasket):
            purchases = [self._purchase(line.id, line, command, now) for line in command.lines]
            return BasketBought(command.basket_id, tuple(self._sell(purchase) for purchase in purchases))
        holds = [self._new_hold(line.id, line, command, now) for line in command.lines]
        return BasketHeld(command.basket_id, tuple(self._hold(hold) for hold in holds))

    def _purchase(self, purchase_id: str, line: _Line, order: _Order, now: Instant) -> Purchase:
        basket_id = order.basket_id if isinstance(order, BuyBasket | HoldBasket) else None
        name = self.items[line.item_id].name
        return Purchase(purchase_id, line.item_id, name, order.buyer, line.quantity, order.key, now,
                        basket_id=basket_id)  # fmt: skip

    def _new_hold(self, hold_id: str, line: _Line, order: _Order, now: Instant) -> Hold:
        basket_id = order.basket_id if isinstance(order, BuyBasket | HoldBasket) else None
        item = self.items[line.item_id]
        until = now + item.hold_seconds * SECOND
        return Hold(hold_id, item.id, item.name, order.buyer, line.quantity, order.key, now, until, until,
                    basket_id=basket_id)  # fmt: skip

    # Organising.

    def _add(self, item: Item, now: Instant) -> Outcome:
        if item.id in self.items:
            return Refused(Reason.ITEM_EXISTS)
        self.items[item.id] = item
        self._move(item.id, Kind.RESTOCK, item.capacity, None, now)
        return ItemSaved(item, now)

    def _change(self, command: ChangeItem, now: Instant) -> Outcome:
        before, free = self.items[command.item_id], self._free(command.item_id)
        members = before._asdict() | {change.field: change.value for change in command.changes}
        after = Item(**members)
        if after.capacity < before.capacity - free:
            return Refused(Reason.CAPACITY_BELOW_COMMITTED, available=free)
        if after.opens_at is not None and after.closes_at is not None and after.opens_at >= after.closes_at:
            return Refused(Reason.INVALID_REQUEST, field="closes_at")
        self.items[after.id] = after
        self._move(after.id, Kind.RESTOCK, after.capacity - before.capacity, None, now)
        self._settle(after.id, now)
        return ItemSaved(self.counters(after.id), now)


def _request(command: Command) -> Request:
    match command:
        case Buy() | TakeHold():
            return (type(command), command.quantity)
        case PayHold():
            return (PayHold, command.hold_id)
        case ConfirmHold():
            return (ConfirmHold, command.hold_id, command.payment_ref)
        case Refund():
            return (Refund, command.purchase_id)
        case JoinWaitlist():
            return (JoinWaitlist, command.quantity, command.contact)
        case BuyBasket() | HoldBasket():
            return (type(command), sorted((line.item_id, line.quantity) for line in command.lines))
        case _:
            return ()


def _again(answer: Outcome) -> Outcome:
    assert isinstance(answer, Bought | Held | Refunded | Joined | BasketBought | BasketHeld)
    return answer._replace(replayed=True)


def _why_ended(hold: Hold) -> Refused:
    match hold.state:
        case HoldState.EXPIRED:
            return Refused(Reason.HOLD_EXPIRED, hold_expires_at=hold.expires_at)
        case HoldState.RELEASED:
            return Refused(Reason.HOLD_RELEASED)
        case _:
            return Refused(Reason.ALREADY_CONFIRMED)
