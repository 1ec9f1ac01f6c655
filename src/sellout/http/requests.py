"""What buyers send, checked: bodies, buyers and idempotency keys. Bad input becomes a Problem that names the member."""

import re
from typing import Any

import msgspec

from sellout.domain import ANONYMOUS, QUANTITY_MAX
from sellout.http.problems import FieldError, Problem, invalid

KEY_LENGTH_MAX = 255
PAYMENT_REF_LENGTH_MAX = 255

BUYER_BYTES_MAX = 1024
"""Whatever SELLOUT_BUYER_LENGTH_MAX says: a name stands in an index with an item and a key, and PostgreSQL's entries
take 2704 bytes."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_AT = re.compile(r" - at `\$\.?(.*?)`$")
_EXPECTED = re.compile(r"^Expected `(.*?)`, got `(.*?)`")
_KINDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
}
"""msgspec's names of what JSON has."""


class BadRequest(Exception):
    """The request cannot be understood; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Order(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a purchase. All of it may be left out."""

    buyer: str | None = None
    quantity: int = 1


class Confirmation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a hold's confirmation. All of it may be left out."""

    payment_ref: str | None = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of a request that has no members."""


_ONE_UNIT = (ANONYMOUS, 1)
_decode_order = msgspec.json.Decoder(Order).decode
_decode_confirmation = msgspec.json.Decoder(Confirmation).decode
_decode_anything = msgspec.json.Decoder().decode
_decode_nothing = msgspec.json.Decoder(Nothing).decode


class OrderReader:
    """Reads orders within the bounds that the settings give."""

    def __init__(self, buyer_length_max: int) -> None:
        self._buyer_length_max = buyer_length_max

    def read(self, body: bytes, content_type: str | None) -> tuple[str, int]:
        """The buyer and the quantity that a body asks for. Raises BadRequest."""
        if not body:
            return _ONE_UNIT
        order: Order = parse_json(body, content_type, _decode_order)
        buyer, quantity = order.buyer, order.quantity
        if not 1 <= quantity <= QUANTITY_MAX:
            said = "must be at least 1" if quantity < 1 else f"must be at most {QUANTITY_MAX}"
            raise BadRequest(invalid(FieldError("quantity", said)))
        if buyer is None:
            return ANONYMOUS, quantity
        return self.buyer(buyer), quantity

    def buyer(self, name: str) -> str:
        """A buyer's name as it was given. Raises BadRequest."""
        if not (1 <= len(name) <= self._buyer_length_max and is_plain(name)):
            message = f"must have 1 to {self._buyer_length_max} characters and no control characters"
            raise BadRequest(invalid(FieldError("buyer", message)))
        if not name.isascii() and len(name.encode(errors="surrogatepass")) > BUYER_BYTES_MAX:
            raise BadRequest(invalid(FieldError("buyer", f"must have at most {BUYER_BYTES_MAX} bytes in UTF-8")))
        return name


def is_plain(text: str) -> bool:
    """Whether a text is without control characters."""
    return text.isprintable() or _CONTROL.search(text) is None  # the first says yes to most, at once


def read_payment_ref(body: bytes, content_type: str | None) -> str | None:
    """The payment that a body names. Raises BadRequest."""
    if not body:
        return None
    confirmation: Confirmation = parse_json(body, content_type, _decode_confirmation)
    ref = confirmation.payment_ref
    if ref is not None and not (1 <= len(ref) <= PAYMENT_REF_LENGTH_MAX and is_plain(ref)):
        message = f"must have 1 to {PAYMENT_REF_LENGTH_MAX} characters and no control characters"
        raise BadRequest(invalid(FieldError("payment_ref", message)))
    return ref


def read_nothing(body: bytes, content_type: str | None) -> None:
    """Raises BadRequest where a body has any member."""
    if body:
        parse_json(body, content_type, _decode_nothing)


def check_address(path: str) -> None:
    """Raises BadRequest where an address has control characters: no id has, and not every engine could be asked."""
    if not path.isprintable():
        kind = next((code for start, code in _UNKNOWN.items() if path.startswith(start)), "not_found")
        raise BadRequest(Problem(kind, "There is nothing at this address."))


_UNKNOWN = {
    "/v1/items/": "unknown_item",
    "/v1/holds/": "unknown_hold",
    "/v1/purchases/": "unknown_purchase",
    "/v1/waitlist/": "unknown_entry",
}


def check_json(content_type: str | None, body: bytes) -> None:
    """Raises BadRequest where a body is declared to be anything but JSON."""
    if body and content_type is not None and not _is_json(content_type):
        raise BadRequest(_not_json(f"its content type is {content_type}"))


def parse_json(body: bytes, content_type: str | None, decode: Any) -> Any:
    """Decode a body that is not empty. Without a content type it may still be JSON. Raises BadRequest."""
    check_json(content_type, body)
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest(invalid(_field_error(str(error)))) from None
    except RecursionError:
        raise BadRequest(invalid(FieldError("body", "is nested too deeply"))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if content_type is None:
            raise BadRequest(NO_JSON) from None
        raise BadRequest(invalid(FieldError("body", f"is not valid JSON: {error}"))) from None


def check_encoding(content_encoding: str | None) -> None:
    """Raises BadRequest (415) where a body is compressed, or its encoding cannot be read."""
    if content_encoding is None or content_encoding.strip().lower() not in ("", "identity"):
        raise BadRequest(_not_json(f"its content encoding is {content_encoding or 'no text'}; send it as it is"))


FORMS = ("/items/", "/holds/", "/waitlist/", "/desk")
"""Addresses of pages, which take forms."""


def check_body(method: str, path: str, content_type: str | None, body: bytes) -> None:
    """What FastAPI's own parser would let pass: another content type, and text that is no text (lone surrogates).

    Raises BadRequest. Bodies of other methods mean nothing, and pages read their forms themselves.
    """
    if path.startswith(FORMS):
        return
    check_json(content_type, body)
    if body and method in ("POST", "PATCH"):
        parse_json(body, content_type, _decode_anything)


def _is_json(content_type: str) -> bool:
    if content_type == "application/json":
        return True
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _not_json(reason: str) -> Problem:
    return Problem("unsupported_media_type", f"The body must be JSON: {reason}.")


def broken_off() -> BadRequest:
    """A body that has begun and has no end."""
    return BadRequest(invalid(FieldError("body", "broke off before its end")))


NO_JSON = _not_json("it has no content type and is no JSON")


def _field_error(message: str) -> FieldError:
    """msgspec says "Expected `int`, got `str` - at `$.quantity`"; callers get the member and the rest."""
    unknown = re.match(r"Object contains unknown field `(.*)`", message)
    if unknown:
        return FieldError(unknown[1], "is not a member of this request")
    place, said = _AT.search(message), _AT.sub("", message)
    expected = _EXPECTED.match(said)
    said = f"must be {_kinds(expected[1])}, not {_kinds(expected[2])}" if expected else said[0].lower() + said[1:]
    return FieldError(place[1] if place and place[1] else "body", said.replace("`", ""))


def _kinds(names: str) -> str:
    """`str | null` is a string or null."""
    return " or ".join(_KINDS.get(name, name) for name in names.split(" | "))


def read_key(header: str | None, name: str = "Idempotency-Key") -> str | None:
    """The idempotency key of a header, bare or as a quoted string. Raises BadRequest, which says `name`."""
    if header is None:
        return None
    key = header
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if not (1 <= len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        raise bad_key(name)
    return key


def bad_key(name: str = "Idempotency-Key") -> BadRequest:
    """A key that is there, but is none; `name` is where it stands."""
    message = f"must have 1 to {KEY_LENGTH_MAX} printable ASCII characters, bare or as a quoted string"
    return BadRequest(invalid(FieldError(name, message)))


def two_keys() -> BadRequest:
    """More than one key for one request."""
    return BadRequest(invalid(FieldError("Idempotency-Key", "must be sent once")))


def unreadable_content_type() -> BadRequest:
    """A content type that is no ASCII text."""
    return BadRequest(_not_json("its content type cannot be read"))
