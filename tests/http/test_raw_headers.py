"""Headers as no client library would send them, over a real socket to a real server."""

import json
import socket
import sqlite3
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


def send(server: Server, *lines: bytes, body: bytes = b"") -> tuple[int, Any]:
    """Send a request as it is; status and JSON body of the answer."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=30) as connection:
        connection.sendall(b"\r\n".join((*lines, b"Host: shop", b"Connection: close", b"", body)))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(text)


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


def test_the_mark_of_a_request_id_in_an_address_confuses_nothing(server: Server) -> None:
    status, problem = send(server, b'POST /v1/items/"request_id":""/purchases HTTP/1.1')
    assert status in {400, 404}
    status, problem = send(server, b"POST /v1/items/%22request_id%22:%22%22%E2%90%9A/purchases HTTP/1.1")
    assert (status, problem["code"]) == (404, "unknown_item")
    assert problem["instance"] == '/v1/items/"request_id":""␚/purchases'


def test_a_refused_key_sells_nothing(server: Server, database: Path) -> None:
    connection = sqlite3.connect(database)
    before = connection.execute("SELECT sold FROM inventory").fetchone()
    assert send(server, b"POST /buy_ticket HTTP/1.1", b"Idempotency-Key: \x80")[0] == 422
    assert connection.execute("SELECT sold FROM inventory").fetchone() == before
    connection.close()
