"""The judgement: a scenario's rules over one run's evidence. Pure: no IO, no clock."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sellout.prove.evidence import Evidence

FINDINGS_MAX = 5  # counter-examples kept of each rule; the total is counted all the same


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    statement: str
    find: Callable[[Evidence], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of one rule; a few of its counter-examples, and how many there are."""

    name: str
    statement: str
    findings: tuple[str, ...]
    findings_total: int

    @property
    def holds(self) -> bool:
        return self.findings_total == 0


@dataclass(frozen=True, slots=True)
class Verdict:
    rulings: tuple[Ruling, ...]

    @property
    def exact(self) -> bool:
        return all(ruling.holds for ruling in self.rulings)

    @property
    def broken(self) -> tuple[Ruling, ...]:
        return tuple(ruling for ruling in self.rulings if not ruling.holds)


def _stopped_cleanly(evidence: Evidence) -> Iterator[str]:
    if evidence.server_exit not in (None, 0):
        yield f"The server was asked to stop and ended with {evidence.server_exit}"


STOPPED_CLEANLY = Rule("stopped_cleanly", "The server stopped cleanly when it was asked to.", _stopped_cleanly)


def judge(rules: Sequence[Rule], evidence: Evidence) -> Verdict:
    """Hold every rule against the evidence; a rule on which there is no evidence is left out."""
    applicable = rules if evidence.server_exit is None else (*rules, STOPPED_CLEANLY)
    return Verdict(tuple(_rule_on(rule, evidence) for rule in applicable))


def _rule_on(rule: Rule, evidence: Evidence) -> Ruling:
    found = rule.find(evidence)
    findings = tuple(islice(found, FINDINGS_MAX))
    total = len(findings) + sum(1 for _ in found)
    return Ruling(rule.name, rule.statement, findings, total)
