"""Organiser keys as steps for any engine: how they are added, set and revoked, one transaction each.

Each first makes sure that nobody else changes keys meanwhile, then looks at all of them: there are few, and it is rare.
"""

from collections.abc import Collection, Sequence

from sellout.domain import (
    ALL_SCOPES,
    KeyScope,
    OrganiserKey,
    Revocation,
    replacement,
    revocation,
)
from sellout.store.steps import NOW, Row, Steps, ask


def organiser_keys() -> Steps[Sequence[OrganiserKey]]:
    """All keys."""
    return [_key_of(row) for row in (yield ask("organiser_keys"))]


def add_key(name: str, digest: str, scopes: Collection[KeyScope]) -> Steps[bool]:
    """A key under a name that no key has had."""
    known = yield from _locked_keys()
    if any(name == key.name or digest == key.digest for key in known):
        return False
    yield from _insert(name, digest, scopes)
    return True


def add_first_key(name: str, digest: str) -> Steps[bool]:
    """A key that may do all, where there has never been one."""
    if (yield from _locked_keys()):
        return False
    yield from _insert(name, digest, ALL_SCOPES)
    return True


def set_key(name: str, digest: str) -> Steps[bool]:
    """A key in place of the one that was set before."""
    plan = replacement((yield from _locked_keys()), name, digest)
    for old in plan.to_revoke:
        yield from _revoke(old)
    if plan.to_add is not None:
        yield from _insert(plan.to_add, digest, ALL_SCOPES)
    return plan.is_valid


def revoke_key(name: str, *, last_too: bool) -> Steps[Revocation]:
    """A key is valid no longer."""
    result = revocation((yield from _locked_keys()), name)
    if result is Revocation.REVOKED or (last_too and result is Revocation.LAST_MANAGER):
        yield from _revoke(name)
        return Revocation.REVOKED
    return result


def _locked_keys() -> Steps[Sequence[OrganiserKey]]:
    yield ask("lock_organiser_keys")
    return (yield from organiser_keys())


def _insert(name: str, digest: str, scopes: Collection[KeyScope]) -> Steps[None]:
    now = (yield ask(NOW))[0][0]
    words = " ".join(scope for scope in KeyScope if scope in scopes)
    yield ask("insert_organiser_key", name=name, digest=digest, scopes=words, now=now)


def _revoke(name: str) -> Steps[None]:
    now = (yield ask(NOW))[0][0]
    yield ask("revoke_organiser_key", name=name, now=now)


def _key_of(row: Row) -> OrganiserKey:
    name, digest, scopes, created_at, revoked_at = row
    return OrganiserKey(name, digest, frozenset(map(KeyScope, scopes.split())), created_at, revoked_at)


SESSIONS = "sessions"
"""What the secret is called that signs sessions and challenges."""


def session_secret() -> Steps[str | None]:
    """The secret that signs, where one was made."""
    return next((secret for (secret,) in (yield ask("secret", name=SESSIONS))), None)


def make_session_secret(made: str) -> Steps[str]:
    """The secret that signs: `made`, where nobody was faster."""
    now = int((yield ask(NOW))[0][0])
    yield ask("insert_secret", name=SESSIONS, secret=made, now=now)
    return (yield from session_secret()) or made
