"""The request log: one line a request where it is asked for, behind both doors, and nothing in it that is secret."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from sellout.http.app import create_app, create_rsgi_app
from sellout.http.request_log import PATH_LENGTH_MAX
from sellout.http.through_asgi import ASGIDoor
from sellout.http.through_rsgi import RSGIDoor
from sellout.settings import Settings
from tests.http.listener import listening
from tests.http.shop import ORGANISER, running_shop
from tests.processes import ORGANISER_KEY, START_SECONDS_MAX, STOP_SECONDS_MAX, wait_until

PURCHASES = "/v1/items/item-a/purchases"
MEMBERS = {
    "level", "timestamp", "event", "method", "path", "status", "duration_ms", "bytes", "client", "request_id",
}  # fmt: skip
SECRETS = ("Zuleika", "a-key-of-a-sale", "a-cookie-of-mine", ORGANISER_KEY)


class Logged:
    """A real server that keeps its log."""

    def __init__(self, folder: Path, server: tuple[str, ...], **variables: str) -> None:
        self.log = folder / "log"
        database = {"SELLOUT_DATABASE": f"sqlite:///{folder}/shop.db", "SELLOUT_ORGANISER_KEY": ORGANISER_KEY}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *server, "--port", "0"], stdout=log, stderr=log,
                env={**os.environ, **database, "SELLOUT_REQUEST_LOG": "true", **variables},
            )  # fmt: skip
        self.url = self._address()

    def _address(self) -> str:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (found := re.search(r"http://\S+:\d+", self.log.read_text("utf-8"))):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found[0]

    def lines(self) -> list[dict[str, Any]]:
        """The lines of requests so far."""
        read = [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]
        return [line for line in read if line["event"] == "request"]

    def line(self, answer: httpx2.Response) -> dict[str, Any]:
        """The one line of an answer."""
        wanted = answer.headers["Request-Id"]
        wait_until(lambda: any(line["request_id"] == wanted for line in self.lines()))
        (found,) = [line for line in self.lines() if line["request_id"] == wanted]
        return found


SERVERS = {"granian": ("sellout", "serve"), "uvicorn": ("uvicorn", "sellout.asgi:app", "--no-access-log")}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    logged = Logged(tmp_path_factory.mktemp("logged"), SERVERS[request.param], SELLOUT_TRUSTED_PROXIES="127.0.0.0/8")
    yield logged
    logged.process.terminate()
    logged.process.wait(STOP_SECONDS_MAX)


@pytest.fixture
def client(server: Logged) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url) as opened:
        yield opened


def test_hot_and_other_routes_and_errors_have_one_line_each(server: Logged, client: httpx2.Client) -> None:
    for method, path, status in (
        ("POST", "/buy_ticket", 200),
        ("POST", PURCHASES, 201),
        ("POST", "/v1/items/nothing/purchases", 404),
        ("GET", "/v1/items", 200),
        ("GET", PURCHASES, 401),
        ("GET", "/nothing", 404),
        ("GET", "/docs/static/swagger-ui/swagger-ui.css", 200),
    ):
        answer = client.request(method, path)
        line = server.line(answer)
        assert line.keys() == MEMBERS
        assert (line["level"], line["method"], line["path"], line["status"]) == ("info", method, path, status)
        assert (line["bytes"], answer.status_code, line["client"]) == (len(answer.content), status, "127.0.0.1")
        assert 0 < line["duration_ms"] < 60_000


def test_head_has_no_bytes(server: Logged, client: httpx2.Client) -> None:
    assert server.line(client.head("/livez"))["bytes"] == 0


def test_the_client_is_the_one_that_the_rates_count(server: Logged, client: httpx2.Client) -> None:
    answer = client.get("/livez", headers={"X-Forwarded-For": "198.51.100.9, 2001:db8:1:2:3:4:5:6"})
    assert server.line(answer)["client"] == "2001:db8:1:2::/64"


def test_a_file_that_the_server_sends_by_itself_has_its_length(server: Logged, client: httpx2.Client) -> None:
    answer = client.get(f"{PURCHASES}/export", headers=ORGANISER)
    assert server.line(answer)["bytes"] == len(answer.content) > 0


def test_nothing_secret_is_in_the_log(server: Logged, client: httpx2.Client) -> None:
    answers = [
        client.post(
            PURCHASES, json={"buyer": SECRETS[0]},
            headers={"Idempotency-Key": SECRETS[1], "Cookie": f"x={SECRETS[2]}"},
        ),
        client.get(f"{PURCHASES}/lookup", params={"key": SECRETS[1], "buyer": SECRETS[0]}),
        client.get(PURCHASES, headers=ORGANISER),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert [server.line(answer)["path"] for answer in answers] == [PURCHASES, f"{PURCHASES}/lookup", PURCHASES]
    text = server.log.read_text("utf-8")
    assert not [secret for secret in SECRETS if secret in text]


def test_a_stream_is_logged_when_it_ends(server: Logged) -> None:
    path = "/v1/items/item-a/stream"
    before = len([line for line in server.lines() if line["path"] == path])
    with listening(server.url, path) as listener:
        assert listener.item()
        assert len([line for line in server.lines() if line["path"] == path]) == before
    wait_until(lambda: len([line for line in server.lines() if line["path"] == path]) == before + 1)
    (line,) = [line for line in server.lines() if line["path"] == path][before:]
    assert line["status"] == 200
    assert line["bytes"] > 0


def test_a_path_is_cut_where_it_is_long(server: Logged, client: httpx2.Client) -> None:
    assert len(server.line(client.get("/" + "x" * 2000))["path"]) == PATH_LENGTH_MAX


def test_without_the_setting_doors_are_the_plain_ones_and_nothing_is_logged(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}/shop.db")
    assert type(create_app(settings)) is ASGIDoor
    assert type(create_rsgi_app(settings)) is RSGIDoor
    with running_shop(tmp_path / "shop.db") as shop, capture_logs() as lines:
        shop.buy()
    assert lines == []


def test_an_answer_that_breaks_off_is_an_error_with_its_request_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin_and_fail(*arguments: Any) -> None:
        send = arguments[-1]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError("the disk is gone")

    monkeypatch.setattr("sellout.http.health.Response.__call__", begin_and_fail)
    with running_shop(tmp_path / "shop.db", request_log=True) as shop, capture_logs() as lines:
        answer = shop.ask("GET", "/metrics")
    error, request = lines
    assert (error["event"], error["log_level"]) == ("internal_error", "error")
    assert request["event"] == "request"
    assert error["request_id"] == request["request_id"] == answer.headers["Request-Id"]
