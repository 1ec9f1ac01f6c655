"""Pydantic's errors in our words: the name of the member, and a sentence that goes on from it."""

from typing import Any

from sellout.complaints import in_our_words
from sellout.http.problems import FieldError
from sellout.naming import SLUG_LENGTH_MAX

_SENTENCES = {
    "missing": "is required",
    "model_attributes_type": "must be an object",
    "extra_forbidden": "is not a member of this request",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "int_from_float": "must be an integer",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
}
"""By pydantic's type of error, where its own sentence speaks of Python; the least length of texts and lists is 1."""


def field_error(error: dict[str, Any]) -> FieldError:
    """Pydantic's error as {field, message}: the member's name, and a sentence that goes on from it."""
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["id"]:
        return FieldError("id", f"must have 1 to {SLUG_LENGTH_MAX} small letters, digits and hyphens between them")
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["cursor"]:
        return FieldError("cursor", "must be the next_cursor of a page")
    if error["type"] == "string_pattern_mismatch" and place[-1:] == ["name"]:
        return FieldError("name", "must have a visible character and no control characters")
    sentence = _SENTENCES.get(error["type"])
    message = sentence.format_map(error.get("ctx", {})) if sentence else in_our_words(error["msg"])
    return FieldError(".".join(place) or "body", message)
