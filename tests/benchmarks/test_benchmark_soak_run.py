"""A short soak of a real server on either engine: everything is asked, and the looks see it."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.soak.flat import RULES
from benchmarks.soak.sitting import Plan, soak
from benchmarks.soak.visitors import EXPORTS_SECONDS
from sellout.history.verdict import judge

BASE = Path(tempfile.gettempdir())  # not pytest's own folder, which is closed to PostgreSQL's user
TOO_SHORT_TO_SAY = {"memory_is_flat", "files_are_closed", "never_stops_selling"}

pytestmark = pytest.mark.tools


EXPORTED = "GET /v1/items/soak/movements/export"


@pytest.mark.parametrize(("postgres", "seconds"), [(False, 20.0), (True, 10.0)], ids=["sqlite", "postgresql"])
def test_everything_at_once_for_a_little_while(*, postgres: bool, seconds: float) -> None:
    told = list[float]()
    plan = Plan(seconds=seconds, rate=10.0, every=0.5, seed=1, postgres=postgres, filled=200)
    seen = soak(BASE, plan, lambda sample: told.append(sample.at))
    broken = judge(RULES, seen).broken
    assert {ruling.name: ruling.findings for ruling in broken if ruling.name not in TOO_SHORT_TO_SAY} == {}
    assert len(told) == len(seen.samples)
    first, last = seen.samples[0], seen.samples[-1]
    assert last.purchases > first.purchases >= plan.filled
    assert min(last.memory, last.files, last.threads, last.database, last.wal) > 0
    assert any(sample.p99_ms is not None for sample in seen.samples)
    assert seen.scenes[0].name == "rush"
    assert {"buying", "GET /", "GET /v1/items/soak/stream"} <= set(seen.answers)
    assert (EXPORTED in seen.answers) == (seconds > EXPORTS_SECONDS)
    assert seen.events > 0
    assert seen.hooks > 0
