"""Who sits at the desk: a session in a signed cookie, bound to the organiser key that opened it.

Nothing is kept on the server. The cookie tells neither the key nor what the database keeps of it; whoever takes the key
away ends its sessions, because every request looks whether the key is still valid.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Self

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from sellout.domain import KeyScope, OrganiserKey

COOKIE = "desk"
PATH = "/desk"
LIFETIME_SECONDS = 12 * 3600
SALT = "sellout.desk.session"
TOKEN_BYTES = 24
COOKIE_LENGTH_MAX = 1024


class Session(NamedTuple):
    """A mark of the key that opened it, and the token that its forms carry.

    `scopes` are those of the key: no part of the cookie, but found out at each request.
    """

    mark: str
    token: str
    scopes: frozenset[KeyScope] = frozenset()

    @classmethod
    def of_key(cls, key_digest: str) -> Self:
        """A new session of a key."""
        return cls(_mark(key_digest), secrets.token_urlsafe(TOKEN_BYTES))

    def opened_by(self, keys: Sequence[OrganiserKey]) -> OrganiserKey | None:
        """The key that has opened it, whether or not it is still valid. All are compared, as for requests."""
        found = [key for key in keys if hmac.compare_digest(self.mark, _mark(key.digest))]
        return found[0] if found else None

    def gave(self, token: str) -> bool:
        """Whether a form carries this session's token."""
        return hmac.compare_digest(self.token.encode(), token.encode())


def _mark(key_digest: str) -> str:
    return hashlib.sha256(f"{SALT}:{key_digest}".encode()).hexdigest()[:32]


class Sessions:
    """Writes sessions into cookies, and reads those that it has written itself and that are not too old."""

    def __init__(self, secret: Callable[[], str], *, secure: bool) -> None:
        """`secret` gives what cookies are signed with, once the shop is open."""
        self._secret = secret
        self._secure = secure

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret(), salt=SALT, signer_kwargs={"digest_method": hashlib.sha256})

    def write(self, response: Response, request: Request, session: Session) -> None:
        """Let the visitor's browser keep a session."""
        response.set_cookie(
            COOKIE, self.sign(session), max_age=LIFETIME_SECONDS, path=PATH, httponly=True, samesite="strict",
            secure=self._secure or request.url.scheme == "https",
        )  # fmt: skip

    def sign(self, session: Session) -> str:
        """A session as a cookie has it."""
        return str(self._signer.dumps([session.mark, session.token]))

    def read(self, request: Request) -> Session | None:
        """The session of a request; None where it has none that holds."""
        try:
            mark, token = self._signer.loads(
                request.cookies.get(COOKIE, "")[:COOKIE_LENGTH_MAX], max_age=LIFETIME_SECONDS
            )
        except BadSignature:  # forged, changed, too old, or of another secret
            return None
        return Session(mark, token)


def forget(response: Response) -> None:
    """Let the visitor's browser keep no session."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
