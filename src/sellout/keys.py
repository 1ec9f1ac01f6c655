"""Organiser keys: making them, the digest that is kept instead of them, and finding the one that somebody has sent."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from sellout.domain import OrganiserKey

KEY_BYTES = 32


def new_key() -> str:
    """A key of 256 random bits."""
    return f"so_{secrets.token_urlsafe(KEY_BYTES)}"


def digest(key: str) -> str:
    """What the database keeps of a key. A fast hash is enough for a random key: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def matching(given: str, keys: Iterable[OrganiserKey]) -> OrganiserKey | None:
    """The valid key with this digest. All are compared, each in constant time: how long it takes tells nothing."""
    found = [key for key in keys if hmac.compare_digest(given, key.digest)]
    return next((key for key in found if key.is_valid), None)
