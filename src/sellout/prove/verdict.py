"""The verdict on a run: its scenario's rules, and one on the server that the run has stopped. Pure: no IO, no clock."""

from collections.abc import Iterator, Sequence

from sellout.history import verdict
from sellout.history.verdict import Rule, Verdict
from sellout.prove.evidence import Evidence


def _stopped_cleanly(evidence: Evidence) -> Iterator[str]:
    if evidence.server_exit not in (None, 0):
        yield f"The server was asked to stop and ended with {evidence.server_exit}"


STOPPED_CLEANLY = Rule("stopped_cleanly", "The server stopped cleanly when it was asked to.", _stopped_cleanly)


def judge(rules: Sequence[Rule[Evidence]], evidence: Evidence) -> Verdict:
    """Hold every rule against the evidence; a rule on which there is no evidence is left out."""
    applicable = rules if evidence.server_exit is None else (*rules, STOPPED_CLEANLY)
    return verdict.judge(applicable, evidence)
