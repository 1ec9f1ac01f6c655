"""What a form of ours has sent, checked: it comes from a page of ours, and its members are what they should be."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from sellout.http import origins
from sellout.http.problems import FieldError, Problem, invalid
from sellout.http.requests import BadRequest

FIELDS_MAX = 20
DIGITS_MAX = 9
MEDIA_TYPE = "application/x-www-form-urlencoded"

Form = Mapping[str, str]
"""Names and values; of a name that comes twice the last counts."""


async def read_form(request: Request) -> Form:
    """The form that a request has sent. Raises BadRequest where it comes from elsewhere or is none."""
    check_origin(request)
    body = await request.body()
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and content_type != MEDIA_TYPE:
        raise BadRequest(Problem("unsupported_media_type", f"The body must be a form: {MEDIA_TYPE}."))
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError):
        raise BadRequest(invalid(FieldError("body", "is not a valid form"))) from None
    return {name: value.strip() for name, value in fields}


def check_origin(request: Request) -> None:
    """Raises BadRequest (403) where another site's page sends a form to us (OWASP: cross-site request forgery).

    Browsers say where a form comes from; a client that says nothing is no browser, and no visitor is tricked by it.
    """
    headers = request.headers
    origins.check_origin(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host"))


def whole_number(form: Form, name: str, otherwise: int | None = None) -> int:
    """A member that is a whole number of 1 or more. Raises BadRequest."""
    text = form.get(name, "")
    if not text and otherwise is not None:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX and int(text) >= 1):
        raise BadRequest(invalid(FieldError(name, "must be a whole number, 1 or more")))
    return int(text)
