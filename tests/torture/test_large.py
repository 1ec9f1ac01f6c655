"""A sale of two million purchases on PostgreSQL can be audited and reported: no deadline ends a long check."""

import asyncio
import json
from pathlib import Path

import pytest

from sellout.bootstrap import open_store, seal_all
from sellout.settings import Settings
from tests import postgres
from tests.cli import terminal
from tests.cli.terminal import sellout

PURCHASES = 2_000_000

SOLD = f"""
INSERT INTO inventory (id, item, capacity, max_per_order, hold_seconds, payment_seconds, offer_seconds, created_at,
                       decided_at)
VALUES ('gala', 'Gala', {PURCHASES}, 10, 600, 900, 600, 1, 1);
INSERT INTO purchases (id, item_id, item, buyer, quantity, purchased_at)
SELECT 'pur_' || n, 'gala', 'Gala', 'buyer-' || n, 1, n FROM generate_series(1, {PURCHASES}) AS n;
UPDATE inventory SET sold = {PURCHASES};
"""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_million_purchases_are_audited_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "SECONDS_MAX", 600.0)
    url = postgres.fresh_database()

    async def seal() -> None:
        store = await open_store(Settings(database=url))
        try:
            await seal_all(store)
        finally:
            await store.close()

    assert sellout("db", "upgrade", "--database", url, folder=tmp_path).code == 0
    postgres.run(url, lambda at: at.execute(SOLD, timeout=600))
    asyncio.run(seal())
    done = sellout("audit", "--json", "--database", url, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["items"]["gala"]["sold"] == PURCHASES
    assert sellout("report", "--new-key", "key", folder=tmp_path).code == 0
    done = sellout("report", "gala", "--key", "key", "--output", "report", "--database", url, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
