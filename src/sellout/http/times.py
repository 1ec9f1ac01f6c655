"""Instants as callers see them: RFC 3339 in UTC with `Z`."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sellout.domain import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)  # all purchases of a batch share one instant
def rfc3339(instant: Instant) -> str:
    """`2026-11-23T19:00:00.000000Z`. Raises OverflowError outside of the years 1 to 9999."""
    return moment_of(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(instant: Instant) -> datetime:
    """The datetime in UTC of an instant. Raises OverflowError outside of the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=instant)


def instant_of(moment: datetime) -> Instant:
    """The instant of an aware datetime, whatever its offset."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
