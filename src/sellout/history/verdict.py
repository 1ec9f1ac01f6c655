"""The judgement: rules over all that one run saw. Pure: no IO, no clock."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

FINDINGS_MAX = 5  # counter-examples kept of each rule; the total is counted all the same


Seen = TypeVar("Seen", contravariant=True)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Seen]):
    """A property that every run must have; `find` gives the counter-examples that it sees in one."""

    name: str
    statement: str
    find: Callable[[Seen], Iterator[str]]


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


def judge(rules: Sequence[Rule[Seen]], seen: Seen) -> Verdict:
    """Hold every rule against what was seen."""
    return Verdict(tuple(_rule_on(rule, seen) for rule in rules))


def _rule_on(rule: Rule[Seen], seen: Seen) -> Ruling:
    found = rule.find(seen)
    findings = tuple(islice(found, FINDINGS_MAX))
    total = len(findings) + sum(1 for _ in found)
    return Ruling(rule.name, rule.statement, findings, total)
