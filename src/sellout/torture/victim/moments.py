"""The moments of a transaction, as the text of its statements tells them, whichever engine it is for. Pure."""

import functools
import re
from collections.abc import Callable
from typing import TypeAlias

from sellout.torture.victim.arming import Point

Passed: TypeAlias = Callable[[Point], None]
"""Told of every point that is passed."""

BEGIN = "BEGIN"
COMMIT = "COMMIT"

_SALE = re.compile(
    r"\b(?:INSERT INTO|UPDATE)\s+(?:purchases|holds|waitlist|used_keys|late_payments)\b"
    r"|\bSELECT\s+add_(?:purchases|holds)\("
)
_MIGRATED = re.compile(r"\bINSERT INTO\s+sellout_migrations\b")


@functools.lru_cache(maxsize=256)
def _writes_the_sale(statement: str) -> bool:
    return _SALE.search(statement) is not None


@functools.lru_cache(maxsize=256)
def _ends_a_migration(statement: str) -> bool:
    return _MIGRATED.search(statement) is not None


class Moments:
    """One connection, whose statements begin and end. Only a commit of something sold is one to us."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._has_sold = False

    def begins(self, statement: str) -> None:
        """A statement has been asked for."""
        if statement.startswith(BEGIN):
            self._has_sold = False  # a migration's script names the sale's tables, too
        elif statement == COMMIT and self._has_sold:
            self._passed("before_commit")
        elif _writes_the_sale(statement):
            self._has_sold = True

    def ended(self, statement: str) -> None:
        """It is done, and nobody has been told so."""
        if statement == COMMIT and self._has_sold:
            self._has_sold = False
            self._passed("after_commit")
        elif _ends_a_migration(statement):
            self._passed("in_migration")

    def undone(self) -> None:
        """The transaction was rolled back, whoever wanted that."""
        self._has_sold = False
