"""What goes wrong on the way: as the client sees it, and as often as the real server behind sees it."""

import asyncio
import contextlib
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sellout.torture.proxy.faults import (
    NAMES,
    PARTITION,
    RESET_ALL,
    SLOW,
    AnswerDelayed,
    AnswerLost,
    AnswerTorn,
    AnswerTrickled,
    Asked,
    Choose,
    Duplicated,
    Fault,
    Nothing,
    ResetAfter,
    ResetBefore,
    ResetInRequest,
    nothing,
)
from sellout.torture.proxy.http import Http
from sellout.torture.proxy.proxy import Proxy
from sellout.torture.proxy.side import Address
from tests.processes import ORGANISER_KEY, running

WAIT_SECONDS_MAX = 30.0
STOCK = 50

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real server."""
    with running(tmp_path_factory.mktemp("shop") / "shop.db") as server:
        yield port_of(server.url)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@dataclass
class Shop:
    """A real server with an item of the test's own: asked through the proxy, and behind its back."""

    proxy: Proxy
    item: str
    session: aiohttp.ClientSession
    behind: str

    async def buy(self, key: str | None = None) -> tuple[int, bool] | None:
        """The status and whether it is a replay; None where no answer came."""
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/v1/items/{self.item}/purchases"
        try:
            async with self.session.post(self.proxy.url + path, json={"buyer": "ada"}, headers=headers) as answer:
                await answer.json()
                return answer.status, answer.headers.get("Idempotent-Replayed") == "true"
        except aiohttp.ClientError:
            return None

    async def sold(self) -> int:
        """What the server itself says, past the proxy."""
        async with self.session.get(f"{self.behind}/v1/items/{self.item}") as answer:
            return int((await answer.json())["sold"])

    async def comes_to_sell(self, units: int) -> None:
        """Wait until so many are sold."""
        await until(lambda: self._is_sold(units))

    async def _is_sold(self, units: int) -> bool:
        return await self.sold() == units

    @property
    def kinds(self) -> list[str]:
        return [happened.kind for happened in self.proxy.happened]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while not await true():  # noqa: ASYNC110 - what it waits for is in another process
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def shop_behind(port: int, choose: Choose = nothing, target: Address | None = None) -> AsyncIterator[Shop]:
    """A shop behind a proxy; afterwards nothing of the proxy is left."""
    behind, item = f"http://127.0.0.1:{port}", f"item-{next(_numbers)}"
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {ORGANISER_KEY}"}
        offered = {"name": item, "id": item, "capacity": STOCK}
        async with session.post(f"{behind}/v1/items", json=offered, headers=headers) as answer:
            assert answer.status == 201
        tasks = asyncio.all_tasks()
        async with Proxy(target or Address("127.0.0.1", port), Http(choose)) as proxy:
            yield Shop(proxy, item, session, behind)
        assert asyncio.all_tasks() <= tasks


def each(fault: Fault) -> Choose:
    """The first purchase meets this fault, and later ones meet none."""
    return lambda asked: fault if asked.number == 1 else Nothing()


@pytest.mark.parametrize(
    ("fault", "answered", "sold"),
    [
        (Nothing(), True, 1),
        (ResetBefore(), False, 0),
        (ResetInRequest(), False, 0),
        (ResetInRequest(0.99), False, 0),
        (AnswerLost(), False, 1),
        (AnswerTorn(), False, 1),
        (AnswerTorn(0.99), False, 1),
        (AnswerDelayed(0.1), True, 1),
        (AnswerTrickled(50, 0.001), True, 1),
        (Duplicated(), True, 2),
        (Duplicated(0.1), True, 2),
        (Duplicated(shown="copy"), True, 2),
        (Duplicated(0.1, shown="copy"), True, 2),
    ],
    ids=str,
)
def test_what_a_fault_does(port: int, fault: Fault, *, answered: bool, sold: int) -> None:
    async def one_purchase_without_a_key() -> None:
        async with shop_behind(port, each(fault)) as shop:
            assert await shop.buy() == ((201, False) if answered else None)
            await shop.comes_to_sell(sold)
            assert shop.kinds == ([] if isinstance(fault, Nothing) else [NAMES[type(fault)]])

    asyncio.run(one_purchase_without_a_key())


@pytest.mark.parametrize(
    "fault",
    [ResetBefore(), ResetInRequest(), ResetAfter(), AnswerLost(), AnswerTorn(), Duplicated(), Duplicated(0.2, "copy")],
    ids=str,
)
def test_a_key_makes_one_purchase_of_it(port: int, fault: Fault) -> None:
    async def asked_again_until_it_is_known() -> None:
        async with shop_behind(port, each(fault)) as shop:
            while (told := await shop.buy("one key")) is None:
                pass
            assert told[0] == 201
            assert await shop.buy("one key") == (201, True)
            assert await shop.sold() == 1

    asyncio.run(asked_again_until_it_is_known())


def test_of_two_answers_the_client_gets_the_one_that_was_chosen(port: int) -> None:
    async def bought(fault: Fault) -> tuple[int, bool] | None:
        async with shop_behind(port, each(fault)) as shop:
            return await shop.buy("one key")

    assert asyncio.run(bought(Duplicated(0.3, shown="original"))) == (201, False)
    assert asyncio.run(bought(Duplicated(0.3, shown="copy"))) == (201, True)


def test_an_answer_is_late_by_what_was_asked_for(port: int) -> None:
    async def slow_answers() -> None:
        async with shop_behind(port, lambda _: AnswerDelayed(0.3)) as shop:
            began = time.monotonic()
            await shop.buy()
            assert time.monotonic() - began >= 0.3
            (delay,) = shop.proxy.happened
            assert delay.ended_at - delay.started_at >= 0.3

    asyncio.run(slow_answers())


def test_a_choice_knows_the_request_and_how_often_it_came(port: int) -> None:
    seen = list[Asked]()

    def watch(asked: Asked) -> Fault:
        seen.append(asked)
        return ResetBefore() if asked.attempt < 3 else Nothing()

    async def asked_three_times() -> str:
        async with shop_behind(port, watch) as shop:
            while await shop.buy("one key") is None:
                pass
            return shop.item

    path = f"/v1/items/{asyncio.run(asked_three_times())}/purchases"
    assert seen == [Asked(number, "POST", path, "one key", number) for number in (1, 2, 3)]


class TestAPartition:
    def test_holds_back_what_is_sent_and_lets_it_pass_in_the_end(self, port: int) -> None:
        async def parted() -> None:
            arrived = asyncio.Event()
            async with shop_behind(port, noticed(arrived)) as shop:
                await shop.buy()
                arrived.clear()
                shop.proxy.partition()
                buying = asyncio.create_task(shop.buy())
                await arrived.wait()
                assert await shop.sold() == 1
                assert not buying.done()
                shop.proxy.heal()
                assert await buying == (201, False)
                assert shop.kinds == [PARTITION]

        asyncio.run(parted())

    def test_holds_back_the_answer_too(self, port: int) -> None:
        async def parted_behind_the_request() -> None:
            async with shop_behind(port, lambda _: AnswerDelayed(0.2)) as shop:
                buying = asyncio.create_task(shop.buy())
                await shop.comes_to_sell(1)
                shop.proxy.partition()
                await asyncio.sleep(0.4)  # until after the delay
                assert not buying.done()
                shop.proxy.heal()
                assert await buying == (201, False)

        asyncio.run(parted_behind_the_request())

    def test_that_never_ends_does_not_outlive_the_proxy(self, port: int) -> None:
        async def parted() -> None:
            async with shop_behind(port) as shop:
                shop.proxy.partition()
                buying = asyncio.create_task(shop.buy())
                await asyncio.sleep(0.05)
            assert await buying is None
            assert shop.kinds == [PARTITION]

        asyncio.run(parted())


def noticed(arrived: asyncio.Event) -> Choose:
    """Says when a request has come to the proxy."""

    def notice(_: Asked) -> Fault:
        arrived.set()
        return Nothing()

    return notice


class TestTheServer:
    def test_that_is_down_is_a_reset_until_it_is_up_elsewhere(self, port: int) -> None:
        async def down_then_up() -> None:
            async with shop_behind(port, target=Address("127.0.0.1", await free_port())) as shop:
                assert await shop.buy() is None
                shop.proxy.target = Address("127.0.0.1", port)
                assert await shop.buy() == (201, False)

        asyncio.run(down_then_up())

    def test_that_dies_takes_the_connections_with_it(self, tmp_path: Path, port: int) -> None:
        async def killed() -> None:
            with running(tmp_path / "own.db") as server:
                async with shop_behind(port, target=Address("127.0.0.1", port_of(server.url))) as shop:
                    reader, writer = await asyncio.open_connection("127.0.0.1", shop.proxy.port)
                    writer.write(b"GET /livez HTTP/1.1\r\nHost: shop\r\n\r\n")
                    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
                    server.kill()
                    with contextlib.suppress(ConnectionResetError):
                        await asyncio.wait_for(reader.read(), WAIT_SECONDS_MAX)
                    writer.close()

        asyncio.run(killed())


async def free_port() -> int:
    """One where nobody listens."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port


class TestSwitches:
    def test_everything_is_reset_at_once(self, port: int) -> None:
        async def reset() -> None:
            async with shop_behind(port, lambda _: AnswerDelayed(WAIT_SECONDS_MAX)) as shop:
                buying = [asyncio.create_task(shop.buy()) for _ in range(5)]
                await shop.comes_to_sell(5)
                assert shop.proxy.reset_all() == 10
                assert await asyncio.gather(*buying) == [None] * 5
                assert shop.kinds == [RESET_ALL]

        asyncio.run(reset())

    def test_everything_is_slower(self, port: int) -> None:
        async def slow() -> None:
            async with shop_behind(port) as shop:
                shop.proxy.slow(0.15)
                began = time.monotonic()
                assert await shop.buy() == (201, False)
                assert time.monotonic() - began >= 0.3  # there and back
                shop.proxy.slow(0)
                assert shop.kinds == [SLOW]

        asyncio.run(slow())


def test_a_rush_through_a_bad_network_sells_exactly_what_there_is(port: int) -> None:
    faults: list[Fault] = [
        Nothing(), ResetBefore(), ResetInRequest(0.3), ResetAfter(), AnswerLost(), AnswerTorn(), AnswerDelayed(0.1),
        AnswerTrickled(200, 0.001), Duplicated(), Duplicated(0.05, "copy"),
    ]  # fmt: skip

    def choose(asked: Asked) -> Fault:
        return random.Random(f"7 {asked.key} {asked.attempt}").choice(faults)

    async def buy_until_it_is_known(shop: Shop, key: str) -> int:
        while (told := await shop.buy(key)) is None:
            pass
        return told[0]

    async def rush() -> None:
        open_before = open_files()
        async with shop_behind(port, choose) as shop:
            told = await asyncio.gather(*(buy_until_it_is_known(shop, f"key {n}") for n in range(2 * STOCK)))
            assert await shop.sold() == STOCK
            assert sorted(told) == [201] * STOCK + [410] * STOCK
            assert set(shop.kinds) == set(NAMES.values())
        await until(lambda: nothing_is_open_beyond(open_before))

    asyncio.run(rush())


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count, and of a folder that changes with a listing


async def nothing_is_open_beyond(before: int) -> bool:
    return open_files() <= before


def test_what_goes_wrong_in_the_proxy_itself_is_raised(port: int) -> None:
    def broken(_: Asked) -> Fault:
        raise LookupError("no such fault")

    async def bought() -> Any:
        async with shop_behind(port, broken) as shop:
            await shop.buy()

    with pytest.raises(LookupError, match="no such fault"):
        asyncio.run(bought())
