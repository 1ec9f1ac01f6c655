"""Organiser keys: making them, and the digest that is kept instead of them."""

import hashlib
import secrets

KEY_BYTES = 32


def new_key() -> str:
    """A key of 256 random bits."""
    return f"so_{secrets.token_urlsafe(KEY_BYTES)}"


def digest(key: str) -> str:
    """What the database keeps of a key. A fast hash is enough for a random key: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()
