"""The design of flash-sale tutorials: a Lua script in Redis decides, and the order's row is written afterwards.

The script checks the stock, that this buyer has none yet, and takes. What it has granted goes into a queue in the
program, from which one task writes rows into PostgreSQL, so that nobody waits for the database (`/queued`); or the
answer waits for its row (`/waiting`). The stock is put into Redis at the start, where it is not there yet.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException

from benchmarks.redis_design import BUYERS_KEY, SCRIPT, SOCKET, STOCK_KEY, Order, Redis
from benchmarks.transaction_a_request import POOL_SIZE

DATABASE = os.environ.get("BENCHMARK_DATABASE", "")
STOCK = os.environ.get("BENCHMARK_STOCK", "100")
QUEUE_MAX = 100_000  # orders that wait for their row
TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer text NOT NULL, quantity bigint NOT NULL
)
"""
ADD = "INSERT INTO orders (buyer, quantity) VALUES ($1, $2)"


class _Shop:
    pool: "asyncpg.Pool[asyncpg.Record]"
    redis: Redis
    script: str
    orders: "asyncio.Queue[Order]"


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Connect, put the stock into Redis, and begin to write orders."""
    async with asyncpg.create_pool(DATABASE, min_size=POOL_SIZE, max_size=POOL_SIZE) as _Shop.pool:
        await _Shop.pool.execute(TABLES)
        _Shop.redis = Redis(*await asyncio.open_unix_connection(SOCKET))
        await _Shop.redis.ask("SETNX", STOCK_KEY, STOCK)
        _Shop.script = await _Shop.redis.ask("SCRIPT", "LOAD", SCRIPT)
        _Shop.orders = asyncio.Queue(QUEUE_MAX)
        writing = asyncio.create_task(_write())
        yield
        writing.cancel()
        _Shop.redis.close()


async def _write() -> None:
    while True:
        order = await _Shop.orders.get()
        await _Shop.pool.execute(ADD, order.buyer, order.quantity)


app = FastAPI(lifespan=lifespan)


@app.post("/queued")
async def queued(order: Order) -> dict[str, int]:
    """Take, put the order into the queue, and say yes."""
    left = await _take(order)
    await _Shop.orders.put(order)
    return {"left": left}


@app.post("/waiting")
async def waiting(order: Order) -> dict[str, int]:
    """Take, write the row, and say yes."""
    left = await _take(order)
    await _Shop.pool.execute(ADD, order.buyer, order.quantity)
    return {"left": left}


async def _take(order: Order) -> int:
    """What is left then; 409 for a buyer who has one, 410 where there are none."""
    words = ("EVALSHA", _Shop.script, "2", STOCK_KEY, BUYERS_KEY, order.buyer, str(order.quantity))
    left = int(await _Shop.redis.ask(*words))
    if left < 0:
        raise HTTPException(410 if left == -1 else 409)
    return left
