"""The seed's design, written anew: FastAPI, aiosqlite, Uvicorn, one `BEGIN IMMEDIATE` transaction a request.

Each request opens its own connection; a locked database is tried again a few times, then answered with 500.
Where the seed's description is silent, SQLite's and aiosqlite's defaults stand (rollback journal,
synchronous=FULL, a busy timeout of five seconds), so each sale is as durable as one of Sellout's.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiosqlite
from fastapi import FastAPI, HTTPException

DATABASE = os.environ.get("SEED_DATABASE", "inventory.db")
STOCK = int(os.environ.get("SEED_STOCK", "100"))
ITEM = "Item A"
ATTEMPTS = 5
PAUSE_SECONDS = 0.05

SCHEMA = """
CREATE TABLE IF NOT EXISTS inventory (item TEXT PRIMARY KEY, stock INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS purchases (
    id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, timestamp TEXT NOT NULL
);
"""


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Create the tables and the stock at start-up."""
    async with aiosqlite.connect(DATABASE) as db:
        await db.executescript(SCHEMA)
        await db.execute("INSERT OR IGNORE INTO inventory (item, stock) VALUES (?, ?)", (ITEM, STOCK))
        await db.commit()
    yield


app = FastAPI(lifespan=lifespan)


async def sell_one(db: aiosqlite.Connection) -> bool:
    """Take one unit in a transaction; False when none is left."""
    await db.execute("BEGIN IMMEDIATE")
    async with db.execute("SELECT stock FROM inventory WHERE item = ?", (ITEM,)) as cursor:
        row = await cursor.fetchone()
    if row is None or row[0] <= 0:
        await db.commit()
        return False
    await db.execute("UPDATE inventory SET stock = stock - 1 WHERE item = ?", (ITEM,))
    moment = datetime.now(UTC).isoformat()
    await db.execute("INSERT INTO purchases (item, timestamp) VALUES (?, ?)", (ITEM, moment))
    await db.commit()
    return True


async def attempt() -> bool:
    """One try on a connection of its own, which rolls back when it closes in the middle of a transaction."""
    async with aiosqlite.connect(DATABASE) as db:
        return await sell_one(db)


@app.post("/buy_ticket")
async def buy_ticket() -> dict[str, str]:
    """Sell one ticket: 200, 410 when there is none, 500 when the database stayed locked."""
    for _ in range(ATTEMPTS):
        try:
            sold = await attempt()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        if not sold:
            raise HTTPException(410, "Sold out")
        return {"status": "success", "item": ITEM}
    raise HTTPException(500, "The database is locked, please retry")
