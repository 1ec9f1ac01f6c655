"""Counts, times and statuses in words. Pure."""

from collections.abc import Mapping
from http import HTTPStatus

NO_ANSWER = "no answer"

MEANINGS = {
    "201": "bought",
    "409": "refused for now: too few left, held by others, or a limit",
    "410": "sold out",
    "429": "too many requests, asked again",
    "503": "busy, asked again",
    NO_ANSWER: "connection lost, asked again",
}


def meaning_of(answer: str, meanings: Mapping[str, str] = MEANINGS) -> str:
    """What a status says to a buyer, in a word or two; a scenario's own meanings go first."""
    if known := meanings.get(answer) or MEANINGS.get(answer):
        return known
    return HTTPStatus(int(answer)).phrase.lower() if int(answer) in set(HTTPStatus) else "unknown status"


def counted(count: int, word: str) -> str:
    """A number with its noun."""
    return f"{count:,} {word if count == 1 else f'{word}s'}"


def listed(counts: Mapping[str, int]) -> str:
    """Numbers, each with what it counts."""
    return ", ".join(f"{count:,} {word}" for word, count in counts.items())


def millis(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"
