"""Sums over all rounds, and the run in a sentence. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sellout.history.verdict import FINDINGS_MAX, Ruling
from sellout.prove.words import counted
from sellout.torture.results import Results, RoundResult


@dataclass(frozen=True, slots=True)
class Totals:
    requests: int
    attempts: int
    unknown: int
    """Requests whose buyer did not know for a while what had become of them."""
    unresolved: int
    capacity: int
    sold: int
    faults: int


def totals_of(rounds: Iterable[RoundResult]) -> Totals:
    every = list(rounds)
    return Totals(
        requests=sum(len(each.requests) for each in every),
        attempts=sum(each.attempts for each in every),
        unknown=sum(each.unknown for each in every),
        unresolved=sum(each.unresolved for each in every),
        capacity=sum(each.capacity for each in every),
        sold=sum(each.sold for each in every),
        faults=sum(each.fired.total() for each in every),
    )


def word_of(results: Results) -> str:
    """The verdict."""
    if not results.rounds:
        return "No rounds"
    return "Exact" if results.exact else "Not exact"


def sentence_of(results: Results) -> str:
    """The run in a sentence."""
    done, totals = len(results.rounds), totals_of(results.rounds)
    if not done:
        return f"Not one of {counted(results.wanted, 'round')} was finished, so nothing is shown."
    if results.broken:
        of = f"{len(results.broken):,} of {counted(done, 'round')} broke a rule"
        return f"{of}; each can be played again by its command below."
    played = counted(done, "round") if done == results.wanted else f"{done:,} of {counted(results.wanted, 'round')}"
    met = f"{counted(totals.requests, 'request')} met {counted(totals.faults, 'fault')}"
    return f"In {played}, {met}: nothing was lost, nothing was sold twice, and every count is right."


def resolved_in_words(unknown: int, unresolved: int) -> str:
    """What has become of requests that were unknown for a while."""
    if unresolved:
        return f"{unresolved:,} never resolved"
    return "all resolved by asking again" if unknown else "every answer told"


def rulings_of(rounds: Iterable[RoundResult]) -> tuple[Ruling, ...]:
    """What became of each rule over all rounds; a finding names its round."""
    rules: dict[str, str] = {}
    totals, findings = Counter[str](), dict[str, list[str]]()
    for each in rounds:
        for ruling in each.verdict.rulings:
            rules.setdefault(ruling.name, ruling.statement)
            totals[ruling.name] += ruling.findings_total
            told = (f"Round {each.number:,}: {finding}" for finding in ruling.findings)
            findings.setdefault(ruling.name, []).extend(told)
    return tuple(
        Ruling(name, statement, tuple(findings[name][:FINDINGS_MAX]), totals[name]) for name, statement in rules.items()
    )
