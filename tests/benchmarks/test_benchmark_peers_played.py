"""Every design of the comparison, played small: calm, and killed in the middle."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.peers.design import AND_REDIS
from benchmarks.peers.designs import DESIGNS
from benchmarks.peers.play import Plan, play, play_killed

BASE = Path(tempfile.gettempdir())  # not pytest's own folder, which is closed to PostgreSQL's user
PLAN = Plan(buyers=150, stock=50, seed=1)
SELLOUTS = [name for name in DESIGNS if name.startswith("sellout")]
OTHERS = [name for name in DESIGNS if name not in SELLOUTS]
RUNS_MAX = 3

pytestmark = pytest.mark.tools


@pytest.mark.parametrize("name", OTHERS)
def test_everybody_goes_home_with_an_answer(name: str) -> None:
    run = play(DESIGNS[name], BASE, PLAN, 0)
    assert run.verdict.unanswered == 0
    assert run.asked >= PLAN.buyers
    assert run.verdict.exact == (name != "read-then-write")
    assert run.verdict.lost == 0


@pytest.mark.parametrize("name", SELLOUTS)
def test_sellout_killed_in_the_middle_is_exact(name: str) -> None:
    run = play_killed(DESIGNS[name], "the application", BASE, PLAN, 0)
    assert run.verdict.exact
    assert run.verdict.recorded == PLAN.stock
    assert run.verdict.unanswered == 0


def test_what_a_queue_in_memory_had_is_lost_with_it() -> None:
    design = DESIGNS["redis-queued"]
    runs = (play_killed(design, AND_REDIS, BASE, PLAN, number) for number in range(RUNS_MAX))
    assert any(run.hit and run.verdict.lost > 0 and not run.verdict.exact for run in runs)
