"""Streams of a real server: items as they change, to as many as may listen, until they leave or the server stops."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.http.listener import Listener, listening
from tests.http.shop import ORGANISER, check_answer, problem_of
from tests.http.test_doors import by_sellout_serve, by_uvicorn
from tests.processes import running, wait_until

ROUND_SECONDS = 0.25
_number = itertools.count(1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A server for all tests of this module, each of which has an item of its own."""
    with by_sellout_serve(tmp_path_factory.mktemp("streams") / "shop.db") as client:
        yield client


def an_item(shop: httpx2.Client, **members: Any) -> str:
    body = {"name": f"Item {next(_number)}", "capacity": 100, **members}
    answer = shop.post("/v1/items", json=body, headers=ORGANISER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def change(shop: httpx2.Client, item: str, **members: Any) -> None:
    assert shop.patch(f"/v1/items/{item}", json=members, headers=ORGANISER).status_code == 200


def buy(shop: httpx2.Client, item: str, quantity: int = 1) -> None:
    assert shop.post(f"/v1/items/{item}/purchases", json={"quantity": quantity}).status_code == 201


def shown(shop: httpx2.Client, item: str) -> Any:
    return shop.get(f"/v1/items/{item}").json()


def stream_of(item: str) -> str:
    return f"/v1/items/{item}/stream"


@contextlib.contextmanager
def watched(shop: httpx2.Client, item: str) -> Iterator[Listener]:
    """A listener that has heard how the item stands."""
    with listening(str(shop.base_url), stream_of(item)) as listener:
        assert listener.item() == shown(shop, item)
        yield listener


# What is told.


def test_it_is_an_event_stream_that_nobody_keeps_or_holds_back(shop: httpx2.Client) -> None:
    with listening(str(shop.base_url), stream_of("item-a")) as listener:
        assert listener.status == 200
        assert listener.headers["Content-Type"] == "text/event-stream"
        assert listener.headers["Cache-Control"] == "no-store"
        assert listener.headers["X-Accel-Buffering"] == "no"
        assert listener.headers["Request-Id"]
        assert "Content-Length" not in listener.headers


def test_it_begins_with_when_to_come_again_what_time_it_is_and_how_the_item_stands(shop: httpx2.Client) -> None:
    before = datetime.now(UTC)
    with listening(str(shop.base_url), stream_of("item-a")) as listener:
        retry, clock, item = (listener.told() for _ in range(3))
    (line,) = retry.fields
    assert 1000 <= int(line.removeprefix("retry: ")) <= 2000
    assert clock.name == "clock"
    now = datetime.fromisoformat(clock.data["now"])
    assert before - timedelta(seconds=5) <= now <= datetime.now(UTC) + timedelta(seconds=5)
    assert (item.name, item.data) == ("item", shown(shop, "item-a"))


def test_not_all_come_again_at_the_same_time(shop: httpx2.Client) -> None:
    told = set[tuple[str, ...]]()
    for _ in range(5):
        with listening(str(shop.base_url), stream_of("item-a")) as listener:
            told.add(listener.told().fields)
    assert len(told) > 1


def test_a_purchase_is_told(shop: httpx2.Client) -> None:
    item = an_item(shop, capacity=3)
    with watched(shop, item) as listener:
        buy(shop, item)
        assert listener.item_that(sold=1, available=2) == shown(shop, item)
        buy(shop, item, quantity=2)
        assert listener.item_that(sold=3, available=0, state="sold_out") == shown(shop, item)


def test_a_hold_and_its_end_are_told(shop: httpx2.Client) -> None:
    item = an_item(shop, capacity=1, hold_seconds=1)
    with watched(shop, item) as listener:
        assert shop.post(f"/v1/items/{item}/holds").status_code == 201
        listener.item_that(held=1, state="all_held")
        listener.item_that(held=0, state="on_sale")


def test_a_pause_is_told(shop: httpx2.Client) -> None:
    item = an_item(shop)
    with watched(shop, item) as listener:
        change(shop, item, paused=True)
        listener.item_that(state="paused")
        change(shop, item, paused=False)
        listener.item_that(state="on_sale")


def test_a_sale_that_opens_and_closes_by_time_alone_is_told(shop: httpx2.Client) -> None:
    opens, closes = (datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (1.5, 2.5))
    item = an_item(shop, opens_at=opens.isoformat(), closes_at=closes.isoformat())
    with listening(str(shop.base_url), stream_of(item)) as listener:
        listener.item_that(state="not_open")
        listener.item_that(state="on_sale")
        listener.item_that(state="closed")


def test_of_another_item_nothing_is_told(shop: httpx2.Client) -> None:
    item, other = an_item(shop), an_item(shop)
    with watched(shop, item) as listener, watched(shop, other) as other_listener:
        buy(shop, other)
        other_listener.item_that(sold=1)
        buy(shop, item)
        assert listener.item()["sold"] == 1, "the first that it hears"


def test_the_stream_of_all_items_tells_each_at_once_and_then_what_changes(shop: httpx2.Client) -> None:
    one, other = an_item(shop), an_item(shop)
    items = shop.get("/v1/items").json()["items"]
    with listening(str(shop.base_url), "/v1/stream") as listener:
        assert [listener.item() for _ in items] == items
        buy(shop, other)
        assert listener.item() == shown(shop, other)
        added = an_item(shop)
        assert listener.item() == shown(shop, added)
        change(shop, one, paused=True)
        assert listener.item() == shown(shop, one)


def test_an_item_that_was_just_added_can_be_watched_at_once(shop: httpx2.Client) -> None:
    with watched(shop, "item-a"):
        for _ in range(5):
            with watched(shop, an_item(shop)):
                pass


def test_while_many_buy_it_is_told_four_times_a_second_at_most_and_how_it_ends(shop: httpx2.Client) -> None:
    item = an_item(shop, capacity=400)

    def rush() -> None:
        with httpx2.Client(base_url=shop.base_url) as buyer:
            for _ in range(100):
                buy(buyer, item)

    buyers = [threading.Thread(target=rush) for _ in range(4)]
    start, told = time.monotonic(), list[dict[str, Any]]()
    with listening(str(shop.base_url), stream_of(item)) as listener:
        for buyer in buyers:
            buyer.start()
        while not told or told[-1]["available"]:
            told.append(listener.item())
    rounds = (time.monotonic() - start) / ROUND_SECONDS
    for buyer in buyers:
        buyer.join()
    assert len(told) <= rounds + 2
    assert told[-1] == shown(shop, item)
    assert [item["sold"] for item in told] == sorted({item["sold"] for item in told}), "never back, and nothing twice"


# Who may listen.


@pytest.mark.parametrize("address", [stream_of("nothing"), stream_of("%E2%98%83"), stream_of("%00")])
def test_an_item_that_is_not_there_has_no_stream(shop: httpx2.Client, address: str) -> None:
    answer = shop.get(address)
    check_answer(answer)
    problem_of(answer, 404, "unknown_item")


@pytest.mark.parametrize("address", ["/v1/stream", stream_of("item-a")])
def test_a_stream_has_no_other_method(shop: httpx2.Client, address: str) -> None:
    answer = shop.post(address)
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A server on which two may listen."""
    database = tmp_path_factory.mktemp("crowded") / "shop.db"
    with running(database, SELLOUT_STREAMS_MAX="2") as server, httpx2.Client(base_url=server.url) as client:
        yield client


def has_a_place(shop: httpx2.Client) -> bool:
    with listening(str(shop.base_url), "/v1/stream") as listener:
        return listener.status == 200


def test_head_has_the_headers_and_takes_no_place(crowded: httpx2.Client) -> None:
    for _ in range(5):
        for address in ("/v1/stream", stream_of("item-a")):
            answer = crowded.head(address)
            assert (answer.status_code, answer.text) == (200, "")
            assert answer.headers["Content-Type"] == "text/event-stream"
    assert crowded.head(stream_of("nothing")).status_code == 404


def test_beyond_as_many_as_may_listen_one_is_told_to_come_back_and_who_leaves_frees_a_place(
    crowded: httpx2.Client,
) -> None:
    wait_until(lambda: has_a_place(crowded))
    with listening(str(crowded.base_url), "/v1/stream") as one:
        with listening(str(crowded.base_url), stream_of("item-a")) as other:
            assert (one.status, other.status) == (200, 200)
            answer = crowded.get(stream_of("item-a"))
            check_answer(answer)
            assert problem_of(answer, 503, "busy")["retry_after"] >= 1
            assert crowded.get("/v1/items/item-a").status_code == 200
            assert crowded.head("/v1/stream").status_code == 503
        wait_until(lambda: has_a_place(crowded))
        one.item()
        buy(crowded, "item-a")
        one.item_that(sold=1)


def test_who_leaves_without_a_word_while_nothing_changes_frees_a_place(crowded: httpx2.Client) -> None:
    for _ in range(10):
        wait_until(lambda: has_a_place(crowded))


# A stop.


Door = Callable[[Path], AbstractContextManager[httpx2.Client]]


def test_a_stop_ends_open_streams_and_waits_for_none(tmp_path: Path) -> None:
    longer_than_the_test_waits = {"SELLOUT_STOP_SECONDS": "600"}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(tmp_path / "shop.db", "--workers", "2", **longer_than_the_test_waits))
        listeners = [stack.enter_context(listening(server.url, "/v1/stream")) for _ in range(20)]
        assert [listener.item()["sold"] for listener in listeners] == [0] * 20
        assert server.stop() == 0
        for listener in listeners:
            listener.rest()


def test_another_server_ends_them_at_a_stop_too(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with by_uvicorn(tmp_path / "shop.db") as client:
            listeners = [stack.enter_context(listening(str(client.base_url), "/v1/stream")) for _ in range(20)]
            assert [listener.item()["sold"] for listener in listeners] == [0] * 20
        for listener in listeners:
            listener.rest()


@pytest.mark.parametrize("door", [by_sellout_serve, by_uvicorn])
def test_every_door_tells_what_happens(door: Door, tmp_path: Path) -> None:
    with door(tmp_path / "shop.db") as shop, watched(shop, "item-a") as listener:
        buy(shop, "item-a")
        assert listener.item_that(sold=1) == shown(shop, "item-a")
