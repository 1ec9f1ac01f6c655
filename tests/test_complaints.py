"""Pydantic's complaints in our words."""

import pytest

from sellout.complaints import in_our_words


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Input should be greater than 0", "must be greater than 0"),
        ("Value error, must be a rate", "must be a rate"),
        (
            "Input should be a valid integer, unable to parse string as an integer",
            "must be a valid integer",
        ),
        ("String should have at least 1 character", "string should have at least 1 character"),
        ("", ""),
    ],
)
def test_a_complaint_goes_on_from_a_name(message: str, said: str) -> None:
    assert in_our_words(message) == said
