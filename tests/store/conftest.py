"""The engines that the suites of this folder are run on."""

from pathlib import Path

import pytest

from sellout.store.clock import Clock
from sellout.store.port import Store
from sellout.store.postgres import open_postgres
from sellout.store.sqlite import SQLiteStore
from tests import postgres
from tests.store.behind import BehindPostgres, BehindSQLite
from tests.store.shop import Shop


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    if request.param == "postgres":
        url = postgres.fresh_database()
        return Shop(lambda clock: open_postgres(url, clock), BehindPostgres(url))

    async def open_file(clock: Clock) -> Store:
        return SQLiteStore(tmp_path / "shop.db", clock)

    return Shop(open_file, BehindSQLite(tmp_path / "shop.db"))
