"""What there is in a sale: items, purchases, holds, entries of the waiting list, and the kinds of movements.

Instants are integers: microseconds since 1970-01-01 in UTC.
"""

from enum import StrEnum
from typing import NamedTuple

Instant = int
"""Microseconds since 1970-01-01T00:00:00Z."""

MICROSECONDS = 1_000_000
"""In a second."""

CAPACITY_MAX = 1_000_000_000
"""The largest capacity of one item; sums of it stay far inside 64 bits in every engine."""

QUANTITY_MAX = 10_000
"""The most units that one order can ever ask for, whatever its item allows."""

ANY_BUYER = "\n"
"""Stands for every buyer, for whoever may act for all of them. No buyer can be called so."""

ANONYMOUS = ""
"""The buyer of a request that named none. One buyer like any other, but without a limit."""

Scope = tuple[str, str, str]
"""Where an idempotency key means one request: (item id, buyer, key). A basket's item id is empty."""


class State(StrEnum):
    """What a buyer can expect of an item now. Said by `Item.state`."""

    NOT_OPEN = "not_open"
    ON_SALE = "on_sale"
    ALL_HELD = "all_held"
    SOLD_OUT = "sold_out"
    PAUSED = "paused"
    CLOSED = "closed"


class BuyerTokens(StrEnum):
    """Whether a buyer has to prove, by a token of the shop's login, who they are."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class Item(NamedTuple):
    """What is on sale. `capacity` counts its units in all; `sold` and `held` say where they are.

    A hold lasts `hold_seconds`, one whose payment has begun `payment_seconds` from then, and one that is offered
    to the waiting list `offer_seconds`.
    """

    id: str
    name: str
    capacity: int
    sold: int
    held: int
    opens_at: Instant | None
    closes_at: Instant | None
    paused: bool
    limit_per_buyer: int | None
    max_per_order: int
    hold_seconds: int
    payment_seconds: int
    offer_seconds: int
    buyer_tokens: BuyerTokens = BuyerTokens.OPTIONAL

    @property
    def available(self) -> int:
        """Units that the next buyer can have."""
        return self.capacity - self.sold - self.held

    def state(self, now: Instant) -> State:
        """Where the sale stands at `now`. Its window goes before a pause, and both before the stock."""
        return self.outside_window(now) or self._stock_state()

    def outside_window(self, now: Instant) -> State | None:
        """Why nobody can buy at `now`, whatever the stock; None while the item is on sale."""
        if self.closes_at is not None and now >= self.closes_at:
            return State.CLOSED
        if self.opens_at is not None and now < self.opens_at:
            return State.NOT_OPEN
        return State.PAUSED if self.paused else None

    def _stock_state(self) -> State:
        if self.available > 0:
            return State.ON_SALE
        return State.ALL_HELD if self.held else State.SOLD_OUT


class Purchase(NamedTuple):
    """Units that a buyer has got. Its row carries the idempotency key, so both commit together.

    `hold_id` and `payment_ref` are set where a hold was confirmed, `basket_id` where it is a line of a basket.
    """

    id: str
    item_id: str
    item_name: str
    buyer: str
    quantity: int
    key: str | None
    purchased_at: Instant
    refunded_at: Instant | None = None
    hold_id: str | None = None
    payment_ref: str | None = None
    basket_id: str | None = None


class HoldState(StrEnum):
    """Where a hold stands. The first two are open: their units are held. docs/holds.md draws the way."""

    HELD = "held"
    PAYING = "paying"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(NamedTuple):
    """Units kept for a buyer until `expires_at`.

    `held_until` is the deadline as it was first given, which beginning to pay moves. `entry_id` is set where the
    hold is an offer to an entry of the waiting list, `purchase_id` once it is confirmed.
    """

    id: str
    item_id: str
    item_name: str
    buyer: str
    quantity: int
    key: str | None
    held_at: Instant
    held_until: Instant
    expires_at: Instant
    state: HoldState = HoldState.HELD
    ended_at: Instant | None = None
    purchase_id: str | None = None
    basket_id: str | None = None
    entry_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its units are held, as far as has been decided."""
        return self.ended_at is None

    def is_due(self, now: Instant) -> bool:
        """Whether it is open past its deadline: its units are free, and the next decision says so."""
        return self.ended_at is None and self.expires_at <= now

    def seen_at(self, now: Instant) -> "Hold":
        """As a reader sees it at `now`: expired from its deadline on, whether or not that was written yet."""
        return self._replace(state=HoldState.EXPIRED) if self.is_due(now) else self

    def confirmed(self, now: Instant, purchase_id: str) -> "Hold":
        """As the purchase `purchase_id`. A rush does this all the time, and `_replace` takes twice as long."""
        return Hold(*self[:9], HoldState.CONFIRMED, now, purchase_id, *self[12:])

    def as_taken(self) -> "Hold":
        """As it was when it was taken."""
        return self._replace(state=HoldState.HELD, expires_at=self.held_until, ended_at=None, purchase_id=None)

    def as_paying(self) -> "Hold":
        """As it was when its payment began."""
        return self._replace(state=HoldState.PAYING, ended_at=None, purchase_id=None)


class EntryState(StrEnum):
    """Where an entry of the waiting list stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"
    LEFT = "left"


class Entry(NamedTuple):
    """Somebody who waits for `quantity` units.

    `hold_id` is the id that the hold gets which the entry is offered; each entry gets one offer at most.
    `position` is the place that it had when it joined (1 is the next), or None where it was offered units at once.
    What follows from its hold, confirmed or lapsed, is not stored again: `state` stays offered.
    """

    id: str
    item_id: str
    buyer: str
    quantity: int
    contact: str | None
    hold_id: str
    position: int | None
    state: EntryState
    joined_at: Instant
    no: int = 0

    def state_with(self, hold: Hold | None) -> EntryState:
        """Its state, given the hold that it was offered."""
        if self.state is not EntryState.OFFERED or hold is None:
            return self.state
        return _AFTER_OFFER[hold.state]


_AFTER_OFFER = {
    HoldState.HELD: EntryState.OFFERED,
    HoldState.PAYING: EntryState.OFFERED,
    HoldState.CONFIRMED: EntryState.CONFIRMED,
    HoldState.RELEASED: EntryState.LEFT,
    HoldState.EXPIRED: EntryState.LAPSED,
}


class Action(StrEnum):
    """What an idempotency key was used for, where no purchase and no hold carries it."""

    PAY = "pay"
    REFUND = "refund"
    JOIN = "join"
    BUY_BASKET = "buy_basket"
    HOLD_BASKET = "hold_basket"


class KeyUse(NamedTuple):
    """An idempotency key that was used on `subject_id`: a hold, a purchase, an entry or a basket."""

    action: Action
    subject_id: str


class LatePayment(NamedTuple):
    """A payment that came when its hold had expired and its units were gone: the buyer's money is due back."""

    payment_ref: str
    hold_id: str
    item_id: str
    quantity: int


class Kind(StrEnum):
    """Why units moved: the kinds of the ledger's movements.

    A confirmed hold moves twice, in one transaction: its units are no longer held (confirm) and are sold (buy).
    """

    RESTOCK = "restock"
    BUY = "buy"
    REFUND = "refund"
    HOLD = "hold"
    CONFIRM = "confirm"
    RELEASE = "release"
    EXPIRE = "expire"


def purchase_of(hold: Hold, purchase_id: str, key: str | None, now: Instant, payment_ref: str | None) -> Purchase:
    """The purchase that a hold becomes."""
    return Purchase(
        purchase_id, hold.item_id, hold.item_name, hold.buyer, hold.quantity, key, now, None, hold.id, payment_ref,
    )  # fmt: skip
