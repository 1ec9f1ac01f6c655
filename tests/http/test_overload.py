"""Overload and a database that is kept busy: clear answers, nothing lost, and recovery by itself."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import httpx2

from tests.http.shop import ORGANISER, check_answer, problem_of, running_client, running_shop

PURCHASES = "/v1/items/item-a/purchases"


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody else keeps the database's write lock for as long as the block lasts.

    By apsw, because two SQLite libraries in one process do not see each other's locks.
    """
    other = apsw.Connection(str(database))
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_when_the_queue_is_full_more_are_told_to_come_back_and_nothing_is_lost(database: Path) -> None:
    async def rush() -> tuple[list[httpx2.Response], list[httpx2.Response], Any]:
        async with running_client(database, queue_length_max=2, unavailable_after_seconds=60) as client:
            with locked(database):
                asked = {asyncio.create_task(client.post(PURCHASES)) for _ in range(12)}
                busy = set[asyncio.Task[httpx2.Response]]()
                while len(busy) < 12 - 2 * 2:  # one batch is under way and as many as may wait are waiting
                    done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                    busy |= done
            sold = [await task for task in asked]
            audit = await client.get("/v1/items/item-a/audit", headers=ORGANISER)
        return [task.result() for task in busy], sold, audit.json()

    busy, sold, audit = asyncio.run(rush())
    for answer in busy:
        check_answer(answer)
        assert problem_of(answer, 503, "busy")["retry_after"] >= 1
    assert {answer.status_code for answer in sold} == {201}
    assert 1 <= len(sold) <= 4
    assert (audit["sold"], audit["consistent"]) == (len(sold), True)


def test_while_the_database_is_locked_buyers_hear_so_in_time_and_readers_go_on(database: Path) -> None:
    with running_shop(database, unavailable_after_seconds=0.05) as shop:
        with locked(database):
            for answer in (shop.buy(), shop.ticket(), shop.change("item-a", capacity=5)):
                problem = problem_of(answer, 503, "unavailable")
                assert "another process holds the database's lock" in problem["detail"]
            for address in ("/livez", "/readyz", "/v1/items", "/v1/items/item-a/audit"):
                assert shop.ask("GET", address).status_code == 200
        assert shop.buy().is_success
        assert shop.item()["sold"] == 1, "what was refused was not sold"


def test_a_stop_answers_what_was_accepted(database: Path) -> None:
    async def rush() -> Counter[int]:
        async with running_client(database) as client:
            asked = [asyncio.create_task(client.post(PURCHASES)) for _ in range(50)]
            await asyncio.sleep(0)  # they are on their way
        return Counter([(await task).status_code for task in asked])

    told = asyncio.run(rush())
    with running_shop(database) as shop:
        assert shop.item()["sold"] == told[201], "as many as were told so"
    assert told.keys() <= {201, 503}
