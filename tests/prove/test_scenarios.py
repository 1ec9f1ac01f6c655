"""Whole runs of the scenarios, each against a real server of its own: small, and exact."""

import asyncio
from dataclasses import replace

import pytest

from sellout.history.requests import Action
from sellout.history.timeline import Pace
from sellout.prove.page import render_page
from sellout.prove.plan import Plan
from sellout.prove.rehearsal import Result, prove
from sellout.prove.report import as_json
from sellout.prove.scenarios import SCENARIOS

QUICK = Plan(seed=4, doubled_share=0.5, pace=Pace(hold=1, payment=1, offer=1), come_again_seconds=2.5)
PLANS = {
    "holds": replace(QUICK, scenario="holds", buyers=60, stock=40),
    "returns": replace(QUICK, scenario="returns", buyers=40, stock=20),
    "baskets": replace(QUICK, scenario="baskets", buyers=60, stock=12),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """All runs at once: they wait for deadlines more than they work."""

    async def all_runs() -> list[Result]:
        return await asyncio.gather(*(prove(plan) for plan in PLANS.values()))

    return dict(zip(PLANS, asyncio.run(all_runs()), strict=True))


def test_every_scenario_but_the_rush_is_run() -> None:
    assert {"rush", *PLANS} == set(SCENARIOS)


@pytest.mark.parametrize("name", PLANS)
class TestARun:
    def test_is_exact(self, name: str, results: dict[str, Result]) -> None:
        assert results[name].verdict.broken == ()

    def test_accounts_for_every_unit(self, name: str, results: dict[str, Result]) -> None:
        after = results[name].evidence.after
        assert (after.held, after.sold + after.available) == (0, after.capacity)
        assert results[name].figures.units == after.sold > 0

    def test_gives_every_buyer_a_fate(self, name: str, results: dict[str, Result]) -> None:
        fates = dict(results[name].figures.fates)
        assert sum(fates.values()) >= PLANS[name].buyers
        assert fates["unanswered"] == 0

    def test_sends_some_requests_twice(self, name: str, results: dict[str, Result]) -> None:
        assert results[name].figures.doubled > 0
        assert results[name].figures.replays > 0

    def test_is_told_to_programs_with_its_seed_and_its_fates(self, name: str, results: dict[str, Result]) -> None:
        said = as_json(results[name])
        assert (said["scenario"], said["run"]["seed"], said["verdict"]) == (name, 4, "exact")
        assert all(set(tally) == {"count", "units"} for tally in said["fates"].values())
        assert ("items" in said) is (name == "baskets")

    def test_is_shown_on_a_page_with_its_scenario(self, name: str, results: dict[str, Result]) -> None:
        page = render_page(results[name])
        assert "<h1>Exact</h1>" in page
        assert f"<dt>Scenario</dt><dd>{name}</dd>" in page
        assert "<h2>What became of the units</h2>" in page


def test_holds_are_confirmed_and_expire(results: dict[str, Result]) -> None:
    evidence = results["holds"].evidence
    assert {hold.state for hold in evidence.holds} >= {"confirmed", "expired"}
    assert "all_held" in {request.final.code for request in evidence.requests}
    assert evidence.calm_from is not None


def test_returns_come_to_those_who_wait(results: dict[str, Result]) -> None:
    evidence = results["returns"].evidence
    assert "confirmed" in {entry.state for entry in evidence.entries}
    assert "already_refunded" in {request.final.code for request in evidence.of((Action.REFUND,))}


def test_baskets_are_bought_and_held_and_refused(results: dict[str, Result]) -> None:
    evidence = results["baskets"].evidence
    for action in (Action.BUY_BASKET, Action.HOLD_BASKET):
        assert {True, False} == {request.final.granted for request in evidence.of((action,))}
