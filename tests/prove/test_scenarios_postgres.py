"""Whole runs of the scenarios on PostgreSQL, by a server of two processes: small, and exact."""

import asyncio
from dataclasses import replace

import pytest

from sellout.prove.rehearsal import prove
from tests.postgres import fresh_database
from tests.prove.test_scenarios import PLANS

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


def test_every_scenario_is_exact_on_postgresql_too() -> None:
    plans = [replace(plan, database=fresh_database(), workers=2) for plan in PLANS.values()]

    async def all_runs() -> list[tuple[str, list[str]]]:
        results = await asyncio.gather(*(prove(plan) for plan in plans))
        return [(result.facts.engine or "", [ruling.name for ruling in result.verdict.broken]) for result in results]

    assert asyncio.run(all_runs()) == [("PostgreSQL", [])] * len(plans)
