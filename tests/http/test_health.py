"""What machines ask: liveness, readiness and figures."""

import re

import pytest
from structlog.testing import capture_logs

from sellout.committer import Busy, Committer
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


def counted(shop: Shop) -> dict[tuple[str, str], float]:
    """How many outcomes of each item and name."""
    pattern = re.compile(r'sellout_outcomes_total\{item="(.*)",outcome="(\w+)"\}')
    found = ((pattern.fullmatch(name), value) for name, value in figures(shop).items())
    return {(match[1], match[2]): value for match, value in found if match}


def test_figures_count_what_became_of_requests(shop: Shop) -> None:
    before = figures(shop)
    shop.buy(key="k1")
    shop.buy(key="k1")
    shop.ticket()
    shop.buy("item-b")
    shop.refund(shop.buy().json()["purchase_id"])
    after = figures(shop)
    assert counted(shop) == {
        ("item-a", "bought"): 3, ("item-a", "replayed"): 1, ("item-a", "refunded"): 1, ("", "unknown_item"): 1,
    }  # fmt: skip
    assert after["sellout_batch_size_sum"] - before["sellout_batch_size_sum"] == 6
    assert after["sellout_commit_seconds_count"] > before["sellout_commit_seconds_count"]
    assert after['sellout_outcome_seconds_count{item="item-a"}'] == 5
    assert after['sellout_outcome_seconds_bucket{item="item-a",le="+Inf"}'] == 5
    assert after["sellout_queue_length"] == 0


def test_what_strangers_type_becomes_no_label(shop: Shop) -> None:
    for ask in (shop.buy, shop.hold):
        ask("typed-1")
    shop.join("jo", "typed-2")
    shop.basket("purchases", {"item-a": 1, "typed-3": 1})
    shop.change("typed-4", capacity=5)
    shop.confirm("typed-5")
    assert {item for item, _ in counted(shop)} == {""}
    assert "typed" not in shop.ask("GET", "/metrics").text


def test_a_basket_counts_for_each_of_its_items_and_a_refused_one_for_the_item_that_could_not_be_had(shop: Shop) -> None:
    shop.add("Full", 0)
    shop.add("Gala", 5)
    before = counted(shop)
    shop.basket("purchases", {"item-a": 1, "gala": 1})
    shop.basket("purchases", {"item-a": 1, "full": 1})
    after = counted(shop)
    assert {key: value for key, value in after.items() if value != before.get(key)} == {
        ("item-a", "basket_bought"): 1, ("gala", "basket_bought"): 1, ("full", "sold_out"): 1,
    }  # fmt: skip


def errors(shop: Shop) -> dict[str, float]:
    names = {code: f'sellout_errors_total{{code="{code}"}}' for code in ("busy", "unavailable", "internal_error")}
    found = figures(shop)
    return {code: found[name] for code, name in names.items()}


@pytest.mark.parametrize(
    ("error", "code"),
    [(Busy(), "busy"), (StoreUnavailable("it is away"), "unavailable"), (ValueError(), "internal_error")],
)
@pytest.mark.parametrize("lane", ["fast", "framework"])
def test_each_error_is_counted_once(
    error: Exception, code: str, lane: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = errors(shop)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch, capture_logs():
        patch.setattr(Committer, "submit", fail)
        problem_of(shop.buy() if lane == "fast" else shop.refund("p"), 500 if code == "internal_error" else 503, code)
    assert errors(shop) == before | {code: before[code] + 1}
