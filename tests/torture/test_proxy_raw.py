"""The proxy between a client and a real PostgreSQL: bytes, whatever they mean."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from sellout.torture.proxy.faults import PARTITION, RESET_ALL
from sellout.torture.proxy.proxy import Proxy
from sellout.torture.proxy.raw import raw
from sellout.torture.proxy.side import Address, Side
from tests import postgres

WAIT_SECONDS_MAX = 30.0
CUT = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


@contextlib.asynccontextmanager
async def proxied(address: str) -> AsyncIterator[Proxy]:
    """A proxy to the socket of this database's server."""
    folder = parse_qs(urlsplit(address).query)["host"][0]
    tasks = asyncio.all_tasks()
    async with Proxy(Path(folder) / ".s.PGSQL.5432", raw) as proxy:
        yield proxy
    assert asyncio.all_tasks() <= tasks


@contextlib.asynccontextmanager
async def session(proxy: Proxy) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=proxy.port, user="postgres", database="postgres", ssl=False
    )
    try:
        yield connection
    finally:
        connection.terminate()


def test_everything_passes_both_ways() -> None:
    async def played() -> None:
        async with proxied(address) as proxy, session(proxy) as connection:
            assert await connection.fetchval("SELECT repeat('x', 1000000)") == "x" * 1_000_000
            assert await connection.fetchval("SELECT length($1::text)", "y" * 1_000_000) == 1_000_000

    address = postgres.url_of("postgres")
    asyncio.run(played())


def test_a_connection_that_is_reset_is_lost_and_the_next_one_is_not() -> None:
    async def played() -> None:
        async with proxied(address) as proxy:
            async with session(proxy) as connection:
                sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
                await asyncio.sleep(0.05)
                assert proxy.reset_all() == 2
                with pytest.raises(CUT):
                    await sleeping
            async with session(proxy) as connection:
                assert await connection.fetchval("SELECT 1") == 1
            assert [happened.kind for happened in proxy.happened] == [RESET_ALL]

    address = postgres.url_of("postgres")
    asyncio.run(played())


def test_in_a_partition_nothing_passes_until_it_is_healed() -> None:
    async def played() -> None:
        async with proxied(address) as proxy, session(proxy) as connection:
            proxy.partition()
            asking = asyncio.create_task(connection.fetchval("SELECT 1"))
            await asyncio.sleep(0.2)
            assert not asking.done()
            proxy.heal()
            assert await asking == 1
            assert [happened.kind for happened in proxy.happened] == [PARTITION]

    address = postgres.url_of("postgres")
    asyncio.run(played())


def test_a_server_that_is_not_there_is_a_reset(tmp_path: Path) -> None:
    async def played() -> None:
        async with Proxy(tmp_path / "nobody", raw) as proxy:
            with pytest.raises(CUT):
                async with session(proxy):
                    pass

    asyncio.run(played())


def test_a_reset_is_passed_on_as_a_reset() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        Side(reader, writer).reset()

    async def played() -> None:
        server = await asyncio.start_server(reset, "127.0.0.1", 0)
        async with Proxy(Address("127.0.0.1", server.sockets[0].getsockname()[1]), raw) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"?")
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), WAIT_SECONDS_MAX)
            writer.close()
        server.close()
        await server.wait_closed()

    asyncio.run(played())
