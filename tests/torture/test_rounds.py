"""Real rounds: a real server is really broken, in each way once, and sells exactly its stock all the same.

Every fault has to have happened: a named point by the mark that it left, the others as whoever did them saw.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sellout.torture.faults import Engine, Fault, Planned, kinds_on
from sellout.torture.plan import plan_of
from sellout.torture.round import Played, play_round
from tests import postgres

SEED = 2026

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # for machines that are busy; otherwise a tenth of it

NETWORK = (
    Planned(Fault.RESET, at=0.0, seconds=3.0, share=0.25),
    Planned(Fault.LOST_ANSWER, at=0.0, seconds=3.0, share=0.25),
    Planned(Fault.LATE_ANSWER, at=0.0, seconds=3.0, share=0.25),
    Planned(Fault.DUPLICATE, at=0.0, seconds=3.0, share=0.25),
)
SQLITE = (
    (Planned(Fault.KILL_IN_MIGRATION, nth=2), Planned(Fault.KILL, at=0.3)),
    (Planned(Fault.KILL_BEFORE_COMMIT, nth=3), Planned(Fault.KILL_AFTER_COMMIT, nth=3)),
    (Planned(Fault.KILL_IN_CHECKPOINT, nth=1), Planned(Fault.CLOCK_JUMP, at=0.2, jump=3600.0)),
    (Planned(Fault.POWER_LOSS, nth=4, point="after_commit", tear=7),),
    (
        Planned(Fault.KILL_WORKER),
        Planned(Fault.PAUSE, at=0.1, seconds=0.2),
        Planned(Fault.LOCK, at=0.2, seconds=0.3),
        Planned(Fault.DISK_FULL, at=0.3, seconds=0.3),
        Planned(Fault.FSYNC_ERROR, at=0.4, seconds=0.2),
        *NETWORK,
    ),
)
POSTGRES = (
    (Planned(Fault.KILL_IN_MIGRATION, nth=2), Planned(Fault.KILL_BEFORE_COMMIT, nth=3)),
    (Planned(Fault.KILL_AFTER_COMMIT, nth=3), Planned(Fault.ROW_LOCK, at=0.2, seconds=0.3)),
    (
        Planned(Fault.BACKENDS, at=0.2),
        Planned(Fault.DATABASE_CUT, at=0.3, seconds=0.2),
        Planned(Fault.PAUSE, at=0.5, seconds=0.2),
        *NETWORK,
    ),
)


async def played(engine: Engine, database: str | None, faults: Sequence[tuple[Planned, ...]]) -> list[Played]:
    """Rounds of one plan each, with these faults instead of its own, side by side."""
    plans = [plan_of(SEED + number, engine, kinds_on(engine)) for number in range(len(faults))]
    rounds = [replace(plan, faults=own, workers=1, webhooks=False) for plan, own in zip(plans, faults, strict=True)]
    rounds[-1] = replace(rounds[-1], webhooks=True)
    return await asyncio.gather(*(play_round(plan, n, database, "again") for n, plan in enumerate(rounds, start=1)))


def check(rounds: Sequence[Played], faults: Sequence[tuple[Planned, ...]]) -> None:
    for own, (result, history) in zip(faults, ((each.result, each.history) for each in rounds), strict=True):
        assert [(broken.name, broken.findings) for broken in result.verdict.broken] == []
        assert {fault.kind for fault in result.faults if fault.fired} == {str(fault.kind) for fault in own}
        assert result.unresolved == 0
        assert result.sold == result.capacity == sum(item.sold for item in history.kept.items)
        assert result.lives[-1].exit_code == 0
        died = sum(fault.kind in KILLS for fault in own)
        assert sum(life.exit_code == -9 for life in result.lives) == died


KILLS = frozenset(
    {
        Fault.KILL, Fault.KILL_BEFORE_COMMIT, Fault.KILL_AFTER_COMMIT, Fault.KILL_IN_CHECKPOINT,
        Fault.KILL_IN_MIGRATION, Fault.POWER_LOSS,
    }
)  # fmt: skip


@pytest.fixture
def server() -> str:
    """The PostgreSQL server, with a folder of its own from before `scratch` is looked at."""
    return postgres.url_of("postgres")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where rounds have their folders."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_on_sqlite_every_fault_happens_and_exactly_the_stock_is_sold(scratch: Path) -> None:
    rounds = asyncio.run(played(Engine.SQLITE, None, SQLITE))
    check(rounds, SQLITE)
    assert sum(each.result.unknown for each in rounds) > 0, "where nobody was left in doubt, nothing was broken"
    told = rounds[-1].history.deliveries
    assert told is not None
    assert {delivery.type for delivery in told} >= {"purchase.created", "item.sold_out"}
    assert list(scratch.iterdir()) == [], "no file is left"
    assert serving_in(scratch) == [], "no process is left"


def test_on_postgresql_every_fault_happens_and_exactly_the_stock_is_sold(server: str, scratch: Path) -> None:
    rounds = asyncio.run(played(Engine.POSTGRES, server, POSTGRES))
    check(rounds, POSTGRES)
    names = postgres.run(
        server,
        lambda session: session.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'sellout_torture%'"),
    )
    assert names == [], "no database is left"
    assert list(scratch.iterdir()) == []
    assert serving_in(scratch) == []


def serving_in(folder: Path) -> list[str]:
    """Processes that have something to do with a folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                environment = (process / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(folder) in environment:
                found.append(process.name)
    return found
