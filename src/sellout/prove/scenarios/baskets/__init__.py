"""Baskets: units of several items at once, all or none, with overlapping choice and in different orders.

cast.py   who comes, pure       rules.py    the properties, pure
script.py the run               telling.py  fates and words, pure
"""

from sellout.history.verdict import Rule
from sellout.prove.scenarios.baskets import rules, script, telling
from sellout.prove.scenarios.scenario import Scenario
from sellout.prove.scenarios.shared.fates import first_requests
from sellout.prove.scenarios.shared.rules import shared_rules

RULES = (
    *shared_rules(rules.FITTING),
    Rule(
        "all_lines_or_none",
        "Every basket has all its lines, or none.",
        rules.all_lines_or_none,
    ),
    Rule(
        "refusal_names_the_line",
        "Every refusal of a basket names the line that it is about.",
        rules.refusal_names_the_line,
    ),
)

BASKETS = Scenario(
    name="baskets",
    buyers=300,
    stock=60,
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
