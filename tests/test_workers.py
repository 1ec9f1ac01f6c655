"""Two workers on one stock: whichever answers shows the figures of both, also of one that has died."""

import os
import re
import signal
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from tests.processes import Server, running, wait_until

STOCK = 30
BUYERS_MAX = 2000
"""Connections until both workers have got some, at the latest."""


def asked(url: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, body, and the worker that answered, over a connection of its own."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            return answer.status, answer.read().decode(), answer.headers["Request-Id"].split("-")[0]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers["Request-Id"].split("-")[0]


def wait_for_both(server: Server) -> None:
    """Until each worker answers."""
    seen = set[str]()

    def both() -> bool:
        seen.add(asked(f"{server.url}/livez")[2])
        return len(seen) == 2

    wait_until(both)


def buy_from_both(server: Server) -> Counter[tuple[str, str]]:
    """Purchases until all is sold and each worker has refused some; how many of each outcome there were."""
    told = Counter[tuple[str, str]]()
    refused_by = set[str]()
    while len(refused_by) < 2:
        assert told.total() < BUYERS_MAX
        status, _, worker = asked(f"{server.url}/buy_ticket", "POST")
        told["item-a", {200: "bought", 410: "sold_out"}[status]] += 1
        if status == 410:
            refused_by.add(worker)
    return told


def figures(server: Server, workers: int) -> tuple[Counter[tuple[str, str]], float]:
    """The outcomes and the length of the queue as they are, the same from so many different workers."""
    shown = dict[str, str]()
    for _ in range(BUYERS_MAX):
        _, text, worker = asked(f"{server.url}/metrics")
        shown[worker] = text
        if len(shown) == workers:
            break
    assert len(shown) == workers
    (text,) = {re.sub(r"(?m)^# .*\n", "", text) for text in shown.values()}
    found = re.findall(r'sellout_outcomes_total\{item="(.*)",outcome="(\w+)"\} (\S+)', text)
    (queue,) = re.findall(r"^sellout_queue_length (\S+)$", text, re.MULTILINE)
    return Counter({(item, name): int(float(value)) for item, name, value in found}), float(queue)


def workers_of(folder: Path) -> set[int]:
    """The processes that have a queue of their own."""
    return {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_livesum_*.db")}


def test_any_worker_shows_the_sum_of_all_and_a_killed_one_leaves_what_it_has_counted(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    options = {"SELLOUT_STOCK": str(STOCK), "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with running(tmp_path / "shop.db", "--workers", "2", **options) as server:
        wait_for_both(server)
        told = buy_from_both(server)
        assert told["item-a", "bought"] == STOCK
        assert figures(server, workers=2) == (told, 0)
        before = workers_of(folder)
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(workers_of(folder) - before) == 1)
        wait_for_both(server)
        assert figures(server, workers=2) == (told, 0)
        assert killed not in workers_of(folder)
        assert (folder / f"counter_{killed}.db").exists()
        told += buy_from_both(server)
        assert figures(server, workers=2) == (told, 0)
        assert server.stop() == 0
