"""Items as organisers send them, made into commands."""

from sellout.domain import AddItem, BuyerTokens, Change, ChangeItem, Instant, Item
from sellout.http.models import ItemChanges, NewItem
from sellout.http.problems import FieldError, invalid
from sellout.http.requests import BadRequest
from sellout.http.times import instant_of
from sellout.naming import slug
from sellout.settings import Settings


def item_of(body: NewItem, settings: Settings) -> AddItem:
    """A new item, with the defaults of the settings. Raises BadRequest where its members do not go together."""
    item_id = body.id or slug(body.name)
    if not item_id:
        raise BadRequest(invalid(FieldError("id", "is required: no id can be made from this name")))
    if body.opens_at is not None and body.closes_at is not None and body.opens_at >= body.closes_at:
        raise BadRequest(invalid(FieldError("closes_at", "must be later than opens_at")))
    return AddItem(
        Item(
            id=item_id,
            name=body.name,
            capacity=body.capacity,
            sold=0,
            held=0,
            opens_at=None if body.opens_at is None else instant_of(body.opens_at),
            closes_at=None if body.closes_at is None else instant_of(body.closes_at),
            paused=body.paused,
            limit_per_buyer=body.limit_per_buyer,
            max_per_order=body.max_per_order or settings.max_per_order,
            hold_seconds=body.hold_seconds or settings.hold_seconds,
            payment_seconds=body.payment_seconds or settings.payment_seconds,
            offer_seconds=body.offer_seconds or settings.offer_seconds,
            buyer_tokens=BuyerTokens(body.buyer_tokens),
        )
    )


def change_of(item_id: str, body: ItemChanges) -> ChangeItem:
    """The members that the request names, and only those."""
    changes: list[Change] = []
    for name in sorted(body.model_fields_set):
        value = getattr(body, name)
        if name in ("opens_at", "closes_at"):
            instant: Instant | None = None if value is None else instant_of(value)
            changes.append(Change(name, instant))
        elif name == "buyer_tokens":
            changes.append(Change(name, BuyerTokens(value)))
        else:
            changes.append(Change(name, value))
    return ChangeItem(item_id, tuple(changes))
