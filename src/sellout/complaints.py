"""Pydantic's complaints in our words, so that they go on from the name of what is wrong. Pure."""

import re

_NOISE = re.compile(r"^Value error, |(?<=: )Value error, |, unable to parse string as an? \w+")


def in_our_words(message: str) -> str:
    """`Input should be greater than 0` becomes `must be greater than 0`."""
    said = _NOISE.sub("", message).replace("Input should", "must")
    return said[:1].lower() + said[1:]
