"""The proof script, run as its users run it, against shops that sell right and wrong."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "proof_of_correctness.py"
Shop = Callable[[Callable[[int], int]], str]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Open a shop that answers the nth buyer with `status(n)`; gives its URL."""
    opened = list[Server]()

    def open_shop(status: Callable[[int], int]) -> str:
        numbers = itertools.count()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                right = self.path == "/buy_ticket" and self.headers.get("Content-Length", "0") == "0"
                self.send_response(status(next(numbers)) if right else 400)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        opened.append(Server(("127.0.0.1", 0), Handler))
        threading.Thread(target=opened[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{opened[-1].server_port}"

    yield open_shop
    for server in opened:
        server.shutdown()
        server.server_close()


def prove(*arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *options, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_shop_that_sells_its_hundred_is_proved(shop: Shop) -> None:
    done = prove(shop(lambda n: 200 if n < 100 else 410))
    assert done.stdout.splitlines() == [
        "Counter({410: 900, 200: 100})",
        "Success (200): 100",
        "Sold out (410): 900",
        "Errors: 0",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_one_too_many_is_not_even_where_assertions_are_left_out(shop: Shop) -> None:
    done = prove(shop(lambda n: 200 if n < 101 else 410), options=("-O",))
    assert done.returncode == 1
    assert "Should sell exactly 100 tickets (101 got 200)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_error_instead_of_sold_out_is_not(shop: Shop) -> None:
    done = prove(shop(lambda n: 200 if n < 100 else 500 if n < 106 else 410))
    assert done.returncode == 1
    assert "Errors: 6" in done.stdout
    assert "Should get 410 for rest (894 got 410)" in done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://127.0.0.1", "nonsense", "http://", "http://a:b"])
def test_a_shop_that_is_not_there_is_one_line(url: str) -> None:
    done = prove(url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Could not run: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_script_needs_nothing_but_python() -> None:
    assert prove("http://127.0.0.1:1", options=("-I", "-S")).returncode == 2
