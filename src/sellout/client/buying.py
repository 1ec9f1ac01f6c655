"""The calls of a buyer, as values: what each asks for. `Client` and `AsyncClient` have a method for each.

Each may raise `Refused`, in the classes that it names or another, and `Unavailable`. Where a call takes a `key`, it is
the idempotency key: the same call again with the same key gets what the first got. Without one, one is made before
anything is sent, and the retries of this call share it. A key that cannot be one raises ValueError.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from sellout.client.exchange import Call, quoted
from sellout.client.things import Audit, BoughtBasket, Entry, HeldBasket, Hold, Item, Purchase, Ticket

T = TypeVar("T")


class _Items(msgspec.Struct, frozen=True):
    items: tuple[Item, ...]


def items() -> Call[tuple[Item, ...]]:
    """All items, in the order in which they were added."""
    decode = reads(_Items)
    return Call("GET", "/v1/items", lambda body: decode(body).items)


def item(item: str) -> Call[Item]:
    """The item with the id `item`, as it stands now. Raises UnknownItem."""
    return Call("GET", path("items", item), reads(Item))


def audit(item: str) -> Call[Audit]:
    """The counters of the item with the id `item`; beside its ledger, where the client has an organiser key.

    Raises UnknownItem, Unauthorized and Forbidden.
    """
    return Call("GET", path("items", item, "audit"), reads(Audit), organiser_if_any=True)


def buy(
    item: str, quantity: int = 1, buyer: str | None = None, *, key: str | None = None, wait_seconds: float = 0.0
) -> Call[Purchase]:
    """Buy `quantity` units, from 1 to the item's `max_per_order`: all of them, or none.

    `item` is the item's id. `buyer` has 1 to 128 characters; an item with a limit needs one. `wait_seconds` is how long
    this may wait while all units are held: it asks again when the earliest hold ends, if that is soon enough.

    Raises SoldOut, AllHeld, NotEnoughLeft, LimitReached, NotOpen, Closed, Paused, UnknownItem, KeyReused.
    """
    return _take(path("items", item, "purchases"), Purchase, _order(buyer, quantity), key, wait_seconds)


def buy_ticket(
    quantity: int = 1, buyer: str | None = None, *, key: str | None = None, wait_seconds: float = 0.0
) -> Call[Ticket]:
    """Buy units of the server's default item. Otherwise as `buy`."""
    return _take("/buy_ticket", Ticket, _order(buyer, quantity), key, wait_seconds)


def buy_basket(
    lines: Mapping[str, int], buyer: str | None = None, *, key: str | None = None, wait_seconds: float = 0.0
) -> Call[BoughtBasket]:
    """Buy units of several items, all or none; `lines` has a quantity for each item's id.

    Raises what `buy` raises, for the first line that cannot be had; `errors` names the line.
    """
    return _take("/v1/baskets/purchases", BoughtBasket, _basket(buyer, lines), key, wait_seconds)


def purchase(purchase_id: str) -> Call[Purchase]:
    """A purchase, for whoever has its id. Raises UnknownPurchase."""
    return Call("GET", path("purchases", purchase_id), reads(Purchase))


def lookup(item: str, key: str, buyer: str | None = None) -> Call[Purchase | None]:
    """Did I get it? What `key` has bought of the item with the id `item` for `buyer`; None if nothing.

    Raises ValueError for a key that cannot be one.
    """
    query = {"key": quoted(key)} | ({} if buyer is None else {"buyer": buyer})
    address = f"{path('items', item, 'purchases', 'lookup')}?{urlencode(query)}"
    return Call("GET", address, reads(Purchase), instead={"unknown_purchase": None})


def hold(
    item: str, quantity: int = 1, buyer: str | None = None, *, key: str | None = None, wait_seconds: float = 0.0
) -> Call[Hold]:
    """Hold units for the item's `hold_seconds`: all that are asked for, or none. Otherwise as `buy`."""
    return _take(path("items", item, "holds"), Hold, _order(buyer, quantity), key, wait_seconds)


def hold_basket(
    lines: Mapping[str, int], buyer: str | None = None, *, key: str | None = None, wait_seconds: float = 0.0
) -> Call[HeldBasket]:
    """Hold units of several items, all or none. Otherwise as `buy_basket`."""
    return _take("/v1/baskets/holds", HeldBasket, _basket(buyer, lines), key, wait_seconds)


def get_hold(hold_id: str) -> Call[Hold]:
    """A hold as it stands now. Raises UnknownHold."""
    return Call("GET", path("holds", hold_id), reads(Hold))


def pay(hold_id: str, *, key: str | None = None) -> Call[Hold]:
    """Payment begins: the hold gets the item's `payment_seconds` from now, once.

    Raises UnknownHold, HoldExpired, HoldReleased, AlreadyConfirmed, KeyReused.
    """
    return Call("POST", path("holds", hold_id, "pay"), reads(Hold), keyed=True, key=key)


def confirm(hold_id: str, payment_ref: str | None = None, *, key: str | None = None) -> Call[Purchase]:
    """The hold is paid and becomes a purchase. `payment_ref`, 1 to 255 characters, is your payment's id.

    Raises HoldExpired where it came too late and the units are gone: with `refund_due`, give the payment back. Raises
    UnknownHold, HoldReleased, AlreadyConfirmed, PaymentRefInUse, KeyReused.
    """
    body = None if payment_ref is None else encoded({"payment_ref": payment_ref})
    return Call("POST", path("holds", hold_id, "confirm"), reads(Purchase), body, keyed=True, key=key)


def release(hold_id: str) -> Call[None]:
    """Give a hold back: its units are available again at once. Releasing it again changes nothing.

    Raises UnknownHold, HoldExpired, AlreadyConfirmed.
    """
    return Call("DELETE", path("holds", hold_id), _nothing)


def join(
    item: str, buyer: str | None = None, quantity: int = 1, *, contact: str | None = None, key: str | None = None
) -> Call[Entry]:
    """Wait for units to come back. Where enough are free already, they are offered at once.

    Only a client with a buyer's token may leave `buyer` out. `contact`, up to 200 characters, tells the organiser how
    to reach the buyer. An offer is a hold.
    Raises LimitReached, NotOpen, Closed, Paused, UnknownItem, KeyReused.
    """
    body = encoded({"buyer": buyer, "quantity": quantity, "contact": contact})
    return Call("POST", path("items", item, "waitlist"), reads(Entry), body, keyed=True, key=key)


def entry(entry_id: str) -> Call[Entry]:
    """An entry of a waiting list as it stands now, with its place and its offer. Raises UnknownEntry."""
    return Call("GET", path("waitlist", entry_id), reads(Entry))


def leave(entry_id: str) -> Call[None]:
    """Wait no longer. Units that were offered pass on to the next. Raises UnknownEntry, AlreadyConfirmed."""
    return Call("DELETE", path("waitlist", entry_id), _nothing)


def path(*parts: str) -> str:
    """The path of something in version 1. Raises ValueError for an empty part, which would name something else."""
    if not all(parts):
        raise ValueError("an id must not be empty")
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def reads(kind: type[T]) -> Callable[[bytes], T]:
    """What reads a success of this kind."""
    return msgspec.json.Decoder(kind).decode


def encoded(members: Mapping[str, Any]) -> bytes:
    """The body with those members that are not None."""
    return msgspec.json.encode({name: value for name, value in members.items() if value is not None})


def _nothing(_: bytes) -> None:
    """204 has no body."""


def _take(address: str, kind: type[T], body: bytes, key: str | None, wait_seconds: float) -> Call[T]:
    return Call("POST", address, reads(kind), body, keyed=True, key=key, wait_seconds=wait_seconds)


def _order(buyer: str | None, quantity: int) -> bytes:
    return encoded({"buyer": buyer, "quantity": quantity})


def _basket(buyer: str | None, lines: Mapping[str, int]) -> bytes:
    wanted = [{"item": item, "quantity": quantity} for item, quantity in lines.items()]
    return encoded({"buyer": buyer, "lines": wanted})
