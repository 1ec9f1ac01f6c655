"""Which of two forms of an answer a client would rather have, by its Accept header (RFC 9110, section 12.5.1). Pure."""

from collections.abc import Mapping

HTML = "text/html"
CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonl"

BY_ACCEPT = ("vary", "accept")
"""The header of an answer whose form goes by this one: a cache keeps the forms apart."""


def prefers(accept: str | None, wanted: str, usual: str) -> bool:
    """Whether a header names the media type `wanted`, and wants it no less than the `usual` one."""
    if accept is None or wanted not in accept.lower():
        return False
    qualities = dict(map(_quality, accept.lower().split(",")))
    return qualities.get(wanted, 0) > 0 and qualities.get(wanted, 0) >= _of(usual, qualities)


def _of(media_type: str, qualities: Mapping[str, float]) -> float:
    """By the range that fits best."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0)


def _quality(named: str) -> tuple[str, float]:
    """A media range and how much it is wanted, from 0 (not at all) to 1; what cannot be read wants nothing."""
    media_range, *parameters = (part.strip() for part in named.split(";"))
    given = next((value for name, _, value in (each.partition("=") for each in parameters) if name.strip() == "q"), "1")
    try:
        return media_range, float(given)
    except ValueError:
        return media_range, 0
