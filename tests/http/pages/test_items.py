"""The front page and an item's page: can I still get one, and what a visitor sees in every state of the sale."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from sellout.domain import Snapshot
from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop


def hours_from_now(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def in_state(shop: Shop, state: str, name: str = "Gala", **members: Any) -> str:
    """An item of two units in this state."""
    if state == "not_open":
        return shop.add(name, 2, opens_at=hours_from_now(1), **members)
    item = shop.add(name, 2, closes_at=hours_from_now(2), **members)
    if state in ("all_held", "sold_out"):
        taken = shop.hold(item, quantity=2) if state == "all_held" else shop.buy(item, quantity=2)
        assert taken.is_success
    if state == "paused":
        shop.change(item, paused=True)
    if state == "closed":
        shop.clock.go_on(2 * 3600 + 1)
    assert shop.item(item)["state"] == state
    return item


class Seen(NamedTuple):
    """What a visitor sees of a state: its name, the button's words, what the page says, and what can be pressed."""

    name: str
    button: str
    says: str
    can_press: set[str]


SEEN = {
    "not_open": Seen("Not open yet", "Not open yet", "Opens in", set()),
    "on_sale": Seen("On sale", "Buy", "Name or e-mail optional", {"Buy", "Hold for 10 minutes"}),
    "all_held": Seen(
        "All held", "All held: may come back", "Others are about to buy what is left.", {"Join the waiting list"}
    ),
    "sold_out": Seen("Sold out", "Sold out", "Every unit has found its buyer.", {"Join the waiting list"}),
    "paused": Seen("Paused", "Paused", "The organiser has paused the sale.", set()),
    "closed": Seen("Closed", "Closed", "The sale has ended.", set()),
}


@pytest.mark.parametrize("state", SEEN)
def test_an_items_page_says_its_state_and_offers_what_can_be_done(state: str, shop: Shop, visitor: Visitor) -> None:
    seen = SEEN[state]
    page = visitor.open(f"/items/{in_state(shop, state)}")
    assert page.attributes("main")[0]["data-state"] == state
    assert page.text.count(seen.name) >= 1
    assert seen.says in page.text
    assert seen.button in [button.label for button in page.buttons]
    assert {button.label for button in page.buttons if not button.disabled} == seen.can_press
    for other, words in SEEN.items():
        assert other in (state, "on_sale") or words.says not in page.text


@pytest.mark.parametrize("state", SEEN)
def test_the_front_page_says_every_items_state(state: str, shop: Shop, visitor: Visitor) -> None:
    item = in_state(shop, state)
    page = visitor.open("/")
    (place,) = page.attributes("li", **{"data-item": item})
    assert place["data-state"] == state
    assert f"{SEEN[state].name} Gala" in page.text
    assert page.links("Gala") == [f"/items/{item}"]


def test_how_many_are_left_is_said_in_numbers_that_can_be_read(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 12_345)
    shop.buy(item, quantity=2)
    shop.hold(item, quantity=3)
    page = visitor.open(f"/items/{item}")
    assert "12,340 of 12,345 left" in page.text
    assert "3 held by others, and may come back" in page.text
    assert "12,340 of 12,345 left" in visitor.open("/").text


def test_of_holds_nothing_is_said_while_there_are_none(shop: Shop, visitor: Visitor) -> None:
    assert "held by others" not in visitor.open("/items/item-a").text


@pytest.mark.parametrize(("sold", "left"), [(0, "100.000"), (1, "66.667"), (3, "0.000")])
def test_the_bar_shows_the_share_that_is_left(sold: int, left: str, shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 3)
    if sold:
        shop.buy(item, quantity=sold)
    (bar,) = visitor.open(f"/items/{item}").attributes("rect", **{"data-bar": "left"})
    assert bar["width"] == left


def test_an_item_without_units_has_an_empty_bar(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 0)
    page = visitor.open(f"/items/{item}")
    assert [bar["width"] for bar in page.attributes("rect")] == ["0", "0"]
    assert "Sold out" in page.text


@pytest.mark.parametrize(
    ("limit", "said"), [(None, "no limit, 10 at a time"), (1, "at most 1 unit, 10"), (4, "at most 4 units, 10")]
)
def test_the_limits_are_said(limit: int | None, said: str, shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 10, limit_per_buyer=limit)
    assert said in visitor.open(f"/items/{item}").text


def test_the_form_takes_what_can_be_bought(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 10, limit_per_buyer=2, max_per_order=4)
    form, _ = visitor.open(f"/items/{item}").form_of("Buy")
    assert form.inputs["quantity"] == form.inputs["quantity"] | {"min": "1", "max": "4", "value": "1", "required": ""}
    assert form.inputs["buyer"] == form.inputs["buyer"] | {"maxlength": "128", "required": ""}
    without_limit, _ = visitor.open("/items/item-a").form_of("Buy")
    assert "required" not in without_limit.inputs["buyer"]


@pytest.mark.parametrize(("seconds", "said"), [(90, "90 seconds"), (60, "1 minute"), (7200, "2 hours")])
def test_how_long_a_hold_lasts_is_said(seconds: int, said: str, shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 10, hold_seconds=seconds)
    assert f"Hold for {said}" in [button.label for button in visitor.open(f"/items/{item}").buttons]


def test_times_are_those_of_the_sale(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 1, opens_at="2999-01-31T19:00:00Z", closes_at="2999-02-01T19:00:00+01:00")
    page = visitor.open(f"/items/{item}")
    assert "Opens 31 January 2999, 19:00 UTC" in page.text
    assert "Closes 1 February 2999, 18:00 UTC" in page.text
    (countdown,) = [tag for tag in page.attributes("time") if "data-countdown" in tag]
    assert countdown["data-countdown"] == "2999-01-31T19:00:00.000000Z"


def test_a_page_knows_the_servers_time_and_its_stream(shop: Shop, visitor: Visitor) -> None:
    for address, stream in (("/", "/v1/stream"), ("/items/item-a", "/v1/items/item-a/stream")):
        (body,) = visitor.open(address).attributes("body")
        assert body["data-stream"] == stream
        now = datetime.fromisoformat(body["data-now"])
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("state", SEEN)
def test_without_scripts_a_page_asks_again_but_not_while_its_form_is_filled_in(
    state: str, shop: Shop, visitor: Visitor
) -> None:
    page = visitor.open(f"/items/{in_state(shop, state)}")
    refreshing = page.attributes("meta", **{"http-equiv": "refresh"})
    assert len(refreshing) == (0 if state == "on_sale" else 1)


def test_without_scripts_a_page_asks_again_as_soon_as_the_sale_opens(shop: Shop, visitor: Visitor) -> None:
    soon = shop.add("Gala", 1, opens_at=(datetime.now(UTC) + timedelta(seconds=10)).isoformat())
    (refresh,) = visitor.open(f"/items/{soon}").attributes("meta", **{"http-equiv": "refresh"})
    assert 2 <= int(refresh["content"]) <= 11


def test_where_nothing_is_on_sale_the_front_page_says_so(shop: Shop, visitor: Visitor, monkeypatch: Any) -> None:
    async def nothing(_: Any) -> Snapshot:
        return Snapshot((), 0)

    monkeypatch.setattr("sellout.store.sqlite.SQLiteStore.items", nothing)
    assert "Nothing is on sale yet." in visitor.open("/").text


def test_an_offer_that_is_due_is_made_before_a_page_is_shown(shop: Shop, visitor: Visitor) -> None:
    item = shop.add("Gala", 1, hold_seconds=5)
    shop.hold(item)
    shop.join("Ada", item)
    shop.clock.go_on(6)
    assert visitor.open(f"/items/{item}").attributes("main")[0]["data-state"] == "all_held"


@pytest.mark.parametrize("address", ["/", "/items/item-a"])
def test_head_is_answered_like_get(address: str, visitor: Visitor) -> None:
    answer = visitor.ask("HEAD", address)
    assert answer.status_code == 200
    assert answer.text == ""
    assert int(answer.headers["Content-Length"]) > 0
