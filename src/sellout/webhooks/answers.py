"""What may become of a request to an endpoint. Pure."""

from typing import NamedTuple

DELIVERED = "delivered"
GONE = "gone"
OUTCOMES = (DELIVERED, GONE, "redirected", "refused", "timed_out", "unreachable", "forbidden_address")
"""What may become of a request; only the first moves on to the next event."""


class Answer(NamedTuple):
    """What became of a request; `said` says it to people."""

    outcome: str
    said: str


def meaning_of(status: int) -> Answer:
    """What a status means: 2xx is the only one that says the event has arrived."""
    if 200 <= status < 300:
        return Answer(DELIVERED, str(status))
    if status == 410:
        return Answer(GONE, "410: it wants no more")
    if 300 <= status < 400:
        return Answer("redirected", f"{status}: redirects are not followed")
    return Answer("refused", str(status))
