"""The design of flash-sale tutorials: FastAPI, and in Redis one Lua script a request that checks and takes.

The client is one connection on which requests do not wait for each other's answers: the least that a client can cost.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

SOCKET = os.environ.get("BENCHMARK_REDIS", "")
STOCK_KEY = "stock:benchmark"
BUYERS_KEY = "buyers:benchmark"

SCRIPT = """
local stock = tonumber(redis.call('GET', KEYS[1]) or '0')
if stock < tonumber(ARGV[2]) then return -1 end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return -2 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return redis.call('DECRBY', KEYS[1], ARGV[2])
"""


class Redis:
    """As much of Redis's protocol as it takes to run a script."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._asked: deque[asyncio.Future[str]] = deque()
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, *words: str) -> str:
        """Send a command; its answer, where that is a number or a string."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._writer.write(encode(words))
        return await answer

    async def _listen(self) -> None:
        while line := await self._reader.readline():
            text = line[1:-2].decode()
            if line.startswith(b"$"):
                text = (await self._reader.readexactly(int(text) + 2))[:-2].decode()
            answer = self._asked.popleft()
            if answer.cancelled():
                continue
            if line.startswith(b"-"):
                answer.set_exception(OSError(text))
            else:
                answer.set_result(text)

    def close(self) -> None:
        """Hang up."""
        self._listening.cancel()
        self._writer.close()


def encode(words: tuple[str, ...]) -> bytes:
    """A command as the protocol has it."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Order(BaseModel):
    """Who buys how many."""

    buyer: str
    quantity: int


class _Shop:
    redis: Redis
    script: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Connect, and load the script."""
    _Shop.redis = Redis(*await asyncio.open_unix_connection(SOCKET))
    _Shop.script = await _Shop.redis.ask("SCRIPT", "LOAD", SCRIPT)
    yield
    _Shop.redis.close()


app = FastAPI(lifespan=lifespan)


@app.post("/buy")
async def buy(order: Order) -> dict[str, int]:
    """Sell, once a buyer."""
    words = ("EVALSHA", _Shop.script, "2", STOCK_KEY, BUYERS_KEY, order.buyer, str(order.quantity))
    left = int(await _Shop.redis.ask(*words))
    if left < 0:
        raise HTTPException(410 if left == -1 else 409)
    return {"left": left}
