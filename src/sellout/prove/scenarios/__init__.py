"""The scenarios of a proof. Each is a folder: a script that plays it, rules that judge it, and words that tell of it.

scenario.py  what a scenario is
rush/        everybody buys at one instant, once
holds/       holds are taken, paid, confirmed, released, or left to expire
returns/     refunds, and a waiting list that is served in turn
baskets/     several items at once, all or none
shared/      what all but the rush have in common
"""

from sellout.prove import CouldNotRun
from sellout.prove.scenarios.baskets import BASKETS
from sellout.prove.scenarios.holds import HOLDS
from sellout.prove.scenarios.returns import RETURNS
from sellout.prove.scenarios.rush import RUSH
from sellout.prove.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (RUSH, HOLDS, RETURNS, BASKETS)}


def scenario_named(name: str) -> Scenario:
    """The scenario of this name; raises CouldNotRun where there is none."""
    if name not in SCENARIOS:
        raise CouldNotRun(f"there is no scenario {name}: the scenarios are {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
