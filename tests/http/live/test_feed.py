"""The feed: one reader for all who watch, who are told what has changed, and never more than they can take."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sellout.committer import Busy
from sellout.http.live.feed import PAUSE_SECONDS_MAX, SHARE_MAX, WOKEN_AT_ONCE, TooManyWatches, Watch
from sellout.store.port import StoreUnavailable
from tests.http.live.stage import ALIVE, Stage, played

SECONDS = 100


async def readings_in(stage: Stage, seconds: float) -> int:
    before = stage.source.readings
    await asyncio.sleep(seconds)
    return stage.source.readings - before


async def listen(watch: Watch, hear: Callable[[bytes], None]) -> None:
    async for told in watch:
        hear(told)


# Reading.


@played()
async def test_nothing_is_read_while_nobody_watches(stage: Stage) -> None:
    assert await readings_in(stage, SECONDS) == 0


@played(interval_seconds=0.25)
async def test_it_reads_once_a_round_however_many_watch(stage: Stage) -> None:
    await stage.watch()
    alone = await readings_in(stage, SECONDS)
    assert alone == SECONDS / 0.25
    for subject in ["a", "b", None] * 100:
        await stage.watch(subject)
    assert await readings_in(stage, SECONDS) == alone


@played()
async def test_those_who_come_at_once_share_one_reading(stage: Stage) -> None:
    stage.source.seconds = 0.01
    watches = await asyncio.gather(*(stage.watch("a") for _ in range(50)))
    assert stage.source.readings <= 2, "one before all of them, and the first round"
    assert [await anext(watch) for watch in watches] == [b"(a1)"] * 50


@played()
async def test_who_comes_while_others_watch_needs_no_reading(stage: Stage) -> None:
    await stage.watch()
    await stage.rounds(3)
    before = stage.source.readings
    assert await anext(await stage.watch("b")) == b"(b1)"
    assert stage.source.readings == before


@played()
async def test_it_stops_reading_when_the_last_has_left(stage: Stage) -> None:
    one, other = await stage.watch("a"), await stage.watch()
    stage.feed.leave(one)
    assert await readings_in(stage, SECONDS) > 1
    stage.feed.leave(other)
    await stage.rounds(1)
    assert await readings_in(stage, SECONDS) == 0


@played()
async def test_who_comes_after_a_time_without_watches_is_told_what_is_true_then(stage: Stage) -> None:
    stage.feed.leave(await stage.watch())
    await stage.rounds(3)
    stage.source.events = {"a": "(a2)"}
    watch = await stage.watch()
    assert await anext(watch) == b"(a2)"
    assert await stage.hears_nothing(watch)


# Telling.


@played()
async def test_a_watch_is_told_at_once_what_there_is(stage: Stage) -> None:
    before = stage.loop.now
    assert await anext(await stage.watch("a")) == b"(a1)"
    assert await anext(await stage.watch()) == b"(a1)(b1)"
    assert stage.loop.now == before


@played()
async def test_only_what_has_changed_is_told_and_only_to_those_who_watch_it(stage: Stage) -> None:
    everything, one, other = await stage.watching(), await stage.watching("a"), await stage.watching("b")
    stage.source.events["a"] = "(a2)"
    assert await anext(everything) == b"(a2)"
    assert await anext(one) == b"(a2)"
    assert await stage.hears_nothing(everything)
    assert await stage.hears_nothing(other)


@played(interval_seconds=0.25)
async def test_a_change_is_told_in_the_next_round(stage: Stage) -> None:
    watch = await stage.watching("a")
    for number in range(2, 6):
        stage.source.events["a"] = f"(a{number})"
        before = stage.loop.now
        assert await anext(watch) == f"(a{number})".encode()
        assert stage.loop.now - before <= 0.25


@played(keep_alive_seconds=3600.0)
async def test_of_one_subject_only_the_latest_is_kept_for_who_is_slow(stage: Stage) -> None:
    slow = await stage.watching()
    for number in range(2, 100):
        stage.source.events["a"] = f"(a{number})"
        await stage.rounds(1)
    stage.source.events["b"] = "(b2)"
    await stage.rounds(1)
    assert len(slow._pending) <= 2
    assert await anext(slow) == b"(a99)(b2)"
    assert await stage.hears_nothing(slow)


@played()
async def test_an_unknown_subject_cannot_be_watched(stage: Stage) -> None:
    assert await stage.feed.watch("c") is None
    await stage.watch()
    assert await stage.feed.watch("c") is None


@played(watches_max=1)
async def test_who_could_not_watch_takes_nobodys_place_and_makes_nobody_read(stage: Stage) -> None:
    await stage.feed.watch("c")
    assert await readings_in(stage, SECONDS) == 0
    await stage.watch("a")


@played()
async def test_a_subject_that_was_just_added_can_be_watched_and_all_are_told_of_it(stage: Stage) -> None:
    everything = await stage.watching()
    stage.source.events["c"] = "(c1)"
    assert await anext(await stage.watch("c")) == b"(c1)"
    assert await anext(everything) == b"(c1)"
    assert await stage.hears_nothing(everything), "it is told once, though a reading before its turn has found it"


@played()
async def test_while_many_are_told_others_get_their_turn(stage: Stage) -> None:
    turns = 0

    async def buy() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    for _ in range(10 * WOKEN_AT_ONCE):
        await stage.watching("a")
    stage.source.events["a"] = "(a2)"
    buying = asyncio.create_task(buy())
    await stage.feed._look()
    buying.cancel()
    assert turns >= 10


# Limits.


@played(watches_max=2)
async def test_as_many_may_watch_as_there_are_places_and_who_leaves_frees_one(stage: Stage) -> None:
    one = await stage.watch("a")
    await stage.watch()
    with pytest.raises(TooManyWatches):
        await stage.feed.watch("b")
    stage.feed.leave(one)
    await stage.watch("b")
    with pytest.raises(TooManyWatches):
        await stage.feed.watch()


@played(watches_max=2)
async def test_nor_more_where_they_come_at_once(stage: Stage) -> None:
    stage.source.seconds = 0.01
    came = await asyncio.gather(*(stage.feed.watch("a") for _ in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in came) == ["TooManyWatches"] * 3 + ["Watch"] * 2


@played(watches_max=0)
async def test_a_feed_may_have_no_places_at_all(stage: Stage) -> None:
    with pytest.raises(TooManyWatches):
        await stage.feed.watch("a")


@played(interval_seconds=0.25)
async def test_rounds_become_rarer_where_telling_takes_long(stage: Stage) -> None:
    def take_long(_: bytes) -> None:
        stage.loop.now += 0.001

    listening = [asyncio.create_task(listen(await stage.watch("a"), take_long)) for _ in range(100)]

    async def change() -> None:
        number = 0
        while True:
            stage.source.events["a"] = f"(a{(number := number + 1)})"
            await asyncio.sleep(0.05)

    changing = asyncio.create_task(change())
    await stage.rounds(1)
    rounds = await readings_in(stage, SECONDS)
    telling = 100 * 0.001
    assert rounds * telling <= SECONDS * SHARE_MAX * 1.1, "so much of the time may be theirs, and not more"
    assert rounds >= SECONDS / PAUSE_SECONDS_MAX / 1.1
    for task in (*listening, changing):
        task.cancel()


@played()
async def test_however_long_a_round_takes_the_next_comes_soon(stage: Stage) -> None:
    await stage.watch()
    stage.source.seconds = 30.0
    await asyncio.sleep(60)
    rounds = await readings_in(stage, 10 * (30 + PAUSE_SECONDS_MAX))
    assert rounds == 10


# Keeping alive.


@played(keep_alive_seconds=15.0)
async def test_who_was_told_nothing_for_long_is_told_that_the_connection_lives(stage: Stage) -> None:
    watch, start = await stage.watching("a"), stage.loop.now
    for number in (1, 2, 3):
        assert await anext(watch) == ALIVE
        assert number * 15 < stage.loop.now - start <= number * (15 + 2 * stage.pace.interval_seconds)


@played(keep_alive_seconds=15.0)
async def test_who_was_told_something_is_not(stage: Stage) -> None:
    busy, quiet = await stage.watching("a"), await stage.watching("b")
    heard = list[bytes]()
    listening = asyncio.create_task(listen(busy, heard.append))
    for number in range(2, 12):
        stage.source.events["a"] = f"(a{number})"
        await asyncio.sleep(10)
    listening.cancel()
    assert ALIVE not in heard
    assert await anext(quiet) == ALIVE


@played(keep_alive_seconds=15.0)
async def test_who_listens_no_more_is_kept_alive_with_one_word(stage: Stage) -> None:
    watch = await stage.watching("a")
    await asyncio.sleep(1000)
    assert await anext(watch) == ALIVE


# Errors.


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), Busy("the queue is full")])
def test_while_the_store_does_not_answer_nothing_is_told_and_then_what_is_true(error: Exception) -> None:
    @played()
    async def play(stage: Stage) -> None:
        watch = await stage.watching("a")
        stage.source.fails_with = error
        stage.source.events["a"] = "(a2)"
        with capture_logs() as logs:
            assert await stage.hears_nothing(watch, rounds=20)
        assert [(entry["event"], entry["reason"]) for entry in logs] == [("feed_unavailable", str(error))], "said once"
        stage.source.fails_with = None
        assert await anext(watch) == b"(a2)"
        assert await stage.hears_nothing(watch)

    play()


@played()
async def test_each_time_without_the_store_is_said(stage: Stage) -> None:
    await stage.watch()
    with capture_logs() as logs:
        for error in (StoreUnavailable("once"), None, StoreUnavailable("again"), None):
            stage.source.fails_with = error
            await stage.rounds(5)
    assert [entry["reason"] for entry in logs] == ["once", "again"]


@played(keep_alive_seconds=15.0)
async def test_connections_are_kept_alive_while_the_store_does_not_answer(stage: Stage) -> None:
    watch = await stage.watching("a")
    stage.source.fails_with = StoreUnavailable("the disk is full")
    assert await anext(watch) == ALIVE


@played(watches_max=1)
async def test_who_comes_first_hears_of_a_store_that_does_not_answer_and_may_come_again(stage: Stage) -> None:
    stage.source.fails_with = StoreUnavailable("the disk is full")
    with pytest.raises(StoreUnavailable):
        await stage.feed.watch("a")
    stage.source.fails_with = None
    await stage.watch("a")


@played()
async def test_a_defect_does_not_end_the_feed(stage: Stage) -> None:
    watch = await stage.watching("a")
    stage.source.fails_with = ZeroDivisionError()
    stage.source.events["a"] = "(a2)"
    with capture_logs() as logs:
        assert await stage.hears_nothing(watch)
    assert {entry["event"] for entry in logs} == {"feed_failed"}
    stage.source.fails_with = None
    assert await anext(watch) == b"(a2)"


# The end.


@played()
async def test_closing_ends_all_watches_after_what_they_have_not_heard_yet(stage: Stage) -> None:
    waiting, behind = await stage.watching("a"), await stage.watch()
    heard = list[bytes]()
    listening = asyncio.create_task(listen(waiting, heard.append))
    await stage.rounds(1)
    stage.feed.close()
    await listening
    assert heard == []
    assert [told async for told in behind] == [b"(a1)(b1)"]


@played()
async def test_nobody_can_watch_what_is_closed_and_nothing_is_read(stage: Stage) -> None:
    await stage.watch()
    stage.feed.close()
    with pytest.raises(TooManyWatches):
        await stage.feed.watch("a")
    assert await readings_in(stage, SECONDS) == 0


@played()
async def test_who_comes_while_it_is_closed_does_not_watch_for_ever(stage: Stage) -> None:
    stage.source.seconds = 0.01
    coming = asyncio.create_task(stage.feed.watch("a"))
    await asyncio.sleep(0.005)
    stage.feed.close()
    with pytest.raises(TooManyWatches):
        await coming
    assert await readings_in(stage, SECONDS) == 0


@played()
async def test_a_watch_that_is_closed_ends_and_the_others_go_on(stage: Stage) -> None:
    one, other = await stage.watching("a"), await stage.watching("a")
    one.close()
    assert [told async for told in one] == []
    stage.source.events["a"] = "(a2)"
    assert await anext(other) == b"(a2)"
