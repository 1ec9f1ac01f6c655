"""Templates into answers, with the headers that every page has. Every name and text is escaped by the templates."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from sellout.domain import Instant
from sellout.http.pages import assets, words
from sellout.http.times import moment_of, rfc3339

SECURITY_HEADERS = {
    # Nothing from another host, no script and no style that does not stand in a file of ours, and no frame around us.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "same-origin",  # addresses of receipts are secrets; without any, browsers would hide the origin
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",  # each page has a key or a secret of its visitor's
}

_templates = Environment(
    loader=PackageLoader("sellout.http.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A template as an answer."""
    return HTMLResponse(render(template, **context), status, SECURITY_HEADERS)


def render(template: str, **context: Any) -> str:
    """A template as text."""
    return _templates.get_template(template).render(context)


def see_other(address: str) -> HTMLResponse:
    """Where a form leads to."""
    return HTMLResponse("", 303, SECURITY_HEADERS | {"location": address})


def _date(instant: Instant) -> str:
    """`31 January 2027, 19:00 UTC`."""
    return f"{moment_of(instant):%-d %B %Y, %H:%M} UTC"


def _number(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


_templates.globals["assets"] = assets.ROOT
_templates.filters.update(date=_date, number=_number, rfc3339=rfc3339, counted=words.counted)


def add_filters(**filters: Callable[..., str]) -> None:
    """Let templates write something in another way."""
    _templates.filters.update(filters)
