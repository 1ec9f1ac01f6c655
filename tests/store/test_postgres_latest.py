"""A batch sees what it has waited for: a statement of PostgreSQL that waits for a lock still sees what was before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from sellout.domain import MICROSECONDS, AddItem, Command, Outcome, Reason, Refused, TakeHold
from sellout.store.postgres import PostgresStore, open_postgres
from tests import postgres
from tests.store.test_postgres import soon, until
from tests.words import a_buy, an_item

NOW = 1_700_000_000_000_000
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
JOIN = """
INSERT INTO waitlist (id, item_id, buyer, quantity, hold_id, state, joined_at)
VALUES ('e1', 'a', 'dan', 1, 'h2', 'waiting', $1)
"""
HOLD = """
INSERT INTO holds (id, item_id, item, buyer, quantity, idempotency_key, held_at, held_until, expires_at)
VALUES ('h1', 'a', 'a', 'ann', 1, 'k1', $1, $2, $2)
"""

SALE = """
WITH sold AS (UPDATE inventory SET sold = sold + 1 WHERE id = 'a')
INSERT INTO purchases (id, item_id, item, buyer, quantity, purchased_at) VALUES ($1, 'a', 'a', 'x', 1, 0)
"""


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def url() -> str:
    return postgres.fresh_database()


@asynccontextmanager
async def shop(url: str, clock: Clock, *commands: Command) -> AsyncIterator[tuple[PostgresStore, Any]]:
    """A store in which this has happened, and the session of another node in the middle of a batch on its item."""
    store, other = await open_postgres(url, clock), await asyncpg.connect(url)
    try:
        await store.transact(commands, soon())
        await other.execute("BEGIN")
        await other.execute("SELECT id FROM inventory WHERE id = 'a' FOR UPDATE")
        yield store, other
    finally:
        await other.close()
        await store.close()


async def decided_after(store: PostgresStore, other: Any, command: Command) -> Outcome:
    """What a command gets that waits for the other node's batch."""
    asked = asyncio.create_task(store.transact([command], soon()))
    await until(lambda: other.fetchval(BLOCKED))
    await other.execute("COMMIT")
    (outcome,) = await asked
    return outcome


def test_who_was_first_to_join_while_a_batch_waited_for_the_item_is_served_before_it(url: str) -> None:
    async def test() -> None:
        clock = Clock()
        item = an_item("a", capacity=1)._replace(hold_seconds=1)
        held = TakeHold("h1", "a", "bob", 1, None)

        async with shop(url, clock, AddItem(item), held) as (store, other):
            await other.execute(JOIN, NOW)
            clock.now += 60 * MICROSECONDS
            outcome = await decided_after(store, other, a_buy(buyer="eve"))
            assert isinstance(outcome, Refused), "the unit of the hold that has ended is for the one who waits"
            assert await other.fetchval("SELECT state FROM waitlist") == "offered"

    asyncio.run(test())


def test_the_first_hold_that_was_taken_while_a_batch_waited_for_the_item_counts_in_the_limit(url: str) -> None:
    async def test() -> None:

        item = an_item("a", capacity=5)._replace(limit_per_buyer=1)
        async with shop(url, Clock(), AddItem(item)) as (store, other):
            await other.execute(HOLD, NOW, NOW + MICROSECONDS)
            await other.execute("UPDATE inventory SET held = held + 1 WHERE id = 'a'")
            outcome = await decided_after(store, other, a_buy(buyer="ann"))
            assert isinstance(outcome, Refused)
            assert outcome.reason is Reason.LIMIT_REACHED

    asyncio.run(test())


def test_what_nobody_has_sealed_is_sealed_when_no_other_batch_is_under_way(url: str) -> None:
    async def test() -> None:
        async with shop(url, Clock(), AddItem(an_item("a"))) as (store, other):
            await other.execute(SALE, "p1")
            await other.execute("COMMIT")
            await other.execute("BEGIN")
            await other.execute("SELECT id FROM inventory WHERE id = 'a' FOR UPDATE")
            sealed = asyncio.create_task(store.seal_rest())
            await until(lambda: other.fetchval(BLOCKED))
            await other.execute(SALE, "p2")
            await other.execute("COMMIT")
            assert await sealed == 2

    asyncio.run(test())
