"""The judgement: all rules over one run's evidence. Pure: no IO, no clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from sellout.prove import rules
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


RULES = (
    Rule(
        "never_oversold",
        "No more units were sold than there were.",
        rules.never_oversold,
    ),
    Rule(
        "never_undersold",
        "Nobody was refused a unit that was still there to be had.",
        rules.never_undersold,
    ),
    Rule(
        "acknowledged_is_kept",
        "Every purchase that a buyer was told of is kept, for that buyer and in that quantity.",
        rules.acknowledged_is_kept,
    ),
    Rule(
        "nothing_unasked",
        "Every purchase that is kept was asked for.",
        rules.nothing_unasked,
    ),
    Rule(
        "once_per_key",
        "One key makes one purchase, and both answers to a doubled request name it.",
        rules.once_per_key,
    ),
    Rule(
        "every_request_answered",
        "Every request ended in one definite, true answer.",
        rules.every_request_answered,
    ),
    Rule(
        "counters_match_ledger",
        "Counters, ledger and what buyers were told add up.",
        rules.counters_match_ledger,
    ),
)
STOPPED_CLEANLY = Rule(
    "stopped_cleanly",
    "The server stopped cleanly when it was asked to.",
    rules.stopped_cleanly,
)


def judge(evidence: Evidence) -> Verdict:
    """Hold every rule against the evidence; a rule on which there is no evidence is left out."""
    applicable = RULES if evidence.server_exit is None else (*RULES, STOPPED_CLEANLY)
    return Verdict(tuple(_rule_on(rule, evidence) for rule in applicable))


def _rule_on(rule: Rule, evidence: Evidence) -> Ruling:
    found = rule.find(evidence)
    findings = tuple(islice(found, FINDINGS_MAX))
    total = len(findings) + sum(1 for _ in found)
    return Ruling(rule.name, rule.statement, findings, total)
