"""The client library: buys, holds and organises on a Sellout server, safely over lost answers and crashes.

    from sellout.client import Client

    with Client("http://127.0.0.1:8000") as shop:
        print(shop.buy("item-a", buyer="ada").purchase_id)

`Client` blocks and `AsyncClient` awaits; both have the same methods. docs/client.md shows how to use them. This package
knows the server only by its interface and imports nothing of it.
"""

from sellout.client.asynchronous import AsyncClient
from sellout.client.blocking import Client
from sellout.client.errors import (
    Busy,
    FieldProblem,
    InternalError,
    NoAnswer,
    Problem,
    RateLimited,
    Refused,
    SelloutError,
    Unavailable,
    Unreadable,
)
from sellout.client.exchange import Call, Means, Retries
from sellout.client.keys import Attempt, FileKeys, new_key
from sellout.client.refusals import (
    AllHeld,
    AlreadyConfirmed,
    AlreadyRefunded,
    CapacityBelowCommitted,
    Closed,
    Forbidden,
    HoldExpired,
    HoldReleased,
    InvalidRequest,
    ItemExists,
    KeyReused,
    LimitReached,
    NotEnoughLeft,
    NotOpen,
    Paused,
    PaymentRefInUse,
    SoldOut,
    Unauthorized,
    Unknown,
    UnknownEntry,
    UnknownHold,
    UnknownItem,
    UnknownPurchase,
)
from sellout.client.things import (
    Audit,
    BoughtBasket,
    Entry,
    HeldBasket,
    Hold,
    Item,
    LatePayment,
    Movements,
    Purchase,
    Ticket,
)

__all__ = [
    "AllHeld",
    "AlreadyConfirmed",
    "AlreadyRefunded",
    "AsyncClient",
    "Attempt",
    "Audit",
    "BoughtBasket",
    "Busy",
    "Call",
    "CapacityBelowCommitted",
    "Client",
    "Closed",
    "Entry",
    "FieldProblem",
    "FileKeys",
    "Forbidden",
    "HeldBasket",
    "Hold",
    "HoldExpired",
    "HoldReleased",
    "InternalError",
    "InvalidRequest",
    "Item",
    "ItemExists",
    "KeyReused",
    "LatePayment",
    "LimitReached",
    "Means",
    "Movements",
    "NoAnswer",
    "NotEnoughLeft",
    "NotOpen",
    "Paused",
    "PaymentRefInUse",
    "Problem",
    "Purchase",
    "RateLimited",
    "Refused",
    "Retries",
    "SelloutError",
    "SoldOut",
    "Ticket",
    "Unauthorized",
    "Unavailable",
    "Unknown",
    "UnknownEntry",
    "UnknownHold",
    "UnknownItem",
    "UnknownPurchase",
    "Unreadable",
    "new_key",
]
