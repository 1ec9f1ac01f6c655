"""Identifiers. Purchases get UUIDs of version 7: unguessable, and in the order of time, which an index likes."""

import itertools
import secrets

from uuid_utils import uuid7


def new_id() -> str:
    """An id that nobody can guess: 74 random bits after the millisecond (RFC 9562, section 5.7)."""
    return str(uuid7())


_PROCESS = secrets.token_hex(8)
_count = itertools.count(1)


def new_request_id() -> str:
    """An id for one request, unique over all processes; counting is cheaper than randomness for every request."""
    return f"{_PROCESS}-{next(_count):x}"
