"""Slugs: the part of an address that names an item, made from its name."""

import re

from slugify import slugify

SLUG_LENGTH_MAX = 64

SLUG_PATTERN = rf"^[a-z0-9](?:[a-z0-9-]{{0,{SLUG_LENGTH_MAX - 2}}}[a-z0-9])?$"

_is_slug = re.compile(SLUG_PATTERN).fullmatch


def slug(name: str) -> str:
    """`Item A` becomes `item-a`. Empty where the name has nothing that could stand in a slug."""
    return str(slugify(name, max_length=SLUG_LENGTH_MAX))


def is_slug(text: str) -> bool:
    """Whether `text` can be an item's id: small letters, digits and single places for hyphens between them."""
    return _is_slug(text) is not None
