"""Pydantic's errors in our words: the name of the member, and a sentence that goes on from it."""

from typing import Any

from sellout.http.problems import FieldError
from sellout.naming import SLUG_LENGTH_MAX


def field_error(error: dict[str, Any]) -> FieldError:
    """Pydantic's error as {field, message}: the member's name, and a sentence that goes on from it."""
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    if error["type"] == "missing":
        return FieldError(".".join(place) or "body", "is required")
    if error["type"] == "model_attributes_type":
        return FieldError(".".join(place) or "body", "must be an object")
    if error["type"] == "extra_forbidden":
        return FieldError(".".join(place), "is not a member of this request")
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["id"]:
        return FieldError("id", f"must have 1 to {SLUG_LENGTH_MAX} small letters, digits and hyphens between them")
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["cursor"]:
        return FieldError("cursor", "must be the next_cursor of a page")
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["name"]:
        return FieldError("name", "must have a visible character and no control characters")
    return FieldError(".".join(place) or "body", in_our_words(error["msg"]))


def in_our_words(message: str) -> str:
    """`Input should be greater than 0` goes on from a name as `must be greater than 0`."""
    said = message.removeprefix("Value error, ").replace("Input should", "must")
    return said[0].lower() + said[1:]
