"""The rush: everybody buys at one instant, once.

script.py  the run          rules.py  the properties, pure          telling.py  fates and words, pure
"""

from sellout.history.verdict import Rule
from sellout.prove.scenarios.rush import rules, script, telling
from sellout.prove.scenarios.scenario import Scenario

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

RUSH = Scenario(
    name="rush",
    buyers=1000,
    stock=100,
    seeded=False,
    takes_item=True,
    connections=script.connections,
    play=script.play,
    rules=RULES,
    fates=telling.fates,
    sentence=telling.sentence,
    twice="sent their request twice",
)
