"""The rules that every scenario but the rush shares, with their names. Pure."""

from sellout.history.rules.answers import Refusals
from sellout.history.verdict import Rule
from sellout.prove.evidence import Evidence
from sellout.prove.scenarios.shared import endings, keeping, ledger, units
from sellout.prove.scenarios.shared.answers import every_request_answered


def shared_rules(fitting: Refusals) -> tuple[Rule[Evidence], ...]:
    """For a scenario in which these refusals can be true."""
    return (
        Rule(
            "never_oversold",
            "At no moment did buyers have more units than there were.",
            units.never_oversold,
        ),
        Rule(
            "never_undersold",
            "Nobody was refused a unit that was still there to be had.",
            units.never_undersold,
        ),
        Rule(
            "acknowledged_is_kept",
            "Every purchase that a buyer was told of is kept as it was told.",
            keeping.acknowledged_is_kept,
        ),
        Rule(
            "nothing_unasked",
            "Every purchase that is kept was asked for.",
            keeping.nothing_unasked,
        ),
        Rule(
            "once_per_hold",
            "A hold makes one purchase at most, and so does a payment.",
            keeping.once_per_hold,
        ),
        Rule(
            "once_per_key",
            "Whoever repeats a key gets the first answer again.",
            keeping.once_per_key,
        ),
        Rule(
            "holds_end_as_told",
            "Every hold has ended, and as its buyer was told.",
            endings.holds_end_as_told,
        ),
        Rule(
            "deadlines_are_kept",
            "No hold ended before its time, and none could be used after it.",
            endings.deadlines_are_kept,
        ),
        Rule(
            "ended_once",
            "What was given back is not sold, and what was sold is not given back.",
            endings.ended_once,
        ),
        Rule(
            "every_request_answered",
            "Every request ended in one definite, true answer.",
            every_request_answered(fitting),
        ),
        Rule(
            "counters_match_ledger",
            "Counters, ledger and what buyers were told add up.",
            ledger.counters_match_ledger,
        ),
    )
