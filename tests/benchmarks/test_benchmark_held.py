"""Holds that lie in the file while others are taken: put there in order, and a real run beside them."""

import asyncio
from pathlib import Path

import pytest

from benchmarks import held
from benchmarks.measure import visit
from benchmarks.server import Server
from benchmarks.subjects import HoldConfirm, NoOpHold
from benchmarks.verify import NotVerifiedError
from sellout.domain import AddItem, Audit, Item, Kind, Settle
from sellout.store.sqlite import SQLiteStore

SECOND = 1_000_000
NOW = 1_900_000_000 * SECOND
needs_tools = pytest.mark.tools


def subject() -> HoldConfirm:
    return HoldConfirm("hold-confirm", "a small one", lying=2_000, due_a_second=200)


def test_deadlines_are_spread_evenly_over_the_run() -> None:
    assert list(held.deadlines(NOW, 2, 2)) == [NOW + half * SECOND // 2 for half in (1, 2, 3, 4)]
    assert len(held.deadlines(NOW, 300, 7)) == 2_100


def test_holds_come_into_the_file_with_their_counter_and_their_movements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "shop.db"
    monkeypatch.setattr("benchmarks.held.host_clock", lambda: NOW)

    async def audits() -> tuple[Audit | None, Audit | None]:
        store = SQLiteStore(database, lambda: NOW + 5 * SECOND // 2)
        try:
            await store.transact([AddItem(an_item())], 0)
            held.add_lying(database, "item-a", 100)
            held.add_due(database, "item-a", 10, 5)
            before = await store.audit("item-a")
            await store.transact([Settle("item-a")], 0)
            return before, await store.audit("item-a")
        finally:
            await store.close()

    before, after = asyncio.run(audits())
    assert before is not None
    assert after is not None
    assert before.consistent
    assert after.consistent
    assert before.item.held == 150
    assert after.item.held == 125
    assert after.sums[Kind.EXPIRE].movements == 25
    assert held.count_due(database, "item-a") == (50, 25)


def an_item() -> Item:
    return Item("item-a", "item-a", 1_000, 0, 0, None, None, False, None, 10, 600, 900, 600)


@needs_tools
def test_a_short_run_is_verified(tmp_path: Path) -> None:
    (run,) = visit(subject(), tmp_path, [8], 1, lambda _: None)
    holds, confirmed = run.load.statuses[201], run.load.statuses[200]
    assert confirmed > 0
    assert holds + confirmed == run.load.requests
    assert run.rate == pytest.approx(run.load.rate)


@needs_tools
def test_the_script_meets_a_server_that_only_pretends(tmp_path: Path) -> None:
    (run,) = visit(NoOpHold("no-op-hold", "holding", "a pretence"), tmp_path, [8], 1, lambda _: None)
    assert abs(run.load.statuses[201] - run.load.statuses[200]) <= 8


@needs_tools
def test_a_run_beside_which_nothing_ends_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HoldConfirm, "prepare_run", lambda _self, _server, _seconds: None)
    with pytest.raises(NotVerifiedError, match="of 0 holds that came due, 0 were ended"):
        visit(subject(), tmp_path, [8], 1, lambda _: None)


def test_holds_that_nobody_ends_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.held.count_due", lambda _database, _item: (100, 49))
    monkeypatch.setattr("benchmarks.subjects.Sellout.audit", lambda _self, _server: None)
    server = Server(None, "", tmp_path)  # type: ignore[arg-type]
    with pytest.raises(NotVerifiedError, match="of 100 holds that came due, 49 were ended"):
        subject().audit(server)
