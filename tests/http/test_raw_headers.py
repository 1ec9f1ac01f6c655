"""Headers as no client library would send them, over a real socket to a real server."""

import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.processes import Server, running


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw") / "shop.db"


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[Server]:
    with running(database) as server:
        yield server


def send(server: Server, *lines: bytes, body: bytes = b"", ends: bool = False) -> tuple[int, Any]:
    """Send a request as it is; status and JSON body of the answer. Where it `ends`, nothing more is sent."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as connection:
        connection.sendall(b"\r\n".join((*lines, b"Host: shop", b"Connection: close", b"", body)))
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(text)


def sold(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (units,) = connection.execute("SELECT sold FROM inventory").fetchone()
    return int(units)


@pytest.mark.parametrize("key", [b"k\xc3\xa9", b"\x80", b'"open', b"", b"x" * 256])
def test_a_key_that_is_none_is_refused_and_never_ignored(server: Server, key: bytes) -> None:
    status, problem = send(server, b"POST /buy_ticket HTTP/1.1", b"Idempotency-Key: " + key)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("address", [b"/buy_ticket", b"/v1/items/item-a/waitlist", b"/v1/baskets/holds"])
def test_of_two_keys_none_is_ignored(server: Server, address: bytes) -> None:
    keys = (b"Idempotency-Key: one", b"Idempotency-Key: two")
    status, problem = send(server, b"POST " + address + b" HTTP/1.1", *keys)
    assert (status, problem["errors"]) == (422, [{"field": "Idempotency-Key", "message": "must be sent once"}])


@pytest.mark.parametrize("address", [b"/v1/items/item-a/waitlist", b"/v1/baskets/holds"])
def test_a_key_that_is_none_is_refused_on_every_route(server: Server, address: bytes) -> None:
    status, problem = send(server, b"POST " + address + b" HTTP/1.1", b"Idempotency-Key: \x80")
    assert (status, problem["errors"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("address", [b"/buy_ticket", b"/v1/baskets/holds"])
def test_a_content_type_that_is_no_text_is_not_json(server: Server, address: bytes) -> None:
    head = (b"POST " + address + b" HTTP/1.1", b"Content-Type: \xe9", b"Content-Length: 2")
    status, problem = send(server, *head, body=b"{}")
    assert (status, problem["code"]) == (415, "unsupported_media_type")


def test_a_chunked_body_is_read_and_bounded(server: Server) -> None:
    head = (b"POST /buy_ticket HTTP/1.1", b"Transfer-Encoding: chunked", b"Content-Type: application/json")
    status, ticket = send(server, *head, body=b'5\r\n{"qua\r\n9\r\nntity":2}\r\n0\r\n\r\n')
    assert (status, ticket["quantity"]) == (200, 2)
    piece = b"2000\r\n" + b" " * 0x2000 + b"\r\n"
    status, problem = send(server, *head, body=piece * 3 + b"0\r\n\r\n")
    assert (status, problem["code"]) == (413, "body_too_large")


LARGE = 800_000


def send_slowly(server: Server, *lines: bytes, body: bytes) -> int:
    """Send a body in many pieces to its end, as a proxy does that looks for an answer only then; the status."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as connection:
        connection.sendall(b"\r\n".join((*lines, b"Host: shop", b"", b"")))
        for begin in range(0, len(body), 16_384):
            connection.sendall(body[begin : begin + 16_384])
            time.sleep(0.001)
        return int(connection.recv(65536).split()[1])


EARLY: dict[int, tuple[bytes, ...]] = {
    413: (b"POST /buy_ticket HTTP/1.1",),
    403: (b"POST /v1/items/item-a/holds HTTP/1.1", b"Sec-Fetch-Site: cross-site"),
    422: (b"POST /buy_ticket HTTP/1.1", b"Idempotency-Key: \x80"),
}


@pytest.mark.parametrize("status", EARLY)
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_an_answer_that_comes_before_its_body_is_seen_by_who_still_writes(
    server: Server, status: int, framing: str
) -> None:
    if framing == "length":
        head, body = (b"Content-Length: %d" % LARGE,), b" " * LARGE
    else:
        head, body = (b"Transfer-Encoding: chunked",), (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 40 + b"0\r\n\r\n"
    assert send_slowly(server, *EARLY[status], *head, body=body) == status


def test_who_asks_before_it_sends_a_body_has_its_answer_at_once(server: Server) -> None:
    head = (b"POST /buy_ticket HTTP/1.1", b"Content-Length: %d" % LARGE, b"Expect: 100-continue")
    status, _ = send(server, *head)
    assert status == 413


CHUNKED = (b"Transfer-Encoding: chunked", b"Content-Type: application/json")


@pytest.mark.parametrize("address", [b"/buy_ticket", b"/v1/items/item-a/waitlist"])
@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (CHUNKED, b""),
        (CHUNKED, b"2\r\n{}\r\n"),
        (CHUNKED, b"2\r\n{"),
        (CHUNKED, b'ZZ\r\n{"quantity":5}\r\n0\r\n\r\n'),
        ((b"Content-Type: application/json", b"Content-Length: 20"), b""),
        ((b"Content-Type: application/json", b"Content-Length: 20"), b"{}"),
    ],
)
def test_a_body_that_breaks_off_is_none_and_sells_nothing(
    server: Server, database: Path, address: bytes, headers: tuple[bytes, ...], sent: bytes
) -> None:
    before = sold(database)
    status, problem = send(server, b"POST " + address + b" HTTP/1.1", *headers, body=sent, ends=True)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert problem["detail"] == "body broke off before its end"
    assert sold(database) == before


def test_an_empty_body_in_chunks_is_a_body(server: Server) -> None:
    assert send(server, b"POST /buy_ticket HTTP/1.1", *CHUNKED, body=b"0\r\n\r\n")[0] == 200


@pytest.mark.parametrize("depth", range(100, 6000, 250))
@pytest.mark.parametrize("address", [b"/buy_ticket", b"/v1/items/item-a/waitlist", b"/v1/purchases/x/refund", b"/nope"])
def test_a_body_that_is_nested_deeply_is_refused(server: Server, address: bytes, depth: int) -> None:
    body = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    length = f"Content-Length: {len(body)}".encode()
    status, problem = send(server, b"POST " + address + b" HTTP/1.1", length, CHUNKED[1], body=body)
    assert status in {401, 404, 422}, problem


def test_the_mark_of_a_request_id_in_an_address_confuses_nothing(server: Server) -> None:
    status, problem = send(server, b'POST /v1/items/"request_id":""/purchases HTTP/1.1')
    assert status in {400, 404}
    status, problem = send(server, b"POST /v1/items/%22request_id%22:%22%22%E2%90%9A/purchases HTTP/1.1")
    assert (status, problem["code"]) == (404, "unknown_item")
    assert problem["instance"] == "/v1/items/%22request_id%22:%22%22%E2%90%9A/purchases"


def test_a_refused_key_sells_nothing(server: Server, database: Path) -> None:
    before = sold(database)
    assert send(server, b"POST /buy_ticket HTTP/1.1", b"Idempotency-Key: \x80")[0] == 422
    assert sold(database) == before
