"""What machines ask: liveness, readiness and figures."""

import re

import pytest
from structlog.testing import capture_logs

from sellout.store.port import StoreUnavailable
from sellout.store.sqlite import SQLiteStore
from tests.http.shop import Shop, problem_of


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_a_sound_shop_is_alive_and_ready(address: str, shop: Shop) -> None:
    assert shop.get(address) == {"status": "ok"}


def test_without_its_database_it_is_alive_and_not_ready(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: SQLiteStore) -> None:
        raise StoreUnavailable("the file cannot be opened")

    monkeypatch.setattr(SQLiteStore, "ping", fail)
    with capture_logs():
        assert "the file cannot be opened" in problem_of(shop.ask("GET", "/readyz"), 503, "unavailable")["detail"]
    assert shop.get("/livez") == {"status": "ok"}


def figures(shop: Shop) -> dict[str, float]:
    answer = shop.ask("GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {name: float(value) for name, value in re.findall(r"^([a-z]\S*) (\S+)$", answer.text, re.MULTILINE)}


def test_figures_count_what_became_of_requests(shop: Shop) -> None:
    before = figures(shop)
    shop.buy(key="k1")
    shop.buy(key="k1")
    shop.ticket()
    shop.buy("item-b")
    shop.refund(shop.buy().json()["purchase_id"])
    after = figures(shop)
    outcomes = {"bought": 3, "replayed": 1, "unknown_item": 1, "refunded": 1}
    for outcome, count in outcomes.items():
        assert after[f'sellout_outcomes_total{{outcome="{outcome}"}}'] == count
    assert after["sellout_batch_size_sum"] - before["sellout_batch_size_sum"] == 6
    assert after["sellout_commit_seconds_count"] > before["sellout_commit_seconds_count"]
    assert after["sellout_queue_length"] == 0
