"""PostgreSQL's own ways to fail, on a real server: lost connections, unknown commits, standbys that do not answer."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from sellout.auditing import check_ledger
from sellout.domain import AddItem, Bought, BuyBasket, Line, Outcome, Refused
from sellout.store.port import StoreUnavailable, StoreUnusable, first_item
from sellout.store.postgres import PostgresStore, open_postgres
from sellout.store.postgres_connection import hosts_of, sentence
from sellout.store.postgres_statements import statements
from tests import postgres
from tests.words import a_buy, an_item

KEYED = a_buy(key="k", buyer="ada")


@pytest.fixture
def url() -> str:
    return postgres.fresh_database()


@contextlib.asynccontextmanager
async def a_store(url: str, *items: Any) -> AsyncIterator[PostgresStore]:
    store = await open_postgres(url)
    try:
        await store.transact([AddItem(item) for item in items], soon())
        yield store
    finally:
        await store.close()


def soon(seconds: float = 20) -> float:
    return time.monotonic() + seconds


def ask(url: str, query: str) -> Any:
    return postgres.run(url, lambda connection: connection.fetchval(query))


async def ask_now(url: str, query: str) -> Any:
    return await asyncio.to_thread(ask, url, query)


async def until(happened: Callable[[], Awaitable[Any]]) -> None:
    """Ask again and again, within a bound, for what no event tells."""
    for _ in range(1000):
        if await happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def sold(store: PostgresStore, item: str = "a") -> int:
    found = first_item(await store.item(item))
    assert found is not None
    return found.sold


def test_a_connection_that_was_lost_between_two_batches_is_replaced(url: str) -> None:
    async def test() -> None:
        async with a_store(url, an_item("a")) as store:
            await sold(store)
            others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sellout'"
            assert await ask_now(url, f"{others} AND datname = current_database()") >= 2
            (outcome,) = await store.transact([KEYED], soon())
            assert isinstance(outcome, Bought)
            with contextlib.suppress(StoreUnavailable):
                await sold(store)  # a reader may notice only when it is used
            assert await sold(store) == 1

    asyncio.run(test())


class LosesCommit:
    """A connection on which COMMIT's answer is lost, after the server has committed or before it has heard."""

    def __init__(self, connection: Any, *, committed: bool) -> None:
        self._connection, self._committed = connection, committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, query: str) -> Any:
        if query != "COMMIT":
            return await self._connection.execute(query)
        if self._committed:
            await self._connection.execute(query)
        self._connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("key", ["k", None])
def test_a_commit_whose_answer_is_lost_is_found_out_and_told_as_it_was(
    url: str, key: str | None, *, committed: bool
) -> None:
    async def test() -> None:
        async with a_store(url, an_item("a", capacity=1)) as store:
            store._writer = LosesCommit(store._writer, committed=committed)  # type: ignore[assignment]
            buy = a_buy(key=key)
            outcomes = await store.transact([buy, a_buy()], soon())
            assert [type(outcome) for outcome in outcomes] == [Bought, Refused], "never refused what it had got"
            assert isinstance(outcomes[0], Bought)
            assert (outcomes[0].purchase.id, outcomes[0].replayed) == (buy.purchase_id, False)
            assert await sold(store) == 1

    asyncio.run(test())


@contextlib.contextmanager
def no_standby_answers(url: str) -> Iterator[None]:
    """Every commit waits for a standby that is not there."""

    async def set_names(connection: Any, names: str) -> None:
        await connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        await connection.execute("SELECT pg_reload_conf()")
        await until(lambda: has_names(connection, names))

    async def has_names(connection: Any, names: str) -> bool:
        return bool(await connection.fetchval("SHOW synchronous_standby_names") == names)

    postgres.run(url, lambda connection: set_names(connection, "nobody"))
    try:
        yield
    finally:
        postgres.run(url, lambda connection: set_names(connection, ""))


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
CANCEL = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


def test_without_standbys_writes_stop_and_what_was_asked_is_found_when_they_are_back(url: str) -> None:
    async def while_away(store: PostgresStore) -> None:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await store.transact([KEYED], soon(1))
        assert await ask_now(url, WAITING) == 1, "the commit itself was not cancelled"
        assert await sold(store) == 0, "nobody sees what is not on a standby"

    async def test() -> None:
        async with a_store(url, an_item("a", capacity=2)) as store:
            with no_standby_answers_async(url):
                await while_away(store)
            first, second = await store.transact([KEYED, a_buy()], soon())
            assert isinstance(first, Bought)
            assert isinstance(second, Bought)
            assert first.replayed
            assert await sold(store) == 2

    asyncio.run(test())


def no_standby_answers_async(url: str) -> contextlib.AbstractContextManager[None]:
    """The same from within an event loop: the switching happens in a thread with a loop of its own."""
    context = no_standby_answers(url)

    @contextlib.contextmanager
    def switched() -> Iterator[None]:
        _in_thread(context.__enter__)
        try:
            yield
        finally:
            _in_thread(lambda: context.__exit__(None, None, None))

    return switched()


def _in_thread(work: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


def test_a_cancelled_wait_for_the_standbys_is_no_success(url: str) -> None:
    async def test() -> None:
        async with a_store(url, an_item("a", capacity=2)) as store:
            with no_standby_answers_async(url):
                buying = asyncio.create_task(store.transact([KEYED], soon(3)))
                await until(lambda: ask_now(url, WAITING))
                await ask_now(url, CANCEL)  # PostgreSQL now commits, and says so with a mere warning
                with pytest.raises(StoreUnavailable):
                    await buying
                with pytest.raises(StoreUnavailable):
                    await store.transact([KEYED], soon(1))
            (replay,) = await store.transact([KEYED], soon())
            assert isinstance(replay, Bought)
            assert replay.replayed
            assert await sold(store) == 1

    asyncio.run(test())


def test_batches_on_the_same_items_in_opposite_orders_do_not_block_each_other(url: str) -> None:
    def basket(number: int, *items: str) -> BuyBasket:
        lines = tuple(Line(f"line-{number}-{item}", item, 1) for item in items)
        return BuyBasket(f"basket-{number}", "ada", lines, None)

    async def sell(store: PostgresStore, numbers: range, *items: str) -> list[Outcome]:
        return [(await store.transact([basket(number, *items)], soon()))[0] for number in numbers]

    async def test() -> None:
        before = await ask_now(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        things = [an_item(name, capacity=200) for name in ("a", "b", "c")]
        async with a_store(url, *things) as one, a_store(url) as two:
            sales = await asyncio.gather(sell(one, range(60), "a", "b", "c"), sell(two, range(100, 160), "c", "b", "a"))
            assert not any(isinstance(outcome, Refused) for outcomes in sales for outcome in outcomes)
            assert [await sold(one, item) for item in ("a", "b", "c")] == [120, 120, 120]
        after = await ask_now(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert after == before

    asyncio.run(test())


def test_a_program_that_stops_in_the_middle_of_a_batch_keeps_nobody_waiting_for_long(url: str) -> None:
    async def test() -> None:
        async with a_store(url, an_item("a")) as store:
            stopped = await asyncpg.connect(url, server_settings={"idle_in_transaction_session_timeout": "300ms"})
            await stopped.execute("BEGIN")
            await stopped.execute("SELECT * FROM inventory FOR UPDATE")
            (outcome,) = await store.transact([KEYED], soon())
            assert isinstance(outcome, Bought)
            stopped.terminate()
            assert store._writer is not None
            assert await store._writer.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"

    asyncio.run(test())


def test_a_lock_that_stays_is_unavailable_and_then_goes_on_by_itself(url: str) -> None:
    async def test() -> None:
        async with a_store(url, an_item("a")) as store:
            other = await asyncpg.connect(url)
            await other.execute("BEGIN")
            await other.execute("SELECT * FROM inventory FOR UPDATE")
            started = time.monotonic()
            with pytest.raises(StoreUnavailable):
                await store.transact([KEYED], soon(0.5))
            assert time.monotonic() - started < 10
            await other.execute("ROLLBACK")
            await other.close()
            (outcome,) = await store.transact([KEYED], soon())
            assert isinstance(outcome, Bought)

    asyncio.run(test())


@pytest.mark.parametrize("value", ["off"])
def test_a_server_that_says_committed_too_early_is_refused(url: str, value: str) -> None:
    name = ask(url, "SELECT current_database()")
    postgres.run(url, lambda c: c.execute(f"ALTER DATABASE {name} SET synchronous_commit = '{value}'"))
    with pytest.raises(StoreUnusable, match="synchronous_commit"):
        asyncio.run(open_postgres(url, wait_seconds=1))


def test_a_database_of_another_program_is_left_alone(url: str) -> None:
    postgres.run(url, lambda connection: connection.execute("CREATE TABLE theirs (x int)"))
    with pytest.raises(StoreUnusable, match="belongs to another program"):
        asyncio.run(open_postgres(url))
    assert ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1


def test_nobody_there_is_unavailable_after_the_wait() -> None:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match=r"127.0.0.1:9: Connection refused; 127.0.0.1:10: "):
        asyncio.run(open_postgres("postgresql://u@127.0.0.1:9,127.0.0.1:10/shop", wait_seconds=0.6))
    assert 0.2 < time.monotonic() - started < 10


def test_several_nodes_may_start_at_once(url: str) -> None:
    async def test() -> None:
        stores = await asyncio.gather(*(open_postgres(url) for _ in range(4)))
        firsts = await asyncio.gather(*(s.add_first_organiser_key("first", f"digest-{s!r}") for s in stores))
        assert sorted(firsts) == [False, False, False, True]
        for store in stores:
            await store.close()

    asyncio.run(test())


def test_batches_are_forgotten_after_a_day(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellout.store.postgres.FORGET_EVERY", 2)

    async def test() -> None:
        async with a_store(url, an_item("a")) as store:
            await ask_now(url, "INSERT INTO batches VALUES ('old', 5)")
            await store.transact([a_buy()], soon())
        assert await ask_now(url, "SELECT count(*) FROM batches WHERE id = 'old'") == 0
        assert await ask_now(url, "SELECT count(*) FROM batches") == 2

    asyncio.run(test())


def test_a_url_is_one_for_each_of_its_hosts() -> None:
    assert hosts_of("postgresql://me:pw@h1:5432,h2,h3:1/shop?sslmode=require") == [
        "postgresql://me:pw@h1:5432/shop?sslmode=require",
        "postgresql://me:pw@h2/shop?sslmode=require",
        "postgresql://me:pw@h3:1/shop?sslmode=require",
    ]
    assert hosts_of("postgresql:///shop?host=/tmp") == ["postgresql:///shop?host=/tmp"]


def test_parameters_have_numbers_and_casts_are_none() -> None:
    statement = statements("transact")["update_refunds"]
    assert statement.parameters == ("now", "ids")
    assert "$1" in statement.sql
    assert statement.in_order({"ids": "[]", "now": 5}) == [5, "[]"]
    assert "::bigint" in statements("transact")["update_items"].sql


def test_what_went_wrong_is_said_in_words() -> None:
    certificate = ssl.SSLCertVerificationError(1, "certificate verify failed: Hostname mismatch")
    assert "Hostname mismatch" in sentence(certificate)
    assert sentence(ConnectionRefusedError(111, "Connect call failed")) == "Connection refused"
    assert "in time" in sentence(TimeoutError())


REFUND_BY_ANOTHER = f"UPDATE purchases SET refunded_at = 1 WHERE id = '{KEYED.purchase_id}'"


def test_no_movement_appears_behind_a_seal(url: str) -> None:
    """A refund of another program has its number, and is not committed: a batch on the item waits until it is."""

    async def test() -> None:
        async with a_store(url, an_item("a")) as store:
            await store.transact([KEYED], soon())
            other = await asyncpg.connect(url)
            try:
                under_way = other.transaction()
                await under_way.start()
                await other.execute(REFUND_BY_ANOTHER)
                with pytest.raises(StoreUnavailable):
                    await store.transact([a_buy()], soon(1))
                await other.execute("UPDATE inventory SET sold = sold - 1 WHERE id = 'a'")
                await under_way.commit()
            finally:
                await other.close()
            await store.transact([a_buy()], soon())
            checked = await check_ledger(store, "a")
            assert (checked.breaks, checked.movements, checked.unsealed) == ([], 4, 0)

    asyncio.run(test())


@pytest.mark.parametrize("patient", [True, False])
def test_a_command_waits_for_a_reading_as_long_as_it_takes(
    url: str, patient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read() -> int:
        store = await open_postgres(url, patient=patient)
        await store.ping()  # so that a connection for reading is there
        other = await asyncpg.connect(url)
        try:
            async with other.transaction():
                await other.execute("LOCK TABLE inventory IN ACCESS EXCLUSIVE MODE")
                reading = asyncio.ensure_future(store.extent())
                await asyncio.wait({reading}, timeout=0.5)
            return (await reading).items
        finally:
            await other.close()
            await store.close()

    asyncio.run(_opened_and_closed(url))
    monkeypatch.setattr("sellout.store.postgres.LONG_READ_SECONDS_MAX", 0.25)
    if patient:
        assert asyncio.run(read()) == 0
    else:
        with pytest.raises(StoreUnavailable, match="in time"):
            asyncio.run(read())


async def _opened_and_closed(url: str) -> None:
    await (await open_postgres(url)).close()
