"""Buyer tokens: signed JWTs of the shop's own login, of which `sub` is the buyer.

The algorithm follows from the shop's key and never from a token: an Ed25519 public key verifies EdDSA, a secret HS256.
"""

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_der_x509_certificate

SECRET_BYTES_MIN = 32

TOKEN_LENGTH_MAX = 4096

LEEWAY_SECONDS = 10
"""How far the clocks of the login and of this host may be apart."""

KNOWN_MAX = 10_000
"""Tokens that are kept as verified until they end, because a signature by EdDSA takes 160 microseconds to verify."""

_PEM = "-----BEGIN"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SSH_KEY = re.compile(r"(ssh|ecdsa)-\S+ ")


class BadToken(ValueError):
    """A token that proves nothing; the message says why."""


class TokenVerifier:
    """Verifies tokens for one shop."""

    def __init__(self, key: str, audience: str, issuer: str | None, clock: Callable[[], float] = time.time) -> None:
        self._key = public_key(key) if is_public(key) else secret(key)
        self._algorithm = "HS256" if isinstance(self._key, bytes) else "EdDSA"
        self._audience = audience
        self._issuer = issuer
        self._clock = clock
        self._known: dict[str, tuple[str, float]] = {}

    def buyer_of(self, token: str) -> str:
        """The buyer that a token proves. Raises BadToken."""
        known = self._known.get(token)
        if known is not None and self._clock() < known[1]:
            return known[0]
        self._known.pop(token, None)
        buyer, ends_at = self._verify(token)
        if len(self._known) >= KNOWN_MAX:
            del self._known[next(iter(self._known))]
        self._known[token] = (buyer, ends_at)
        return buyer

    def _verify(self, token: str) -> tuple[str, float]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise BadToken("it is too long")
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[self._algorithm], audience=self._audience, issuer=self._issuer,
                leeway=LEEWAY_SECONDS, options={"require": ["exp", "aud", "sub"]},
            )  # fmt: skip
            return claims["sub"], float(claims["exp"]) + LEEWAY_SECONDS
        except jwt.ExpiredSignatureError:
            raise BadToken("it has expired") from None
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError):  # the last: brackets without end
            raise BadToken("it is not one of this shop's login") from None


def is_public(key: str) -> bool:
    """Whether a setting is a public key in PEM, or the file of one, and no secret."""
    return _PEM in key or (key.startswith("/") and key.endswith(".pem"))


def public_key(key: str) -> Ed25519PublicKey:
    """The public key that a setting is or names. Raises ValueError."""
    try:
        pem = key.replace("\\n", "\n").encode() if _PEM in key else Path(key).read_bytes()
        found = load_pem_public_key(pem)
    except OSError as error:
        raise ValueError(f"must be an Ed25519 public key in PEM, and {key} cannot be read: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("must be an Ed25519 public key in PEM: this is none that can be read") from None
    if not isinstance(found, Ed25519PublicKey):
        raise ValueError("must be an Ed25519 public key in PEM: this is another kind of key")  # noqa: TRY004 - of a setting
    return found


def secret(key: str) -> bytes:
    """The secret that a setting is. Raises ValueError, also where it is something that others know."""
    if why := _why_public(key.strip()):
        raise ValueError(f"must be a secret that nobody else knows, or an Ed25519 public key in PEM: this is {why}")
    if len(key.encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"must be a secret of {SECRET_BYTES_MIN} bytes or more, or an Ed25519 public key in PEM")
    return key.encode()


def _why_public(key: str) -> str | None:
    """Why a text is no secret. Whoever knows what stands there could sign as any buyer."""
    if _ADDRESS.match(key):
        return "an address"
    if key.startswith(("/", "./", "../", "~")):
        return "a path"
    if key.startswith(("{", "[")):
        return "a JSON document"
    if _SSH_KEY.match(key):
        return "a public key of SSH"
    return "a public key without its PEM lines" if _is_bare_public_key(key) else None


def _is_bare_public_key(key: str) -> bool:
    """Whether it is the base64 of a public key or a certificate, as logins show them."""
    try:
        found = base64.b64decode("".join(key.split()), validate=True)
        load_der_public_key(found)
    except (ValueError, UnsupportedAlgorithm):
        return _is_certificate(key)
    return True


def _is_certificate(key: str) -> bool:
    try:
        load_der_x509_certificate(base64.b64decode("".join(key.split()), validate=True))
    except ValueError:
        return False
    return True
