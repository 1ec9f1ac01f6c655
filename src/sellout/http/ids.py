"""Identifiers. Whoever has the id of a purchase or a hold may see and end it, so nobody may guess one."""

import itertools
import os
import secrets
import time

_VARIANT = "89ab"


def new_id() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): the millisecond, and 74 random bits.

    In the order of time, which an index likes. Not the counter that libraries put there for ids of the same
    millisecond: with it, half of the bits of an id can be read off the one before.
    """
    ms = f"{time.time_ns() // 1_000_000:012x}"
    bits = os.urandom(10).hex()
    return f"{ms[:8]}-{ms[8:]}-7{bits[:3]}-{_VARIANT[ord(bits[3]) & 3]}{bits[4:7]}-{bits[7:19]}"


_PROCESS = secrets.token_hex(8)
_count = itertools.count(1)


def new_request_id() -> str:
    """An id for one request, unique over all processes; counting is cheaper than randomness for every request."""
    return f"{_PROCESS}-{next(_count):x}"
