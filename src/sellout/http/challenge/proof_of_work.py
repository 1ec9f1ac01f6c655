"""Proof of work: finding a number costs a client some processor time, and checking it costs us one hash.

A token is asked for, and is signed, so nothing is kept of it until it is used. The answer is `TOKEN:NUMBER`, where the
SHA-256 of exactly this text begins with as many zero bits as the token says. It may be used once: again only with the
same Idempotency-Key, because a retry is no new request. (Hashcash: Back, 2002.)
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

from itsdangerous import BadData, URLSafeTimedSerializer

from sellout.http.challenge.gate import View

VALID_SECONDS = 300
"""How long a token may be used."""

USED_MAX = 100_000
"""Used answers that are remembered; where more are used within their time, the oldest might be used again."""

NUMBER_DIGITS_MAX = 20
TOKEN_BYTES = 12


class ProofOfWork:
    """Makes tokens and checks answers, within this process."""

    kind = "proof-of-work"

    def __init__(self, secret: Callable[[], str], bits: int) -> None:
        self._secret = secret
        self._bits = bits
        self._used: OrderedDict[str, tuple[str, float]] = OrderedDict()

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret(), salt="challenge")

    def issue(self) -> View:
        """A new challenge."""
        token = self._signer.dumps([secrets.token_urlsafe(TOKEN_BYTES), self._bits])
        return {"token": token, "bits": self._bits, "valid_seconds": VALID_SECONDS}

    def passed(self, response: str, key: str) -> bool:
        """Whether this is a right answer that was not used before, but with this key."""
        token, _, number = response.rpartition(":")
        if not (number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS_MAX):
            return False
        if not self._is_ours(token) or leading_zero_bits(hashlib.sha256(response.encode()).digest()) < self._bits:
            return False
        return self._is_first_use(token, key)

    def _is_ours(self, token: str) -> bool:
        try:
            content = self._signer.loads(token, max_age=VALID_SECONDS)
        except BadData:
            return False
        return bool(content[1] >= self._bits)

    def _is_first_use(self, token: str, key: str) -> bool:
        now = time.monotonic()
        while self._used and (len(self._used) > USED_MAX or next(iter(self._used.values()))[1] < now):
            self._used.popitem(last=False)
        if token not in self._used:
            self._used[token] = (key, now + VALID_SECONDS)
            return True
        return key != "" and self._used[token][0] == key


def leading_zero_bits(digest: bytes) -> int:
    """How many bits are zero before the first that is one."""
    return 8 * len(digest) - int.from_bytes(digest).bit_length()
