"""Returns: purchases of a sold-out item are given back, and their units go to those who wait, in turn.

cast.py   who takes part, pure    rules.py    the properties, pure
script.py the run                 telling.py  fates and words, pure
"""

from sellout.history.verdict import Rule
from sellout.prove.scenarios.returns import rules, script, telling
from sellout.prove.scenarios.scenario import Scenario
from sellout.prove.scenarios.shared.rules import shared_rules

RULES = (
    *shared_rules(rules.FITTING),
    Rule(
        "served_in_turn",
        "Nobody was passed by one who came later and wanted no less.",
        rules.served_in_turn,
    ),
    Rule(
        "joined_in_order",
        "The waiting list is in the order of joining.",
        rules.joined_in_order,
    ),
    Rule(
        "places_are_true",
        "Whoever joins is told how many wait before.",
        rules.places_are_true,
    ),
    Rule(
        "entries_end_as_told",
        "Every entry waits, or has ended as its buyer was told.",
        rules.entries_end_as_told,
    ),
    Rule(
        "nobody_waits_for_free_units",
        "At the end no unit is free for which somebody waits.",
        rules.nobody_waits_for_free_units,
    ),
    Rule(
        "refunded_once",
        "Each purchase that was given back counts once.",
        rules.refunded_once,
    ),
)

RETURNS = Scenario(
    name="returns",
    buyers=150,
    stock=60,
    seeded=True,
    takes_item=False,
    connections=script.connections,
    play=script.play,
    rules=RULES,
    fates=telling.fates,
    sentence=telling.sentence,
    opening=telling.opening,
    tallies=telling.tallies,
    meanings=telling.MEANINGS,
)
