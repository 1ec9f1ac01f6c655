"""Who sends too slowly is cut off, on every route and through both servers, and costs others nothing."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from sellout.http.deadlines import BodyDeadline
from sellout.http.requests import BadRequest
from tests.processes import Server, running

SECONDS = 1
PATIENCE_SECONDS = 20

HOT = "/v1/items/item-a/purchases"
COLD = "/v1/items/item-a/waitlist"
PAGE = "/items/item-a/purchases"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("slow")
    variables = {"SELLOUT_BODY_READ_SECONDS": str(SECONDS), "SELLOUT_HEADER_READ_SECONDS": str(SECONDS)}
    with running(folder / "sale.db", **variables) as started:
        yield started


def connect(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)


def everything(connection: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            told += piece
    return told


@pytest.mark.parametrize("path", [HOT, COLD, PAGE])
@pytest.mark.parametrize("length", ["content-length: 30", "transfer-encoding: chunked"])
def test_a_body_that_does_not_come_gets_408_and_the_connection_ends(server: Server, path: str, length: str) -> None:
    with connect(server) as slow:
        slow.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{length}\r\n\r\n".encode())
        told = everything(slow)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in told


def test_a_body_that_comes_drop_by_drop_is_cut_off_too(server: Server) -> None:
    with connect(server) as slow:
        slow.sendall(f"POST {HOT} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            for _ in range(PATIENCE_SECONDS * 10):
                slow.sendall(b" ")
                time.sleep(0.1)
        told = everything(slow)
    assert told == b"" or told.startswith(b"HTTP/1.1 408 ")  # its answer may be lost with what it still sent


def test_headers_that_do_not_come_end_the_connection(server: Server) -> None:
    with connect(server) as slow:
        slow.sendall(b"POST /buy_ticket HTTP/1.1\r\nhost: x\r\n")
        assert not everything(slow).startswith(b"HTTP/1.1 200")


def test_others_buy_meanwhile(server: Server) -> None:
    with contextlib.ExitStack() as all_of_them:
        for _ in range(50):
            slow = all_of_them.enter_context(connect(server))
            slow.sendall(f"POST {HOT} HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\n".encode())
        with connect(server) as buyer:
            buyer.sendall(b"POST /buy_ticket HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert everything(buyer).startswith(b"HTTP/1.1 200 ")


def test_who_leaves_in_the_middle_of_a_body_is_no_error_of_ours(server: Server) -> None:
    for _ in range(20):
        with connect(server) as gone:
            gone.sendall(f"POST {HOT} HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\n{{".encode())
    with httpx2.Client(base_url=server.url) as client:
        for _ in range(50):  # by then the server has seen that they are gone
            assert client.post("/buy_ticket").status_code in (200, 410)
        assert 'sellout_errors_total{code="internal_error"} 0.0' in client.get("/metrics").text


async def _never() -> bytes:
    await asyncio.Event().wait()
    return b""


def test_only_what_is_overdue_is_cut_off() -> None:
    async def scene() -> None:
        deadline = BodyDeadline(10)
        slow = asyncio.create_task(deadline.within(_never()))
        await asyncio.sleep(0)
        deadline.cut_off(time.monotonic() + 9)
        await asyncio.sleep(0)
        assert not slow.done()
        deadline.cut_off(time.monotonic() + 11)
        with pytest.raises(BadRequest) as refused:
            await slow
        assert refused.value.problem.status == 408

    asyncio.run(scene())


def test_a_request_that_is_cancelled_for_another_reason_stays_cancelled() -> None:
    async def scene() -> None:
        deadline = BodyDeadline(10)
        gone = asyncio.create_task(deadline.within(_never()))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(scene())
