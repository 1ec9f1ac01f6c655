"""Another process holds the database's lock: waiting, then 503, then recovery by itself; never a 500."""

import json
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.processes import ORGANISER_KEY, running


def ask(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, Any, Any]:
    """Status, headers and JSON body."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def test_a_foreign_lock_gives_503_with_retry_after_and_goes_by_itself(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    with running(database, SELLOUT_UNAVAILABLE_AFTER_SECONDS="0.5") as server:
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            status, headers, problem = ask(f"{server.url}/buy_ticket", "POST")
            assert (status, problem["code"]) == (503, "unavailable")
            assert int(headers["Retry-After"]) == problem["retry_after"] >= 1
        assert ask(f"{server.url}/v1/items/item-a")[0] == 200, "readers do not wait for a writer"
        assert ask(f"{server.url}/readyz")[0] == 200
        other.execute("ROLLBACK")
        other.close()
        status, _, ticket = ask(f"{server.url}/buy_ticket", "POST")
        assert status == 200
        _, _, audit = ask(f"{server.url}/v1/items/item-a/audit", headers={"Authorization": f"Bearer {ORGANISER_KEY}"})
        assert audit["consistent"]
        assert audit["sold"] == 1
        assert server.stop() == 0
    assert ticket["quantity"] == 1


def test_a_short_lock_is_only_waited_for(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    with running(database, SELLOUT_UNAVAILABLE_AFTER_SECONDS="30") as server:
        other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        import threading

        threading.Timer(0.7, lambda: other.execute("ROLLBACK")).start()
        assert ask(f"{server.url}/buy_ticket", "POST")[0] == 200
        other.close()


def test_two_servers_on_one_file_sell_one_stock(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    with running(database, SELLOUT_STOCK="40") as one, running(database) as two:
        statuses = [ask(f"{server.url}/buy_ticket", "POST")[0] for _ in range(30) for server in (one, two)]
    assert sorted(statuses) == [200] * 40 + [410] * 20
