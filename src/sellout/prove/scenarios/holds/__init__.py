"""Holds: taken at one instant, then paid, confirmed, released, or left to expire.

cast.py   who comes, pure       rules.py    the properties, pure
script.py the run               telling.py  fates and words, pure
"""

from sellout.history.verdict import Rule
from sellout.prove.scenarios.holds import rules, script, telling
from sellout.prove.scenarios.scenario import Scenario
from sellout.prove.scenarios.shared.fates import first_requests
from sellout.prove.scenarios.shared.rules import shared_rules

RULES = (
    *shared_rules(rules.FITTING),
    Rule(
        "refund_due_only_when_gone",
        "A late payment is due back only where its units were gone.",
        rules.refund_due_only_when_gone,
    ),
    Rule(
        "late_payments_are_recorded",
        "Every payment that is due back is recorded once.",
        rules.late_payments_are_recorded,
    ),
    Rule(
        "one_payment_for_one_hold",
        "A payment is refused for a hold only where it has paid for another.",
        rules.one_payment_for_one_hold,
    ),
)

HOLDS = Scenario(
    name="holds",
    buyers=300,
    stock=100,
    seeded=True,
    takes_item=False,
    connections=script.connections,
    play=script.play,
    rules=RULES,
    fates=telling.fates,
    sentence=telling.sentence,
    opening=first_requests,
    tallies=telling.tallies,
    meanings=telling.MEANINGS,
)
