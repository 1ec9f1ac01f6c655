"""A client that reads nothing of what it is sent is let go: what waits for it would otherwise grow without a bound."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from sellout.serve import free_port
from sellout.supervisor import UNREAD_SECONDS, Plan
from tests.http.listener import listening
from tests.http.shop import ORGANISER, ORGANISER_KEY
from tests.processes import wait_until

ITEMS = 60
BUFFER_BYTES = 2048
IMPATIENT = "from sellout import supervisor; supervisor.UNREAD_SECONDS = 1; supervisor.main()"

pytestmark = pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such patience")


@contextlib.contextmanager
def an_impatient_server(database: Path) -> Iterator[httpx2.Client]:
    """A server with one place for those who watch, that waits a second for who does not read."""
    port = free_port("127.0.0.1", 0)
    plan = Plan("127.0.0.1", port, 1, 100, 30.0, 30, False, None)
    variables = {
        "SELLOUT_DATABASE": f"sqlite:///{database}", "SELLOUT_ORGANISER_KEY": ORGANISER_KEY, "SELLOUT_STREAMS_MAX": "1",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, plan.to_text()], env=os.environ | variables, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            with httpx2.Client(base_url=url, headers=ORGANISER) as client:
                yield client
            server.terminate()
            assert server.wait(60) == 0
        finally:
            server.kill()


@contextlib.contextmanager
def one_who_does_not_read(shop: httpx2.Client) -> Iterator[None]:
    """An open stream of all items, of which nobody reads anything."""
    place = urlsplit(str(shop.base_url))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        client.connect((place.hostname, place.port))
        client.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: shop\r\n\r\n")
        yield


def is_full(shop: httpx2.Client) -> bool:
    return shop.head("/v1/stream").status_code == 503


def test_the_place_of_a_client_that_does_not_read_is_free_again_though_it_never_leaves(tmp_path: Path) -> None:
    with an_impatient_server(tmp_path / "shop.db") as shop:
        for number in range(ITEMS):
            added = shop.post("/v1/items", json={"name": f"Item {number} {'x' * 150}", "capacity": 1})
            assert added.status_code == 201
        with one_who_does_not_read(shop):
            wait_until(lambda: is_full(shop))
            wait_until(lambda: not is_full(shop))


def test_who_reads_may_listen_for_as_long_as_the_server_serves(tmp_path: Path) -> None:
    with an_impatient_server(tmp_path / "shop.db") as shop, listening(str(shop.base_url), "/v1/stream") as listener:
        listener.item()
        for paused in (True, False) * 4:
            shop.patch("/v1/items/item-a", json={"paused": paused})
            listener.item_that(paused=paused)


def test_a_client_on_a_bad_line_has_time_enough() -> None:
    assert UNREAD_SECONDS >= 30
