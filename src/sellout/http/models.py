"""The shapes of requests and answers, for validation on the cold routes and for the OpenAPI document."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from sellout.domain import CAPACITY_MAX, QUANTITY_MAX, EntryState, HoldState, State
from sellout.http.problems import PROBLEMS
from sellout.http.times import instant_of, rfc3339
from sellout.naming import SLUG_PATTERN

NAME_LENGTH_MAX = 200
HOLD_SECONDS_MAX = 86_400
CONTACT_LENGTH_MAX = 200


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _only_rfc3339(value: Any) -> Any:
    """Pydantic alone would also take numbers and dates."""
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        return value
    raise ValueError("must be a time as RFC 3339 text, such as 2027-01-31T19:00:00Z")


def _can_be_shown(moment: datetime) -> datetime:
    try:
        rfc3339(instant_of(moment))
    except OverflowError:
        raise ValueError("must be in the years 1 to 9999 of UTC") from None
    return moment


Name = Annotated[
    str,
    Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$"),
]
Capacity = Annotated[int, Field(ge=0, le=CAPACITY_MAX)]
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_only_rfc3339), AfterValidator(_can_be_shown)]
LimitPerBuyer = Annotated[int, Field(ge=1, le=CAPACITY_MAX)]
MaxPerOrder = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
_PLAIN = r"^[^\x00-\x1f\x7f-\x9f]*$"

BUYER_BOUNDS: dict[str, Any] = {"minLength": 1, "pattern": _PLAIN, "x-bound": {"maxLength": "buyer_length_max"}}
"""`x-bound` names a setting; the document has its value (`http/openapi.py`)."""

Buyer = Annotated[
    str | None,
    Field(
        description="Who buys; limits and keys count by it. Without control characters",
        json_schema_extra=BUYER_BOUNDS,
    ),
]
"""The route reads the name itself, for the bound is a setting; the schema says what it will take."""

Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX, description="Units, at most the item's `max_per_order`")]
HoldSeconds = Annotated[int, Field(ge=1, le=HOLD_SECONDS_MAX)]


Tokens = Annotated[
    Literal["optional", "required"],
    Field(description="Whether a buyer needs a token of the shop's login, by which limits and keys are theirs alone"),
]


class Body(BaseModel):
    """A request's body: what it does not know, it refuses, and numbers are numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OrderBody(Body):
    """What to buy. Everything may be left out."""

    buyer: Buyer = None
    quantity: Quantity = 1


class ConfirmationBody(Body):
    """What confirms a hold. Everything may be left out."""

    payment_ref: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=255,
            pattern=_PLAIN,
            description="Your payment's id: one payment confirms one hold",
        ),
    ] = None


class JoinBody(Body):
    """Who waits, and for how many units."""

    buyer: Buyer = None
    quantity: Quantity = 1
    contact: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=CONTACT_LENGTH_MAX,
            pattern=_PLAIN,
            description="How to reach the buyer when units are offered, for the organiser",
        ),
    ] = None


class LineBody(Body):
    """Units of one item."""

    item: Annotated[str, Field(min_length=1, pattern=_PLAIN, description="The item's id")]
    quantity: Quantity = 1


class BasketBody(Body):
    """Units of several items, all or none."""

    buyer: Buyer = None
    lines: Annotated[
        list[LineBody],
        Field(
            min_length=1,
            description="Each item is in one line only",
            json_schema_extra={"x-bound": {"maxItems": "basket_lines_max"}},
        ),
    ]


class NewItem(Body):
    """An item to put on sale."""

    name: Name
    capacity: Capacity
    id: Annotated[str | None, Field(pattern=SLUG_PATTERN, description="Made from the name where it is left out")] = None
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    limit_per_buyer: LimitPerBuyer | None = None
    max_per_order: MaxPerOrder | None = None
    hold_seconds: HoldSeconds | None = None
    payment_seconds: HoldSeconds | None = None
    offer_seconds: HoldSeconds | None = None
    buyer_tokens: Tokens = "optional"
    paused: bool = False


def _without_defaults(schema: dict[str, Any]) -> None:
    """What is left out stays as it is. A generated client sends each default that it knows, and so would change it."""
    for member in schema["properties"].values():
        member.pop("default", None)


class ItemChanges(Body):
    """Members to change. What is left out stays as it is. Null removes `opens_at`, `closes_at`, `limit_per_buyer`."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""
    capacity: Capacity = 0
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    paused: bool = False
    limit_per_buyer: LimitPerBuyer | None = None
    max_per_order: MaxPerOrder = 1
    hold_seconds: HoldSeconds = 1
    payment_seconds: HoldSeconds = 1
    offer_seconds: HoldSeconds = 1
    buyer_tokens: Tokens = "optional"


class ItemOut(BaseModel):
    """An item. `available` = `capacity` - `sold` - `held`."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    capacity: int
    sold: int
    held: int
    available: int
    state: State
    opens_at: datetime | None
    closes_at: datetime | None
    paused: bool
    limit_per_buyer: int | None
    max_per_order: int
    hold_seconds: int
    payment_seconds: int
    offer_seconds: int
    buyer_tokens: Tokens


class ItemList(BaseModel):
    """All items, in the order in which they were added."""

    items: list[ItemOut]


class Ticket(BaseModel):
    """A purchase from the default item."""

    model_config = ConfigDict(extra="forbid")

    purchase_id: str
    item: Annotated[str, Field(description="The item's name")]
    quantity: int
    purchased_at: datetime


class PurchaseOut(BaseModel):
    """A purchase."""

    model_config = ConfigDict(extra="forbid")

    purchase_id: str
    item: Annotated[str, Field(description="The item's id")]
    quantity: int
    buyer: str | None
    purchased_at: datetime
    state: Literal["sold", "refunded"]
    hold_id: Annotated[str | None, Field(description="The hold that was confirmed; left out where there was none")] = (
        None
    )
    payment_ref: Annotated[str | None, Field(description="The payment that confirmed it, where one was named")] = None


class PurchaseList(BaseModel):
    """A page of purchases, in the order of their sale. `next_cursor` asks for the next page."""

    purchases: list[PurchaseOut]
    next_cursor: str | None


class HoldOut(BaseModel):
    """Units kept for a buyer until `expires_at`."""

    model_config = ConfigDict(extra="forbid")

    hold_id: str
    item: Annotated[str, Field(description="The item's id")]
    quantity: int
    buyer: str | None
    state: HoldState
    expires_at: datetime
    purchase_id: Annotated[str | None, Field(description="The purchase, once it is confirmed")] = None


class EntryOut(BaseModel):
    """An entry of the waiting list."""

    model_config = ConfigDict(extra="forbid")

    entry_id: str
    item: Annotated[str, Field(description="The item's id")]
    buyer: str
    quantity: int
    position: Annotated[int | None, Field(description="Its place, 1 being the next; null when it no longer waits")]
    state: EntryState
    joined_at: datetime
    hold_id: Annotated[str | None, Field(description="The hold that it was offered")]
    hold: HoldOut | None


class BasketPurchasesOut(BaseModel):
    """What a basket has bought, line by line."""

    model_config = ConfigDict(extra="forbid")

    basket_id: str
    purchases: list[PurchaseOut]


class BasketHoldsOut(BaseModel):
    """What a basket holds, line by line."""

    model_config = ConfigDict(extra="forbid")

    basket_id: str
    holds: list[HoldOut]


class LatePaymentOut(BaseModel):
    """A payment to be given back."""

    model_config = ConfigDict(extra="forbid")

    payment_ref: str
    hold_id: str
    item: Annotated[str, Field(description="The item's id")]
    quantity: int


class LatePaymentList(BaseModel):
    """A page of payments to be given back. `next_cursor` asks for the next page."""

    late_payments: list[LatePaymentOut]
    next_cursor: str | None


class MovementSums(BaseModel):
    """Movements of one kind, added up."""

    count: int
    capacity: int
    sold: int
    held: int


class AuditOut(BaseModel):
    """The counters of an item; and its ledger, read at the same moment, for who has a key that may `read`."""

    model_config = ConfigDict(extra="forbid")

    capacity: int
    sold: int
    held: int
    available: int
    movements: Annotated[dict[str, MovementSums] | None, Field(description="By kind; only with a key")] = None
    consistent: Annotated[
        bool | None, Field(description="Whether the movements add up to the counters; only with a key")
    ] = None


class ChallengeOut(BaseModel):
    """What has to be done before a request that takes something. A challenge of your own may have other members."""

    kind: str
    token: Annotated[str | None, Field(description="What a proof of work is computed for")] = None
    bits: Annotated[int | None, Field(description="Zero bits with which its digest has to begin")] = None
    valid_seconds: int | None = None


class FieldProblem(BaseModel):
    """What is wrong with one member of a request."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """Problem details (RFC 9457). More members may come: a client passes over those that it does not know."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: Annotated[str, Field(json_schema_extra={"enum": sorted(PROBLEMS)})]
    request_id: str
    available: int | None = None
    retry_after: int | None = None
    opens_at: datetime | None = None
    hold_expires_at: datetime | None = None
    refund_due: bool | None = None
    errors: list[FieldProblem] | None = None


class Health(BaseModel):
    """The process or the database answers."""

    status: Literal["ok"]
