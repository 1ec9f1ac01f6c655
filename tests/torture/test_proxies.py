"""Real proxies between buyers and two nodes: the shipped settings of HAProxy, and nginx with its own defaults.

A body over the limit from one client is no reason for a proxy to take a node for dead.
"""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.processes import Server, answers, running, wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

LARGE = b" " * 600_000
SENDERS = 9
BUYERS = 4
SECONDS = 3.0

Proxy = Callable[[Path, list[str]], contextlib.AbstractContextManager[str]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def needed(program: str) -> str:
    found = shutil.which(program)
    assert found, f"{program} is needed: apt install {program}"
    return found


@contextlib.contextmanager
def started(command: list[str], port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(url))
            yield url
        finally:
            process.terminate()


@contextlib.contextmanager
def haproxy(folder: Path, nodes: list[str]) -> Iterator[str]:
    """The shipped file, but for addresses that this machine has."""
    port = free_port()
    text = (DEPLOY / "haproxy.cfg").read_text("utf-8")
    text = text.replace("bind :8000", f"bind 127.0.0.1:{port}").replace(
        " resolvers docker init-addr last,libc,none", ""
    )
    text = text.replace("maxconn 20000", "maxconn 2000")  # each needs two open files
    text = re.sub(r"resolvers docker\n(?:    .*\n)*", "", text)
    for name, node in zip(("node1", "node2"), nodes, strict=True):
        text = text.replace(f"{name}:8000", node)
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    with started([needed("haproxy"), "-f", str(file)], port) as url:
        yield url


@contextlib.contextmanager
def nginx(folder: Path, nodes: list[str]) -> Iterator[str]:
    """As anybody writes it first: two servers, and nothing else."""
    port = free_port()
    servers = "".join(f"server {node};" for node in nodes)
    file = folder / "nginx.conf"
    file.write_text(
        f"""
        pid {folder}/pid; error_log stderr crit; daemon off;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
            uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            proxy_request_buffering off;
            upstream shop {{ {servers} }}
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass http://shop; proxy_set_header Host $http_host; }}
            }}
        }}""",
        encoding="utf-8",
    )
    with started([needed("nginx"), "-c", str(file), "-p", str(folder)], port) as url:
        yield url


def ask(url: str, method: str = "POST", body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """The status of an answer, or 0 where there is none."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)
    except OSError:
        return 0


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Server]]:
    variables = {"SELLOUT_STOCK": "100000", "SELLOUT_TRUSTED_PROXIES": "127.0.0.1"}
    with running(tmp_path / "shop.db", **variables) as one, running(tmp_path / "shop.db", **variables) as two:
        yield [one, two]


def addresses(nodes: list[Server]) -> list[str]:
    return [node.url.removeprefix("http://") for node in nodes]


@pytest.mark.parametrize("proxy", [haproxy, nginx])
def test_bodies_over_the_limit_harm_nobody_else(proxy: Proxy, nodes: list[Server], tmp_path: Path) -> None:
    told: Counter[int] = Counter()
    over = threading.Event()

    def send_too_much(url: str) -> None:
        while not over.is_set():
            assert ask(f"{url}/buy_ticket", body=LARGE, headers={"Content-Type": "application/json"}) in {0, 413}

    def buy(url: str) -> None:
        while not over.is_set():
            told[ask(f"{url}/buy_ticket")] += 1

    with proxy(tmp_path, addresses(nodes)) as url:
        threads = [threading.Thread(target=send_too_much, args=(url,)) for _ in range(SENDERS)]
        threads += [threading.Thread(target=buy, args=(url,)) for _ in range(BUYERS)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        over.set()
        for thread in threads:
            thread.join()
        assert ask(f"{url}/buy_ticket", body=LARGE) == 413, "and who sends too much is told so"
    assert set(told) == {200}, told
    assert told[200] > BUYERS


def test_the_shipped_proxy_says_who_asks_and_believes_no_client(tmp_path: Path) -> None:
    variables = {"SELLOUT_TRUSTED_PROXIES": "127.0.0.1", "SELLOUT_RATE_PER_ADDRESS": "3/minute"}
    with running(tmp_path / "shop.db", **variables) as one, running(tmp_path / "shop.db", **variables) as two:
        with haproxy(tmp_path, addresses([one, two])) as url:
            headers = [
                {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=10.0.0.{number}"} for number in range(12)
            ]
            made_up = [ask(f"{url}/buy_ticket", headers=each) for each in headers]
        assert made_up.count(429) >= 12 - 2 * 3, "whoever writes addresses of others is counted as who it is"


@pytest.mark.parametrize("path", ["/metrics", "/%6detrics", "/metric%73"])
def test_the_shipped_proxy_shows_no_figures(nodes: list[Server], path: str, tmp_path: Path) -> None:
    with haproxy(tmp_path, addresses(nodes)) as url:
        assert ask(f"{url}{path}", "GET") == 404
        with urllib.request.urlopen(f"{url}/v1/items/item-a", timeout=10) as answer:
            assert json.load(answer)["capacity"] == 100000
