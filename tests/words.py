"""Short ways to say items and commands in tests."""

import itertools

from sellout.domain import (
    ANONYMOUS,
    MICROSECONDS,
    Buy,
    BuyBasket,
    Change,
    ChangeItem,
    ConfirmHold,
    HoldBasket,
    Instant,
    Item,
    JoinWaitlist,
    LeaveWaitlist,
    Line,
    PayHold,
    Refund,
    ReleaseHold,
    TakeHold,
)

_numbers = itertools.count(1)


def an_item(item_id: str = "a", capacity: int = 10, **members: object) -> Item:
    """An item on sale, without limits but ten an order."""
    base = Item(item_id, item_id.upper(), capacity, 0, 0, None, None, False, None, 10, 600, 900, 300)
    return base._replace(**members)  # type: ignore[arg-type]


def after(now: Instant, seconds: float) -> Instant:
    """So many seconds later."""
    return now + round(seconds * MICROSECONDS)


def a_buy(item_id: str = "a", quantity: int = 1, buyer: str = ANONYMOUS, key: str | None = None) -> Buy:
    """A purchase with a new id."""
    return Buy(f"p{next(_numbers)}", item_id, buyer, quantity, key)


def a_hold(item_id: str = "a", quantity: int = 1, buyer: str = ANONYMOUS, key: str | None = None) -> TakeHold:
    """A hold with a new id."""
    return TakeHold(f"h{next(_numbers)}", item_id, buyer, quantity, key)


def pay(hold: TakeHold | str, key: str | None = None) -> PayHold:
    """Payment of a hold begins."""
    return PayHold(_hold_id(hold), key)


def confirm(hold: TakeHold | str, payment_ref: str | None = None, key: str | None = None) -> ConfirmHold:
    """A hold is paid; the purchase gets a new id."""
    return ConfirmHold(_hold_id(hold), f"p{next(_numbers)}", payment_ref, key)


def release(hold: TakeHold | str) -> ReleaseHold:
    """A hold is given back."""
    return ReleaseHold(_hold_id(hold))


def refund(purchase: Buy | ConfirmHold | str, key: str | None = None) -> Refund:
    """A purchase is taken back."""
    return Refund(purchase if isinstance(purchase, str) else purchase.purchase_id, key)


def a_join(
    buyer: str, quantity: int = 1, key: str | None = None, item_id: str = "a", contact: str | None = None
) -> JoinWaitlist:
    """Somebody wants to wait; the entry and its offer get new ids."""
    number = next(_numbers)
    return JoinWaitlist(f"e{number}", f"h{number}", item_id, buyer, quantity, contact, key)


def leave(entry: JoinWaitlist) -> LeaveWaitlist:
    """Somebody waits no longer."""
    return LeaveWaitlist(entry.entry_id)


def offer_of(entry: JoinWaitlist) -> str:
    """The id of the hold that an entry may be offered."""
    return entry.hold_id


def change(item_id: str = "a", **members: str | int | bool | None) -> ChangeItem:
    """An item's members get new values."""
    return ChangeItem(item_id, tuple(Change(name, value) for name, value in members.items()))


def a_basket_to_buy(lines: dict[str, int], buyer: str = "ada", key: str | None = None) -> BuyBasket:
    """A basket with a quantity of each item; its lines get new ids."""
    number = next(_numbers)
    return BuyBasket(f"b{number}", buyer, _lines("p", number, lines), key)


def a_basket_to_hold(lines: dict[str, int], buyer: str = "ada", key: str | None = None) -> HoldBasket:
    """Likewise, to be held."""
    number = next(_numbers)
    return HoldBasket(f"b{number}", buyer, _lines("h", number, lines), key)


def _lines(letter: str, number: int, lines: dict[str, int]) -> tuple[Line, ...]:
    return tuple(Line(f"{letter}{number}.{item_id}", item_id, quantity) for item_id, quantity in lines.items())


def _hold_id(hold: TakeHold | str) -> str:
    return hold if isinstance(hold, str) else hold.hold_id
