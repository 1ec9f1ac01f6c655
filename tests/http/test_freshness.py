"""What a cache in front of a shop may keep: nothing that is personal or decides; what all see alike, for a second."""

import pytest

from sellout.http.freshness import is_known
from tests.http.shop import Shop

SHARED = ("/", "/v1/items", "/v1/items/item-a")


@pytest.mark.parametrize("address", SHARED)
def test_what_everybody_sees_is_fresh_for_a_second_and_has_a_tag(shop: Shop, address: str) -> None:
    first = shop.ask("GET", address)
    assert first.headers["Cache-Control"] == "public, max-age=1"
    tag = first.headers["ETag"]
    again = shop.ask("GET", address, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    shop.buy()
    changed = shop.ask("GET", address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_what_is_personal_or_decides_is_never_kept(shop: Shop) -> None:
    bought = shop.buy(key="k", buyer="ada")
    hold = shop.hold(key="h", buyer="ada").json()
    answers = [
        bought,
        shop.ticket(),
        shop.buy(quantity=10_000),
        *(
            shop.ask("GET", address)
            for address in (
                f"/v1/purchases/{bought.json()['purchase_id']}", "/v1/items/item-a/purchases/lookup?key=none",
                "/v1/items/item-a/purchases/lookup?key=k&buyer=ada", f"/v1/holds/{hold['hold_id']}",
                "/v1/items/nothing", "/v1/items/item-a/audit", "/livez", "/readyz", "/metrics", "/v1/challenge",
                "/items/item-a", "/nowhere", "/v1/nowhere", "/desk",
            )
        ),
        shop.organise("GET", "/v1/items/item-a/purchases"),
        shop.ask("DELETE", f"/v1/holds/{hold['hold_id']}"),
        shop.ask("PUT", "/v1/items"),
    ]  # fmt: skip
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


def test_what_depends_on_what_a_client_can_show_says_so(shop: Shop) -> None:
    for accept in ("text/html", "application/json"):
        assert "Accept" in shop.ask("GET", "/nowhere", headers={"Accept": accept}).headers["Vary"]
    assert "Accept" in shop.ask("GET", "/").headers["Vary"]


@pytest.mark.parametrize(
    ("sent", "known"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)],
)
def test_a_version_is_known_by_its_tag(sent: str | None, known: bool) -> None:
    assert is_known('"a"', sent) is known
