"""Checks each run against the server's own count: a figure that is not verified is not a figure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from benchmarks.load import Load

HELD = 201
CONFIRMED = 200


class NotVerifiedError(Exception):
    """What the load generator was told and what the server counts do not fit together."""


class Expect(Enum):
    """What the answers of a subject must be."""

    ANSWERED = "every request is answered with success"
    SOLD = "every request is a sale, and the server counts as many"
    CONFIRMED = "every request takes a hold or confirms one, and the server sells as many as were confirmed"
    SOLD_OR_FAILED = "sales and errors may mix, but every success is a sale"
    REFUSED = "every request is refused, and nothing is sold"


@dataclass(frozen=True)
class Evidence:
    """One run with the server's count of sales before and after (both 0 for a server that sells nothing)."""

    load: Load
    connections: int
    sold_before: int = 0
    sold_after: int = 0


def verify(subject: str, expect: Expect, evidence: Evidence) -> None:
    """Raise NotVerifiedError unless the run is what `expect` says."""
    reason = problem(expect, evidence)
    if reason is not None:
        raise NotVerifiedError(f"{subject} at {evidence.connections} connections: {reason}")


def problem(expect: Expect, evidence: Evidence) -> str | None:
    """What is wrong with a run; None if nothing is."""
    load = evidence.load
    if load.requests == 0:
        return "no request was answered"
    if load.socket_errors and expect is not Expect.SOLD_OR_FAILED:
        return f"{load.socket_errors} socket errors"
    if expect in (Expect.ANSWERED, Expect.SOLD, Expect.CONFIRMED) and load.failed:
        return f"{load.failed} of {load.requests} answers were no success"
    if expect is Expect.REFUSED and load.succeeded:
        return f"{load.succeeded} of {load.requests} answers were no refusal"
    return _count_problem(expect, evidence)


def _count_problem(expect: Expect, evidence: Evidence) -> str | None:
    """wrk leaves up to one request a connection unanswered when it ends; those may have been sold as well."""
    sold = evidence.sold_after - evidence.sold_before
    if expect is Expect.ANSWERED:
        return None
    if expect is Expect.REFUSED:
        return f"{sold} units were sold though all were sold before" if sold else None
    acknowledged = evidence.load.statuses.get(CONFIRMED, 0) if expect is Expect.CONFIRMED else evidence.load.succeeded
    if acknowledged <= sold <= acknowledged + evidence.connections:
        return None if expect is not Expect.CONFIRMED else _hold_problem(evidence)
    return f"{acknowledged} sales were acknowledged, but the server counts {sold}"


def _hold_problem(evidence: Evidence) -> str | None:
    """Every connection has at most one hold that is not confirmed yet, and confirms none twice."""
    held, confirmed = (evidence.load.statuses.get(status, 0) for status in (HELD, CONFIRMED))
    if held + confirmed != evidence.load.requests:
        return f"of {evidence.load.requests} answers {held} were holds and {confirmed} confirmations"
    if 0 <= held - confirmed <= evidence.connections:
        return None
    return f"{held} holds were taken, but {confirmed} confirmed"


def verify_census(subject: str, allowed: AbstractSet[int], statuses: dict[int, int]) -> None:
    """Raise NotVerifiedError unless a counted run saw nothing but the statuses that the subject may give."""
    if not statuses or not set(statuses) <= allowed:
        raise NotVerifiedError(f"{subject}: expected only {sorted(allowed)}, got {statuses}")
