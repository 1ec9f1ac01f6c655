"""Organiser keys: how each is called, what it may do, and what becomes of it. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain, count
from typing import NamedTuple

from sellout.domain.things import Instant


class KeyScope(StrEnum):
    """What an organiser key may do. None of them includes another."""

    READ = "read"
    """See purchases, late payments and the desk."""

    SELL = "sell"
    """Refund."""

    MANAGE = "manage"
    """Add items and change them."""


ALL_SCOPES = frozenset(KeyScope)


class OrganiserKey(NamedTuple):
    """A key, of which only the digest is known. It is valid until it is revoked, and its name is never given again."""

    name: str
    digest: str
    scopes: frozenset[KeyScope]
    created_at: Instant
    revoked_at: Instant | None = None

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None

    def may(self, scope: KeyScope) -> bool:
        """Whether it is valid and has this scope."""
        return self.is_valid and scope in self.scopes


class Revocation(StrEnum):
    """What becomes of a key that somebody asks to revoke."""

    REVOKED = "revoked"
    REVOKED_BEFORE = "revoked_before"
    UNKNOWN = "unknown"
    LAST_MANAGER = "last_manager"
    """Nobody could add or change items any more, so it has to be asked for once more."""


def revocation(keys: Sequence[OrganiserKey], name: str) -> Revocation:
    """What becomes of the key with this name."""
    found = next((key for key in keys if key.name == name), None)
    if found is None:
        return Revocation.UNKNOWN
    if not found.is_valid:
        return Revocation.REVOKED_BEFORE
    managers = [key for key in keys if key.may(KeyScope.MANAGE)]
    return Revocation.LAST_MANAGER if managers == [found] else Revocation.REVOKED


class Replacement(NamedTuple):
    """What is to be done so that a key takes the place of the one that was set before it.

    `is_valid` says whether it is valid then: one that was revoked does not come back.
    """

    is_valid: bool
    to_revoke: Sequence[str] = ()
    to_add: str | None = None

    @property
    def changes(self) -> bool:
        return bool(self.to_revoke) or self.to_add is not None


def replacement(keys: Sequence[OrganiserKey], name: str, digest: str) -> Replacement:
    """How the key with this digest is set. The keys that are set are called `name`, `name-2`, `name-3`, and so on.

    A key that is known under another name keeps it, and its scopes.
    """
    found = next((key for key in keys if key.digest == digest), None)
    if found is not None and not found.is_valid:
        return Replacement(is_valid=False)
    before = [key.name for key in keys if key.is_valid and key is not found and is_successor(key.name, name)]
    if found is not None:
        return Replacement(is_valid=True, to_revoke=before)
    taken = {key.name for key in keys}
    return Replacement(
        is_valid=True, to_revoke=before, to_add=next(free for free in _successors(name) if free not in taken)
    )


def is_successor(name: str, first: str) -> bool:
    """Whether a name is `first`, or `first` with a number."""
    stem, _, number = name.rpartition("-")
    return name == first or (stem == first and number.isdecimal())


def _successors(first: str) -> Iterator[str]:
    return chain([first], (f"{first}-{number}" for number in count(2)))
