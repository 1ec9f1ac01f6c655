"""Two textbook designs on PostgreSQL: FastAPI, a pool of asyncpg connections, a transaction or a statement a request.

Both are written to be as fast as such a design is: the pool is warm, its statements are prepared, and a connection
that is given back is not reset, which would be another round trip.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

DATABASE = os.environ.get("BENCHMARK_DATABASE", "")
STOCK = int(os.environ.get("BENCHMARK_STOCK", "100"))
POOL_SIZE = 20
ITEM = "benchmark"

SCHEMA = """
CREATE TABLE inventory (id text PRIMARY KEY, stock bigint NOT NULL CHECK (stock >= 0)) WITH (fillfactor = 20);
CREATE TABLE purchases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id text NOT NULL REFERENCES inventory (id),
    buyer text NOT NULL,
    quantity bigint NOT NULL,
    purchased_at timestamptz NOT NULL DEFAULT now()
);
"""

LOCK = "SELECT stock FROM inventory WHERE id = $1 FOR UPDATE"
TAKE = "UPDATE inventory SET stock = stock - $2 WHERE id = $1"
ADD = "INSERT INTO purchases (item_id, buyer, quantity) VALUES ($1, $2, $3) RETURNING id"

ONE_STATEMENT = """
WITH taken AS (UPDATE inventory SET stock = stock - $3 WHERE id = $1 AND stock >= $3 RETURNING id)
INSERT INTO purchases (item_id, buyer, quantity) SELECT id, $2, $3 FROM taken RETURNING id
"""


class Order(BaseModel):
    """Who buys how many."""

    buyer: str
    quantity: int


class _Shop:
    pool: "asyncpg.Pool[asyncpg.Record]"


async def _nothing_to_reset(_: object) -> None:
    """No request leaves anything behind in its session."""


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Create the tables, the stock and the pool at start-up."""
    async with asyncpg.create_pool(
        DATABASE, min_size=POOL_SIZE, max_size=POOL_SIZE, reset=_nothing_to_reset
    ) as _Shop.pool:
        await _Shop.pool.execute(SCHEMA)
        await _Shop.pool.execute("INSERT INTO inventory (id, stock) VALUES ($1, $2)", ITEM, STOCK)
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/textbook")
async def textbook(order: Order) -> dict[str, int]:
    """Lock the item, look, write, commit."""
    async with _Shop.pool.acquire() as connection, connection.transaction():
        stock = await connection.fetchval(LOCK, ITEM)
        if stock < order.quantity:
            raise HTTPException(410, "Sold out")
        await connection.execute(TAKE, ITEM, order.quantity)
        return {"id": await connection.fetchval(ADD, ITEM, order.buyer, order.quantity)}


@app.post("/one-statement")
async def one_statement(order: Order) -> dict[str, int]:
    """The same in a single statement."""
    purchase = await _Shop.pool.fetchval(ONE_STATEMENT, ITEM, order.buyer, order.quantity)
    if purchase is None:
        raise HTTPException(410, "Sold out")
    return {"id": purchase}
