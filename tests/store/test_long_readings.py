"""A long reading keeps nobody: short ones, and the question whether the database answers, do not wait for it."""

import asyncio
import time
from typing import Any

import pytest

from sellout.domain import AddItem
from sellout.store import postgres, sqlite
from sellout.store.port import StoreUnavailable
from sellout.store.postgres_statements import Statement
from sellout.store.steps import Steps, ask
from tests.store.shop import Shop
from tests.words import an_item


class Endless(list[int]):
    """A reading of many steps, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gone_on = False

    def steps(self) -> Steps[int]:
        until = time.monotonic() + 30
        while not self.gone_on and time.monotonic() < until:
            yield ask("ping")
        return 1


@pytest.fixture
def opened(shop: Shop) -> Shop:
    shop.transact(AddItem(an_item()))
    return shop


def test_short_readings_go_on_beside_a_long_one(opened: Shop) -> None:
    async def run(store: Any) -> None:
        endless = Endless()
        long = asyncio.ensure_future(store._read_long("audit", endless.steps()))
        await asyncio.sleep(0.05)
        for _ in range(20):
            await store.ping()
            assert (await store.item("a")).items
        assert not long.done()
        endless.gone_on = True
        assert await long == 1

    opened.use(run)


def test_a_reading_ends_with_its_time(opened: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "READ_SECONDS_MAX", 0.2)
        monkeypatch.setattr(module, "LONG_READ_SECONDS_MAX", 0.2)

    async def run(store: Any) -> None:
        await store.ping()
        for read in (store._read, lambda steps: store._read_long("audit", steps)):
            with pytest.raises(StoreUnavailable, match="in time"):
                await read(_slow_statement())
        await asyncio.sleep(0.05)
        await store.ping()

    opened.use(run)


def _slow_statement() -> Steps[None]:
    yield ask("slow")


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that takes a minute on either engine."""
    count = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
    )
    monkeypatch.setitem(sqlite._SQL, "slow", count)
    monkeypatch.setitem(postgres._SQL, "slow", Statement("SELECT pg_sleep(60)", ()))
