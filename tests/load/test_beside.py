"""A rush beside 5000 idle connections and 500 slow senders is exact, and costs buyers little.

The ratio of latencies is printed; what decides is the verdict, because a busy machine's timings decide nothing.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.load.crowd import THERE
from tests.load.server import FILES_NEEDED, prove
from tests.processes import ORGANISER_KEY, Server, raise_file_limit, running

IDLE = 5000
SLOW = 500
STOCK = 100


@contextlib.contextmanager
def crowded(server: Server) -> Iterator[None]:
    """All of them are there for as long as the block lasts."""
    words = ["-m", "tests.load.crowd", server.url, str(IDLE), str(SLOW)]
    with subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as others:
        try:
            assert others.stdout is not None
            assert others.stdout.readline().split() == [THERE, str(IDLE)]
            yield
            assert others.poll() is None, "they were there until the end"
        finally:
            others.kill()


def add_item(server: Server, name: str) -> str:
    answer = httpx2.post(
        f"{server.url}/v1/items",
        json={"name": name, "capacity": STOCK},
        headers={"Authorization": f"Bearer {ORGANISER_KEY}"},
    )
    return str(answer.json()["id"])


def p99_of_rush(server: Server, name: str) -> float:
    """The latency of an exact rush, in milliseconds."""
    done = prove(server.url, add_item(server, name))
    assert done.returncode == 0, done.stdout + done.stderr
    return float(json.loads(done.stdout)["latency"]["p99_ms"])


@pytest.mark.tools
@pytest.mark.timeout(240)
def test_a_rush_beside_those_who_buy_nothing_is_exact(tmp_path: Path) -> None:
    raise_file_limit(FILES_NEEDED)
    with running(tmp_path / "sale.db", SELLOUT_BODY_READ_SECONDS="3") as server:
        p99_of_rush(server, "Warming up")
        alone = p99_of_rush(server, "Alone")
        with crowded(server):
            beside = min(p99_of_rush(server, f"Beside {turn}") for turn in range(3))
        assert server.stop() == 0
    print(f"p99 alone {alone:.0f} ms, beside {IDLE} idle and {SLOW} slow {beside:.0f} ms: {beside / alone:.2f} times")
