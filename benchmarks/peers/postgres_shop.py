"""Two designs on PostgreSQL in one program: read, look, write back; and a transaction that locks the row.

Both start again on a database that is there already. The statements of the second are those of
`benchmarks.transaction_a_request`, which measures it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException

from benchmarks.transaction_a_request import ADD, ITEM, LOCK, POOL_SIZE, SCHEMA, STOCK, TAKE, Order

DATABASE = os.environ.get("BENCHMARK_DATABASE", "")
TABLES = SCHEMA.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
FILL = "INSERT INTO inventory (id, stock) VALUES ($1, $2) ON CONFLICT DO NOTHING"
READ = "SELECT stock FROM inventory WHERE id = $1"
WRITE_BACK = "UPDATE inventory SET stock = $2 WHERE id = $1"


class _Shop:
    pool: "asyncpg.Pool[asyncpg.Record]"


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Create the tables and the stock where they are not there yet, and the pool."""
    async with asyncpg.create_pool(DATABASE, min_size=POOL_SIZE, max_size=POOL_SIZE) as _Shop.pool:
        await _Shop.pool.execute(TABLES)
        await _Shop.pool.execute(FILL, ITEM, STOCK)
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/read-then-write")
async def read_then_write(order: Order) -> dict[str, int]:
    """Read the stock, look, write it back, add the purchase: each statement by itself."""
    async with _Shop.pool.acquire() as connection:
        stock = await connection.fetchval(READ, ITEM)
        if stock < order.quantity:
            raise HTTPException(410, "Sold out")
        await connection.execute(WRITE_BACK, ITEM, stock - order.quantity)
        return {"id": await connection.fetchval(ADD, ITEM, order.buyer, order.quantity)}


@app.post("/textbook")
async def textbook(order: Order) -> dict[str, int]:
    """Lock the item, look, write, commit."""
    async with _Shop.pool.acquire() as connection, connection.transaction():
        stock = await connection.fetchval(LOCK, ITEM)
        if stock < order.quantity:
            raise HTTPException(410, "Sold out")
        await connection.execute(TAKE, ITEM, order.quantity)
        return {"id": await connection.fetchval(ADD, ITEM, order.buyer, order.quantity)}
