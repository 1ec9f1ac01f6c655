"""Items: putting them on sale, changing each member, and reading them."""

from pathlib import Path
from typing import Any

import pytest

from sellout.domain import KeyScope
from sellout.keys import digest
from sellout.store.port import StoreBusy, StoreUnavailable, StoreUnusable
from sellout.store.sqlite import SQLiteStore
from tests.http.shop import Shop, problem_of, running_shop, wrong_members

FRESH = {
    "id": "item-a", "name": "Item A", "capacity": 100, "sold": 0, "held": 0, "available": 100, "state": "on_sale",
    "opens_at": None, "closes_at": None, "paused": False, "limit_per_buyer": None, "max_per_order": 10,
    "hold_seconds": 600,
    "payment_seconds": 900,
    "offer_seconds": 600,
    "buyer_tokens": "optional",
}  # fmt: skip
MOMENT = "2999-01-31T19:00:00Z"


def add(shop: Shop, **members: Any) -> Any:
    return shop.organise("POST", "/v1/items", json=members)


def test_the_default_item_is_there_from_the_start(shared: Shop) -> None:
    assert shared.item() == FRESH


def test_an_item_is_created_and_says_where_it_is(shop: Shop) -> None:
    answer = add(shop, name="Front row", capacity=5)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/items/front-row"
    assert answer.json() == FRESH | {"id": "front-row", "name": "Front row", "capacity": 5, "available": 5}
    assert shop.get(answer.headers["Location"]) == answer.json()


def test_all_its_members_can_be_given(shop: Shop) -> None:
    given = {
        "id": "x-1", "name": "Café & Zoë 🎫", "capacity": 7, "opens_at": "2001-01-31T19:00:00+01:00",
        "closes_at": MOMENT, "limit_per_buyer": 2, "max_per_order": 4, "hold_seconds": 30, "payment_seconds": 40,
        "offer_seconds": 50, "paused": True,
    }  # fmt: skip
    item = add(shop, **given).json()
    times = {"opens_at": "2001-01-31T18:00:00.000000Z", "closes_at": "2999-01-31T19:00:00.000000Z"}
    assert item == FRESH | given | times | {"available": 7, "state": "paused"}


@pytest.mark.parametrize(
    ("name", "slug"), [("Item B", "item-b"), ("Zoë's Café!", "zoe-s-cafe"), ("東京", "dong-jing"), ("a_b", "a-b")]
)
def test_its_id_is_made_from_its_name(name: str, slug: str, shop: Shop) -> None:
    assert shop.add(name, 1) == slug


def test_a_name_that_makes_no_id_needs_one(shop: Shop) -> None:
    assert wrong_members(add(shop, name="🎫", capacity=1)) == ["id"]
    assert shop.add("🎫", 1, id="ticket") == "ticket"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"name": "x" * 201}, "name must have at most 200 characters"),
        ({"capacity": 1.5}, "capacity must be an integer"),
        ({"capacity": "1"}, "capacity must be an integer"),
        ({"capacity": -1}, "capacity must be greater than or equal to 0"),
    ],
)
def test_what_is_wrong_with_a_member_is_said_in_plain_words(members: dict[str, Any], said: str, shared: Shop) -> None:
    assert add(shared, **{"name": "Gala", "capacity": 1} | members).json()["detail"] == said


@pytest.mark.parametrize("item_id", ["", "-", "A", "a-", "-a", "a b", "a/b", "é", "a" * 65, "a\n", 5])
def test_an_id_is_a_slug(item_id: Any, shared: Shop) -> None:
    assert wrong_members(add(shared, name="x", capacity=1, id=item_id)) == ["id"]


@pytest.mark.parametrize("item_id", ["a", "0", "a-b", "a--b", "a" * 64])
def test_slugs_are_small_letters_digits_and_hyphens_between_them(item_id: str, shop: Shop) -> None:
    assert shop.add("x", 1, id=item_id) == item_id


def test_an_id_is_taken_once(shared: Shop) -> None:
    problem_of(add(shared, name="Item  A", capacity=5), 409, "item_exists")
    problem_of(add(shared, name="New", capacity=5, id="item-a"), 409, "item_exists")
    assert shared.item() == FRESH


WRONG: list[tuple[str, Any]] = [
    ("capacity", -1), ("capacity", 10**9 + 1), ("capacity", 1.5), ("capacity", "1"), ("capacity", True),
    ("name", ""), ("name", " "), ("name", "a\nb"), ("name", "a" * 201), ("name", 5), ("name", None),
    ("limit_per_buyer", 0), ("max_per_order", 0), ("max_per_order", 10_001), ("hold_seconds", 0),
    ("hold_seconds", 86_401), ("payment_seconds", 0), ("offer_seconds", 86_401), ("paused", "yes"), ("paused", None),
    ("opens_at", "tomorrow"), ("opens_at", 1800000000), ("opens_at", "1800000000"), ("opens_at", "2027-01-31"),
    ("opens_at", "2027-01-31T19:00:00"), ("opens_at", "2027-02-30T19:00:00Z"),
    ("closes_at", "9999-12-31T23:59:59-01:00"), ("opens_at", "0001-01-01T00:00:00+01:00"),
    ("colour", "red"), ("sold", 3), ("available", 3),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_wrong_member_is_named_and_nothing_changes(member: str, value: Any, shared: Shop) -> None:
    assert wrong_members(add(shared, **{"name": "New", "capacity": 5, member: value})) == [member]
    assert wrong_members(shared.change("item-a", **{member: value})) == [member]
    assert shared.get("/v1/items")["items"] == [FRESH]


def test_all_wrong_members_are_named(shared: Shop) -> None:
    assert wrong_members(add(shared, capacity=-1, colour="red")) == ["name", "capacity", "colour"]


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b"{", b"\xff", b""])
@pytest.mark.parametrize(("method", "address"), [("POST", "/v1/items"), ("PATCH", "/v1/items/item-a")])
def test_a_body_is_a_json_object(method: str, address: str, body: bytes, shared: Shop) -> None:
    headers = {"Content-Type": "application/json"}
    assert wrong_members(shared.organise(method, address, headers=headers, content=body)) == ["body"]


def test_a_body_that_is_no_json_is_refused(shared: Shop) -> None:
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
        answer = shared.organise("POST", "/v1/items", headers=headers, content=b"name=New&capacity=5")
        problem_of(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [
        ("name", "Item Z", "Item Z"),
        ("capacity", 150, 150),
        ("opens_at", MOMENT, "2999-01-31T19:00:00.000000Z"),
        ("closes_at", MOMENT, "2999-01-31T19:00:00.000000Z"),
        ("paused", True, True),
        ("limit_per_buyer", 4, 4),
        ("max_per_order", 5, 5),
        ("hold_seconds", 60, 60),
        ("payment_seconds", 61, 61),
        ("offer_seconds", 62, 62),
    ],
)
def test_each_member_can_be_changed(member: str, value: Any, shown: Any, shop: Shop) -> None:
    answer = shop.change("item-a", **{member: value})
    assert answer.status_code == 200
    derived = {"state", "available"}
    assert {k: v for k, v in answer.json().items() if k not in derived} == {
        k: v for k, v in (FRESH | {member: shown}).items() if k not in derived
    }
    assert shop.item() == answer.json()


@pytest.mark.parametrize("member", ["opens_at", "closes_at", "limit_per_buyer"])
def test_null_takes_a_window_or_a_limit_away(member: str, shop: Shop) -> None:
    shop.change("item-a", **{member: 3 if member == "limit_per_buyer" else MOMENT})
    assert shop.change("item-a", **{member: None}).json() == FRESH


def test_a_change_of_nothing_changes_nothing(shop: Shop) -> None:
    assert shop.change("item-a").json() == FRESH


def test_an_item_that_is_not_there_cannot_be_changed(shared: Shop) -> None:
    problem_of(shared.change("item-b", capacity=5), 404, "unknown_item")


def test_the_capacity_never_goes_below_what_is_sold(shop: Shop) -> None:
    shop.buy(quantity=10)
    problem = problem_of(shop.change("item-a", capacity=9, name="Smaller"), 409, "capacity_below_committed")
    assert problem["available"] == 90
    assert shop.item()["name"] == "Item A", "all of a change is done, or none"
    item = shop.change("item-a", capacity=10).json()
    assert (item["available"], item["state"]) == (0, "sold_out")


def test_an_item_closes_after_it_opens(shop: Shop) -> None:
    assert wrong_members(add(shop, name="x", capacity=1, opens_at=MOMENT, closes_at=MOMENT)) == ["closes_at"]
    shop.change("item-a", opens_at=MOMENT)
    assert wrong_members(shop.change("item-a", closes_at="2998-01-01T00:00:00Z")) == ["closes_at"]


def test_the_list_has_all_items_in_the_order_of_their_creation(shop: Shop) -> None:
    for name in ("Zebra", "Ape"):
        shop.add(name, 3)
    items = shop.get("/v1/items")["items"]
    assert [item["id"] for item in items] == ["item-a", "zebra", "ape"]
    assert items == [shop.item(item["id"]) for item in items]


def test_an_item_that_is_not_there_cannot_be_read(shared: Shop) -> None:
    for address in ("/v1/items/item-b", "/v1/items/item-b/audit"):
        problem_of(shared.ask("GET", address), 404, "unknown_item")


def test_the_audit_is_the_counters_for_everybody_and_the_ledger_for_who_has_a_key(shop: Shop) -> None:
    shop.buy(quantity=2)
    shop.hold(quantity=1)
    address = "/v1/items/item-a/audit"
    counters = {"capacity": 100, "sold": 2, "held": 1, "available": 97}
    assert shop.get(address) == counters
    whole = shop.audit()
    assert whole.items() >= counters.items()
    assert (set(whole) - set(counters), whole["consistent"]) == ({"movements", "consistent"}, True)
    problem_of(shop.ask("GET", address, headers={"Authorization": "Bearer wrong"}), 401, "unauthorized")
    store = shop.client.app._shop.store  # type: ignore[attr-defined]
    for scope in (KeyScope.SELL, KeyScope.READ):
        shop.client.portal.call(store.add_organiser_key, scope.value, digest(scope.value), [scope])  # type: ignore[union-attr]
    problem_of(shop.ask("GET", address, headers={"Authorization": "Bearer sell"}), 403, "forbidden")
    assert shop.get(address, headers={"Authorization": "Bearer read"}) == whole


def test_nobody_reads_the_ledger_without_a_key(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(SQLiteStore, "_read_long", lambda *asking: asked.append(asking))
    shop.get("/v1/items/item-a/audit")
    problem_of(shop.ask("GET", "/v1/items/nothing/audit"), 404, "unknown_item")
    assert asked == []


def test_who_asks_for_the_stream_of_nothing_makes_nobody_read_all_items(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SQLiteStore, "items", None)
    problem_of(shop.ask("GET", "/v1/items/nothing/stream"), 404, "unknown_item")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnusable("fsync is off"), "unavailable"),
        (StoreUnavailable("gone"), "unavailable"),
        (StoreBusy("many"), "busy"),
    ],
)
def test_whatever_the_store_cannot_do_is_503(
    shop: Shop, error: Exception, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    for reading in ("item", "items", "ping"):
        monkeypatch.setattr(SQLiteStore, reading, fail)
    monkeypatch.setattr(SQLiteStore, "transact", fail)
    answers = [shop.ask("GET", address) for address in ("/v1/items", "/v1/items/item-a", "/readyz")]
    for answer in (*answers, shop.buy(), shop.ticket()):
        assert problem_of(answer, 503, code)["retry_after"] >= 1


def test_defaults_of_new_items_are_settings(database: Path) -> None:
    with running_shop(database, max_per_order=3, hold_seconds=60) as shop:
        item = shop.item(shop.add("New", 1))
        assert (item["max_per_order"], item["hold_seconds"]) == (3, 60)
