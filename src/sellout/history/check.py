"""The checker: every rule that a history must keep, by name. Pure.

docs/history.md has them as a table. Each takes the whole history and gives its counter-examples, in time that grows
with the history's length (times its logarithm), never with its square.
"""

from sellout.history.history import History
from sellout.history.rules import answers, endings, keeping, limits, moments, queue, stock, webhooks
from sellout.history.verdict import Rule, Verdict, judge

RULES: tuple[Rule[History], ...] = (
    Rule(
        "never_oversold",
        "At no moment are more units sold and held than there are.",
        stock.never_oversold,
    ),
    Rule(
        "never_undersold",
        "Nobody is refused a unit that is there to be had, and none is left over.",
        stock.never_undersold,
    ),
    Rule(
        "counters_match_ledger",
        "Counters, ledger, purchases and holds add up, row by row.",
        stock.counters_match_ledger,
    ),
    Rule(
        "looks_are_true",
        "Every look shows a state that the ledger passes through meanwhile.",
        moments.looks_are_true,
    ),
    Rule(
        "ledger_in_order",
        "What was over before something else was asked for stands before it.",
        moments.ledger_in_order,
    ),
    Rule(
        "refusals_are_true",
        "Every refusal for want of stock is true at some moment of the ledger.",
        moments.refusals_are_true,
    ),
    Rule(
        "sold_out_is_final",
        "After a sold-out nobody buys who asks later, unless units came back.",
        moments.sold_out_is_final,
    ),
    Rule(
        "acknowledged_is_kept",
        "Everything that somebody was told to have is kept as it was told.",
        keeping.acknowledged_is_kept,
    ),
    Rule(
        "nothing_unasked",
        "Everything that is kept was asked for, under a key that was issued.",
        keeping.nothing_unasked,
    ),
    Rule(
        "once_per_key",
        "A key has one success, and whoever repeats it gets that answer again.",
        keeping.once_per_key,
    ),
    Rule(
        "once_per_hold",
        "A hold makes one purchase at most, and so does a payment.",
        keeping.once_per_hold,
    ),
    Rule(
        "refusals_change_nothing",
        "Nothing is kept under a key that was only refused.",
        keeping.refusals_change_nothing,
    ),
    Rule(
        "all_lines_or_none",
        "A basket has all its lines, or none.",
        keeping.all_lines_or_none,
    ),
    Rule(
        "limits_are_kept",
        "No order and no buyer ever has more than allowed.",
        limits.limits_are_kept,
    ),
    Rule(
        "holds_end_once",
        "A hold ends once, as it was asked for, told, or due.",
        endings.holds_end_once,
    ),
    Rule(
        "deadlines_are_kept",
        "No hold ends before its time, and none is used after it.",
        endings.deadlines_are_kept,
    ),
    Rule(
        "refunded_once",
        "A purchase is given back once, and only where somebody asked for it.",
        endings.refunded_once,
    ),
    Rule(
        "late_payments_are_recorded",
        "A payment that is due back is recorded, and confirms nothing.",
        endings.late_payments_are_recorded,
    ),
    Rule(
        "joined_in_order",
        "The waiting list is in the order of joining.",
        queue.joined_in_order,
    ),
    Rule(
        "served_in_turn",
        "Nobody was passed by one who came later and wanted no less.",
        queue.served_in_turn,
    ),
    Rule(
        "entries_end_as_told",
        "Every entry waits, or has its offer, or has left as it was asked to.",
        queue.entries_end_as_told,
    ),
    Rule(
        "each_told_at_least_once",
        "Webhooks tell of everything that is to be told, at least once.",
        webhooks.each_told_at_least_once,
    ),
    Rule(
        "nothing_told_that_is_not",
        "Webhooks tell of nothing that is not in the ledger.",
        webhooks.nothing_told_that_is_not,
    ),
    Rule(
        "told_in_order",
        "Webhooks tell of an item in the order of its ledger.",
        webhooks.told_in_order,
    ),
    Rule(
        "every_request_settled",
        "Every request with a key ends in one definite, fitting answer.",
        answers.every_request_settled,
    ),
)


def check(history: History) -> Verdict:
    """Hold every rule against the history."""
    return judge(RULES, history)
