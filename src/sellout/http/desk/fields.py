"""An item's form: its fields as text, and what was typed, read by the same rules as the API's bodies.

All that is not good is said at its field, and nothing that was typed is lost. Times are UTC.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from sellout.domain import Instant, Item, Reason, Refused
from sellout.http.models import ItemChanges, NewItem
from sellout.http.pages.forms import Form
from sellout.http.problems import from_refusal
from sellout.http.times import moment_of
from sellout.http.validation import field_error

TIMES = ("opens_at", "closes_at")
NUMBERS = ("capacity", "limit_per_buyer", "max_per_order", "hold_seconds", "payment_seconds", "offer_seconds")
FIELDS = ("name", *TIMES, *NUMBERS, "buyer_tokens")
MAY_BE_EMPTY = (*TIMES, "limit_per_buyer")

_NUMBER = re.compile(r"-?[0-9]{1,18}")

WAS = "was"
"""The field in which a form says what it was filled with: only what differs is changed."""

Values = Mapping[str, str]
"""What stands in the fields."""

Errors = Mapping[str, str]
"""What is wrong, by field; under "" what is wrong with no field of the form."""


class WrongFields(Exception):
    """What was typed cannot be taken."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def values_of(item: Item) -> dict[str, str]:
    """An item as the fields show it."""
    values = {name: getattr(item, name) for name in FIELDS}
    return {name: _as_text(name, value) for name, value in values.items()}


def _as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    return time_as_text(value) if name in TIMES else str(value)


def time_as_text(instant: Instant) -> str:
    """As `<input type="datetime-local">` takes it, in UTC."""
    return f"{moment_of(instant):%Y-%m-%dT%H:%M:%S}"


def typed(form: Form) -> dict[str, str]:
    """What was typed, to be shown again."""
    return {name: form.get(name, "") for name in (*FIELDS, "id")}


def new_item(form: Form) -> NewItem:
    """A new item as it was typed; what was left empty has its default. Raises WrongFields."""
    members = {name: _read(name, text) for name, text in typed(form).items() if text}
    return NewItem(**_checked(NewItem, members))


def changes(form: Form) -> ItemChanges:
    """What was typed and is not what the form was filled with. Raises WrongFields."""
    before = _was(form)
    members = {
        name: _read(name, form[name]) for name in FIELDS if name in form and form[name] != before.get(name)
    }  # fmt: skip
    return ItemChanges(**_checked(ItemChanges, members))


def _was(form: Form) -> Mapping[str, Any]:
    try:
        was = json.loads(form.get(WAS, "{}"))
    except ValueError:
        return {}
    return was if isinstance(was, dict) else {}


def _read(name: str, text: str) -> Any:
    """A field's text as the API would have it; what is none stays text, of which the model says what it should be."""
    if not text and name in MAY_BE_EMPTY:
        return None
    if name in NUMBERS and _NUMBER.fullmatch(text):
        return int(text)
    if name in TIMES:
        return f"{text}:00Z" if text.count(":") == 1 else f"{text}Z"
    return text


def _checked(model: type[NewItem] | type[ItemChanges], members: dict[str, Any]) -> dict[str, Any]:
    """The same members, where the model takes them. Raises WrongFields."""
    try:
        model(**members)
    except ValidationError as error:
        raise WrongFields(dict(_said(dict(one)) for one in error.errors())) from None
    return members


def _said(error: dict[str, Any]) -> tuple[str, str]:
    field, message = field_error(error)
    if field in NUMBERS and error["type"] == "int_type":
        message = "must be a whole number"
    elif field in TIMES:
        message = "must be a date and a time"
    elif error["type"] in ("missing", "string_too_short"):
        message = "is needed"
    return field, sentence(message)


def sentence(message: str) -> str:
    """`must be 1 or more` as `Must be 1 or more.`"""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def refused_fields(refused: Refused) -> Errors:
    """A refusal, at the field that it is about."""
    if refused.reason is Reason.INVALID_REQUEST:
        return {refused.field or "": sentence(refused.message or "is not valid")}
    field = {Reason.CAPACITY_BELOW_COMMITTED: "capacity", Reason.ITEM_EXISTS: "id"}.get(refused.reason, "")
    return {field: from_refusal(refused).detail}
