"""The scenarios of a proof. Each is a folder: a script that plays it, rules that judge it, and words that tell of it.

scenario.py  what a scenario is       rush/     everybody buys at one instant
"""

from sellout.prove.scenarios.baskets import BASKETS
from sellout.prove.scenarios.holds import HOLDS
from sellout.prove.scenarios.returns import RETURNS
from sellout.prove.scenarios.rush import RUSH
from sellout.prove.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (RUSH, HOLDS, RETURNS, BASKETS)}
