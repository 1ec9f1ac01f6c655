"""Which requests need a passed challenge, and which challenge that is. Others pass untouched."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from sellout.http.problems import Problem
from sellout.http.requests import BadRequest
from sellout.settings import BadSetting, Settings

HEADER = "challenge-response"

NONE = "none"
PROOF_OF_WORK = "proof-of-work"

_TAKING = re.compile(r"/buy_ticket|(/v1)?/items/[^/]+/(purchases|holds|waitlist)|/v1/baskets/(purchases|holds)")

View = dict[str, Any]
"""What becomes JSON."""


class Challenge(Protocol):
    """What a client has to do before it takes anything: a captcha, a proof of work, a voucher."""

    @property
    def kind(self) -> str:
        """Its name, by which a client knows what to do."""
        ...

    def issue(self) -> View:
        """What a client needs for an answer."""
        ...

    def passed(self, response: str, key: str) -> bool:
        """Whether the client's answer is right. `key` is its Idempotency-Key, "" where it has none: a retry has the
        same, and should pass with the same answer."""
        ...


def challenge_of(settings: Settings, secret: Callable[[], str]) -> Challenge | None:
    """The challenge that the settings name: none, the proof of work, or `MODULE:FUNCTION`, called with the settings.

    `secret` gives what tokens are signed with, once the shop is open.
    Raises BadSetting where there is no such function.
    """
    if settings.challenge == NONE:
        return None
    if settings.challenge == PROOF_OF_WORK:
        from sellout.http.challenge.proof_of_work import ProofOfWork

        return ProofOfWork(secret, settings.challenge_bits)
    module, _, name = settings.challenge.partition(":")
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BadSetting(f"SELLOUT_CHALLENGE={settings.challenge!r}: cannot be imported: {error}") from None
    made: Challenge = make(settings)
    return made


def needs_challenge(method: str, path: str) -> bool:
    """Whether a request takes something."""
    return method == "POST" and _TAKING.fullmatch(path) is not None


def check_challenge(challenge: Challenge, response: str | None, key: str | None) -> None:
    """Raises BadRequest (403) where a request has no right answer."""
    if not response:
        raise BadRequest(Problem("challenge_required", f"This request needs a {HEADER} header: GET /v1/challenge."))
    if not challenge.passed(response, key or ""):
        raise BadRequest(Problem("challenge_required", "The answer to the challenge is wrong, too old, or was used."))
