"""A shop's own login for tests: the tokens that it signs, and tokens that only look like them."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

SECRET = "a secret of the shop's login, long enough"
LOGIN = Ed25519PrivateKey.generate()
PUBLIC = LOGIN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE = LOGIN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
KEYS = {"EdDSA": PUBLIC, "HS256": SECRET}
"""What Sellout is given to verify tokens by, and the algorithm that follows from it."""

Headers = dict[str, str]


def claims(buyer: Any = "ada", **more: Any) -> dict[str, Any]:
    """What a token says; without what is None."""
    named = {"sub": buyer, "aud": "sellout", "exp": int(time.time()) + 600} | more
    return {name: value for name, value in named.items() if value is not None}


def token(buyer: Any = "ada", algorithm: str = "EdDSA", key: Any = None, **more: Any) -> str:
    """A token, by the login's own key where there is no other."""
    signs = key or (LOGIN if algorithm == "EdDSA" else SECRET)
    return jwt.encode(claims(buyer, **more), signs, algorithm=algorithm)


def by_hand(header: str, key: bytes) -> str:
    """A token that no library makes: its header as text, signed by HMAC with anything."""
    parts = [urlsafe_b64encode(text.encode()).rstrip(b"=") for text in (header, json.dumps(claims()))]
    signature = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def bearer(text: str) -> Headers:
    """The header that a token comes in."""
    return {"Authorization": f"Bearer {text}"}


def _changed(algorithm: str) -> str:
    """A token whose buyer was changed after it was signed."""
    head, _, signature = token("bob", algorithm).split(".")
    return f"{head}.{token('ada', algorithm).split('.')[1]}.{signature}"


BAD: dict[str, Callable[[str], str]] = {
    "expired": lambda alg: token(algorithm=alg, exp=int(time.time()) - 60),
    "without an end": lambda alg: token(algorithm=alg, exp=None),
    "not good yet": lambda alg: token(algorithm=alg, nbf=int(time.time()) + 60),
    "for another audience": lambda alg: token(algorithm=alg, aud="another"),
    "without an audience": lambda alg: token(algorithm=alg, aud=None),
    "of another login": lambda alg: token(
        algorithm=alg, key=Ed25519PrivateKey.generate() if alg == "EdDSA" else "another secret, also long enough, of 32"
    ),
    "of another buyer, whose name was changed": _changed,
    "of the other algorithm": lambda alg: token(algorithm="HS256" if alg == "EdDSA" else "EdDSA"),
    "of a longer algorithm": lambda _: token(algorithm="HS512", key=SECRET * 2),
    "signed by nobody": lambda _: jwt.encode(claims(), "", algorithm="none"),
    "signed with the public key": lambda _: by_hand('{"alg":"HS256","typ":"JWT"}', PUBLIC.encode()),
    "without a buyer": lambda alg: token(None, alg),
    "of brackets": lambda _: by_hand("[" * 2000, b"x"),
    "of nothing": lambda _: "..",
    "cut off": lambda alg: token(algorithm=alg)[:-2],
    "too long": lambda alg: token(algorithm=alg, more="x" * 4096),
}
"""Tokens that prove nothing, for the algorithm that the shop's login has."""

BAD_BUYERS: dict[str, Callable[[str], str]] = {
    "with a buyer that no buyer can be": lambda alg: token("a\nb", alg),
    "of all buyers": lambda alg: token("\n", alg),
    "with a buyer of no characters": lambda alg: token("", alg),
    "with half a character": lambda alg: token("\ud800", alg),
}
"""Tokens of the login that are of nobody: no buyer can be called so."""
