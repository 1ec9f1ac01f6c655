"""Group commit: what forms a batch, and what happens to those who wait."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from sellout.committer import HALVED_FROM, Busy, Committer, Limits
from sellout.domain import Bought, Buy, Command, Outcome, Purchase
from sellout.store.port import Store, StoreUnavailable
from tests.words import a_buy


class SlowStore:
    """Grants everything, one batch at a time, when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[Command]] = []
        self.deadlines: list[float] = []
        self.gate = asyncio.Event()
        self.fail_next = False

    async def transact(self, commands: Sequence[Command], deadline: float) -> list[Outcome]:
        self.batches.append(list(commands))
        self.deadlines.append(deadline)
        await self.gate.wait()
        if self.fail_next:
            self.fail_next = False
            raise StoreUnavailable("the disk is full")
        return [bought(command) for command in commands]


def bought(command: Command) -> Outcome:
    assert isinstance(command, Buy)
    return Bought(Purchase(command.purchase_id, command.item_id, "", command.buyer, command.quantity, None, 0))


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def a_committer(store: SlowStore, **limits: Any) -> Committer:
    committer = Committer(cast("Store", store), Limits(**limits))  # it is asked to transact only
    committer.start()
    return committer


def test_what_arrives_while_a_batch_commits_is_the_next_batch() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store)
        first = committer.submit(a_buy())
        await settled()
        rest = [committer.submit(a_buy()) for _ in range(5)]
        await settled()
        assert [len(batch) for batch in store.batches] == [1]
        store.gate.set()
        await asyncio.gather(first, *rest)
        assert [len(batch) for batch in store.batches] == [1, 5]
        await committer.stop()

    run(test())


def test_everybody_gets_the_outcome_of_the_own_command() -> None:
    async def test() -> None:
        store = SlowStore()
        store.gate.set()
        committer = a_committer(store)
        commands = [a_buy() for _ in range(500)]
        outcomes = await asyncio.gather(*map(committer.submit, commands))
        assert outcomes == [bought(command) for command in commands]
        await committer.stop()

    run(test())


def test_a_batch_is_bounded_and_takes_half_of_a_long_queue() -> None:
    async def test() -> None:
        store = SlowStore()
        store.gate.set()
        committer = a_committer(store, batch_size_max=100)
        await asyncio.gather(*(committer.submit(a_buy()) for _ in range(400)))
        sizes = [len(batch) for batch in store.batches]
        assert max(sizes) == 100
        assert sizes[-1] <= HALVED_FROM
        await committer.stop()

    run(test())


def test_a_full_queue_is_busy_and_takes_nothing() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store, queue_length_max=2)
        under_way = committer.submit(a_buy())
        await settled()
        waiting = [committer.submit(a_buy()), committer.submit(a_buy())]
        with pytest.raises(Busy):
            committer.submit(a_buy())
        store.gate.set()
        await asyncio.gather(under_way, *waiting)
        assert sum(map(len, store.batches)) == 3
        await committer.stop()

    run(test())


def test_a_caller_that_goes_away_disturbs_nobody_and_its_command_stands() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store)
        gone, stays = committer.submit(a_buy()), committer.submit(a_buy())
        gone.cancel()
        store.gate.set()
        assert isinstance(await stays, Bought)
        assert len(store.batches[0]) == 2
        await committer.stop()

    run(test())


def test_a_store_that_cannot_answer_fails_that_batch_only() -> None:
    async def test() -> None:
        store = SlowStore()
        store.gate.set()
        store.fail_next = True
        committer = a_committer(store)
        failed = await asyncio.gather(committer.submit(a_buy()), committer.submit(a_buy()), return_exceptions=True)
        assert [type(error) for error in failed] == [StoreUnavailable] * 2
        assert isinstance(await committer.submit(a_buy()), Bought)
        await committer.stop()

    run(test())


def test_stopping_answers_all_that_was_taken_and_takes_no_more() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store)
        taken = [committer.submit(a_buy()) for _ in range(200)]
        stopping = asyncio.create_task(committer.stop())
        await settled()
        with pytest.raises(Busy):
            committer.submit(a_buy())
        store.gate.set()
        await stopping
        assert all(isinstance(answer.result(), Bought) for answer in taken)

    run(test())


def test_a_batch_waits_for_the_database_as_long_as_its_oldest_command_may() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store, unavailable_after_seconds=7.0)
        under_way = committer.submit(a_buy())
        await settled()
        came_at = time.monotonic()
        oldest = committer.submit(a_buy())
        done_at = time.monotonic()
        await asyncio.sleep(0.1)  # its batch begins later, and so does a younger command of it
        younger = committer.submit(a_buy())
        store.gate.set()
        await asyncio.gather(under_way, oldest, younger)
        assert len(store.batches[1]) == 2
        assert came_at + 7.0 <= store.deadlines[1] <= done_at + 7.0
        await committer.stop()

    run(test())


def test_a_caller_that_goes_away_disturbs_nobody_when_the_batch_fails_either() -> None:
    async def test() -> None:
        store = SlowStore()
        store.fail_next = True
        committer = a_committer(store)
        gone, stays = committer.submit(a_buy()), committer.submit(a_buy())
        gone.cancel()
        store.gate.set()
        with pytest.raises(StoreUnavailable):
            await stays
        assert isinstance(await committer.submit(a_buy()), Bought)
        await committer.stop()

    run(test())


def test_the_observer_is_told_of_what_was_committed_and_of_nothing_else() -> None:
    told: list[tuple[Sequence[Command], Sequence[Outcome], Sequence[float], float]] = []

    def observe(*values: Any) -> None:
        told.append(values)

    async def test() -> None:
        store = SlowStore()
        store.gate.set()
        store.fail_next = True
        committer = Committer(cast("Store", store), Limits(), observe)
        committer.start()
        await asyncio.gather(*(committer.submit(a_buy()) for _ in range(2)), return_exceptions=True)
        buys = [a_buy() for _ in range(3)]
        await asyncio.gather(*map(committer.submit, buys))
        ((commands, outcomes, waited, seconds),) = told
        assert (commands, outcomes) == (buys, [bought(buy) for buy in buys])
        assert sorted(waited, reverse=True) == waited, "who came first has waited longest"
        assert waited[-1] >= seconds >= 0
        await committer.stop()

    run(test())


def test_the_length_of_the_queue_is_told_after_every_batch_also_after_one_that_failed() -> None:
    async def test() -> None:
        store = SlowStore()
        store.fail_next = True
        lengths: list[int] = []
        committer = Committer(cast("Store", store), Limits(), watch_queue=lengths.append)
        committer.start()
        first = committer.submit(a_buy())
        await settled()
        rest = [committer.submit(a_buy()) for _ in range(5)]
        store.gate.set()
        await asyncio.gather(first, *rest, return_exceptions=True)
        assert lengths == [5, 0]
        await committer.stop()

    run(test())


def test_who_watches_never_stops_the_sale() -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no room for figures")

    async def test() -> None:
        store = SlowStore()
        store.gate.set()
        committer = Committer(cast("Store", store), Limits(), fail, fail)
        committer.start()
        for _ in range(2):
            assert isinstance(await committer.submit(a_buy()), Bought)
        await committer.stop()

    with capture_logs() as logs:
        run(test())
    assert [entry["event"] for entry in logs] == ["observer_failed"] * 4


def test_what_has_waited_too_long_is_told_so_and_the_rest_of_its_batch_is_committed() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store, unavailable_after_seconds=0.2)
        first = committer.submit(a_buy())
        await settled()
        late = committer.submit(a_buy())
        await asyncio.sleep(0.25)
        young = committer.submit(a_buy())
        store.gate.set()
        with pytest.raises(Busy):
            await late
        assert isinstance(await young, Bought)
        await first
        assert all(deadline > time.monotonic() - 0.2 for deadline in store.deadlines[1:]), (
            "no batch begins without time"
        )
        assert [len(batch) for batch in store.batches] == [1, 1]
        await committer.stop()

    run(test())


def test_a_command_that_meets_a_defect_fails_alone() -> None:
    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store)
        first = committer.submit(a_buy())
        await settled()
        good = [committer.submit(a_buy()) for _ in range(5)]
        bad = committer.submit(cast("Command", "no command"))
        more = [committer.submit(a_buy()) for _ in range(5)]
        store.gate.set()
        assert {type(outcome) for outcome in await asyncio.gather(first, *good, *more)} == {Bought}
        with pytest.raises(AssertionError):
            await bad
        assert isinstance(await committer.submit(a_buy()), Bought)
        await committer.stop()

    with capture_logs() as logs:
        run(test())
    assert [each["event"] for each in logs] == ["batch_failed"]


def test_who_waits_for_a_commit_that_stalls_is_told_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellout.committer.GRACE_SECONDS", 0.05)

    async def test() -> None:
        store = SlowStore()
        committer = a_committer(store, unavailable_after_seconds=0.1)
        stalled = committer.submit(a_buy())
        await settled()
        behind = committer.submit(a_buy())
        with pytest.raises(StoreUnavailable, match="whether it has committed"):
            await asyncio.wait_for(stalled, 5)
        with pytest.raises(Busy):
            await asyncio.wait_for(behind, 5)
        committer.check_alive()
        store.gate.set()
        assert isinstance(await committer.submit(a_buy()), Bought), "it goes on when the disk does"
        await committer.stop()

    run(test())


def test_a_committer_that_has_died_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    async def die(_: object) -> None:
        raise MemoryError

    async def at_once() -> None:
        monkeypatch.setattr(Committer, "_next_batch", die)
        committer = Committer(cast("Store", SlowStore()), end=lambda: ended.append("ended"))
        committer.start()
        await settled()
        assert ended == ["ended"]
        with pytest.raises(StoreUnavailable, match="start again"):
            committer.check_alive()

    with capture_logs() as logs:
        run(at_once())
    assert [each["log_level"] for each in logs] == ["critical"]
