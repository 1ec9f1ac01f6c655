"""Buyer tokens: who has none, another's or a bad one reads and changes nothing of a buyer's, at any route and door."""

import asyncio
import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx2
import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellout.domain import KeyScope
from sellout.keys import digest
from sellout.store.sqlite import SQLiteStore
from tests.http.shop import Clock, Shop, problem_of, running_shop
from tests.http.test_organiser import key_of
from tests.logins import BAD, BAD_BUYERS, KEYS, PRIVATE, SECRET, Headers, bearer, token
from tests.processes import running

numbers = itertools.count(1)


@contextlib.contextmanager
def by_asgi(database: Path, key: str) -> Iterator[Shop]:
    with running_shop(database, buyer_token_key=key) as shop:
        yield shop


@contextlib.contextmanager
def by_rsgi(database: Path, key: str) -> Iterator[Shop]:
    with running(database, SELLOUT_BUYER_TOKEN_KEY=key) as server, httpx2.Client(base_url=server.url) as client:
        yield Shop(cast("TestClient", client), database, Clock())  # asked for nothing but requests


DOORS: dict[str, Callable[[Path, str], AbstractContextManager[Shop]]] = {"asgi": by_asgi, "rsgi": by_rsgi}


class Sold(NamedTuple):
    """A shop that asks for tokens, and what ada has got of it under her keys."""

    shop: Shop
    algorithm: str
    item: str
    purchase: str
    hold: str
    entry: str

    def of(self, buyer: str) -> Headers:
        return bearer(token(buyer, self.algorithm))


@pytest.fixture(scope="module", params=itertools.product(DOORS, KEYS), ids="-".join)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, str]]:
    """A shop behind each door, and the algorithm that its login signs by."""
    door, algorithm = request.param
    database = tmp_path_factory.mktemp("tokens") / "shop.db"
    asyncio.run(add_keys(database))
    with DOORS[door](database, KEYS[algorithm]) as shop:
        yield shop, algorithm


async def add_keys(database: Path) -> None:
    """A key for each scope."""
    store = SQLiteStore(database)
    try:
        for scope in KeyScope:
            assert await store.add_organiser_key(scope, digest(key_of([scope])), {scope})
    finally:
        await store.close()


@pytest.fixture
def sold(opened: tuple[Shop, str]) -> Sold:
    shop, algorithm = opened
    item = shop.add(f"Gala {next(numbers)}", 2, buyer_tokens="required")
    own = bearer(token("ada", algorithm))
    bought = ask(shop, "POST", f"/v1/items/{item}/purchases", own, key="buy")
    held = ask(shop, "POST", f"/v1/items/{item}/holds", own, key="hold")
    joined = ask(shop, "POST", f"/v1/items/{item}/waitlist", own, key="join")
    assert [bought.status_code, held.status_code, joined.status_code] == [201, 201, 201]
    return Sold(shop, algorithm, item, bought.json()["purchase_id"], held.json()["hold_id"], joined.json()["entry_id"])


def ask(shop: Shop, method: str, address: str, headers: Headers, key: str | None = None, body: Any = None) -> Any:
    more = {} if key is None else {"Idempotency-Key": key}
    return shop.ask(method, address, headers=headers | more, **({} if method == "GET" else {"json": body or {}}))


class Route(NamedTuple):
    """A request about ada's things; what it answers to her, and to who is not her."""

    method: str
    address: str
    key: str | None
    body: dict[str, Any] | None
    own: int
    others: tuple[int, str]


TAKING = (401, "unauthorized")
ROUTES = {
    "buy": Route("POST", "/v1/items/{0.item}/purchases", "buy", {"buyer": "ada"}, 201, TAKING),
    "hold": Route("POST", "/v1/items/{0.item}/holds", "hold", {"buyer": "ada"}, 201, TAKING),
    "join": Route("POST", "/v1/items/{0.item}/waitlist", "join", {"buyer": "ada"}, 201, TAKING),
    "see": Route("GET", "/v1/purchases/{0.purchase}", None, None, 200, (404, "unknown_purchase")),
    "look up": Route(
        "GET", "/v1/items/{0.item}/purchases/lookup?key=buy&buyer=ada", None, None, 200, (404, "unknown_purchase")
    ),
    "see the hold": Route("GET", "/v1/holds/{0.hold}", None, None, 200, (404, "unknown_hold")),
    "pay": Route("POST", "/v1/holds/{0.hold}/pay", "pay", {}, 200, (404, "unknown_hold")),
    "confirm": Route("POST", "/v1/holds/{0.hold}/confirm", "confirm", {}, 200, (404, "unknown_hold")),
    "release": Route("DELETE", "/v1/holds/{0.hold}", None, {}, 204, (404, "unknown_hold")),
    "see the entry": Route("GET", "/v1/waitlist/{0.entry}", None, None, 200, (404, "unknown_entry")),
    "leave": Route("DELETE", "/v1/waitlist/{0.entry}", None, {}, 204, (404, "unknown_entry")),
}
SEEING = ("see", "look up", "see the hold", "see the entry")
NAMING = ("buy", "hold", "join", "look up")


def try_it(sold: Sold, route: Route, headers: Headers) -> httpx2.Response:
    answer: httpx2.Response = ask(sold.shop, route.method, route.address.format(sold), headers, route.key, route.body)
    return answer


def state(sold: Sold) -> list[Any]:
    """All that ada has, and the item, as she sees them."""
    own = sold.of("ada")
    seen = [f"/v1/purchases/{sold.purchase}", f"/v1/holds/{sold.hold}", f"/v1/waitlist/{sold.entry}"]
    return [ask(sold.shop, "GET", address, own).json() for address in (f"/v1/items/{sold.item}", *seen)]


@pytest.mark.parametrize("name", ROUTES)
def test_a_buyer_has_what_is_theirs_and_nobody_else_has(name: str, sold: Sold) -> None:
    route, before = ROUTES[name], state(sold)
    problem_of(try_it(sold, route, {}), *route.others)
    theirs = try_it(sold, route, sold.of("bob"))
    problem_of(theirs, *((403, "forbidden") if name in NAMING else route.others))
    for bad in (BAD | BAD_BUYERS).values():
        refused = try_it(sold, route, bearer(bad(sold.algorithm)))
        problem_of(refused, 401, "unauthorized")
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="buyer", error="invalid_token"'
    assert state(sold) == before, "nothing was changed"
    assert try_it(sold, route, sold.of("ada")).status_code == route.own


@pytest.mark.parametrize("scope", KeyScope)
@pytest.mark.parametrize("name", ROUTES)
def test_an_organiser_acts_and_sees_for_all_with_the_scope(name: str, scope: KeyScope, sold: Sold) -> None:
    route = ROUTES[name]
    answer = try_it(sold, route, bearer(key_of([scope])))
    if scope is (KeyScope.READ if name in SEEING else KeyScope.SELL):
        assert answer.status_code == route.own, answer.text
    else:
        problem_of(answer, *route.others)


def test_others_are_told_no_more_than_of_what_is_not_there(sold: Sold) -> None:
    for name in ("see", "see the hold", "see the entry", "pay", "confirm", "release", "leave"):
        route = ROUTES[name]
        of_ada = try_it(sold, route, sold.of("bob")).json()
        unknown = sold._replace(purchase="unknown", hold="unknown", entry="unknown")
        of_nobody = try_it(unknown, route, sold.of("bob")).json()
        ids = ("instance", "request_id")
        assert {m: v for m, v in of_ada.items() if m not in ids} == {m: v for m, v in of_nobody.items() if m not in ids}


def test_the_buyer_is_the_token_s_and_limits_and_keys_count_by_it(sold: Sold) -> None:
    shop, item = sold.shop, sold.shop.add(f"Row {next(numbers)}", 10, buyer_tokens="required", limit_per_buyer=1)
    for buyer in ("ada", "bob"):
        address = f"/v1/items/{item}/purchases"
        first = ask(shop, "POST", address, sold.of(buyer), key="k")
        assert first.json()["buyer"] == buyer
        again = ask(shop, "POST", address, sold.of(buyer), key="k")
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == first.json()
        problem_of(ask(shop, "POST", address, sold.of(buyer), key="l"), 409, "limit_reached")
        assert ask(shop, "GET", f"{address}/lookup?key=k", sold.of(buyer)).json() == first.json()


@pytest.mark.parametrize("kind", ["purchases", "holds"])
def test_a_basket_with_such_an_item_needs_the_token_also_for_its_key(kind: str, sold: Sold) -> None:
    shop, row = sold.shop, sold.shop.add(f"Row {next(numbers)}", 10, buyer_tokens="required")
    body = {"lines": [{"item": "item-a", "quantity": 1}, {"item": row, "quantity": 1}], "buyer": "ada"}
    address, key = f"/v1/baskets/{kind}", f"basket of {kind}"
    first = ask(shop, "POST", address, sold.of("ada"), key, body)
    assert first.status_code == 201
    refused = problem_of(ask(shop, "POST", address, {}, key, body), 401, "unauthorized")
    assert refused["errors"][0]["field"] == "lines.1"
    problem_of(ask(shop, "POST", address, sold.of("bob"), key, body), 403, "forbidden")
    assert ask(shop, "POST", address, sold.of("ada"), key, body).json() == first.json()


def test_a_token_that_is_sent_is_checked_also_where_none_is_needed(sold: Sold) -> None:
    problem_of(ask(sold.shop, "POST", "/buy_ticket", bearer("a.b.c")), 401, "unauthorized")
    bought = ask(sold.shop, "POST", "/v1/items/item-a/purchases", sold.of("ada"))
    assert bought.json()["buyer"] == "ada"
    assert sold.shop.buy(buyer="bob").status_code == 201


@pytest.mark.parametrize("address", ["/v1/items/item-a/purchases", "/v1/items/item-a/waitlist"])
def test_a_token_that_is_no_text_is_refused_and_never_ignored(address: str, sold: Sold) -> None:
    header: Any = {"Authorization": "Bearer \xfc.b.c".encode("latin-1")}
    problem_of(ask(sold.shop, "POST", address, header, body={"buyer": "ada"}), 401, "unauthorized")


def test_the_pages_show_and_sell_nothing_of_such_an_item(sold: Sold) -> None:
    shop = sold.shop
    for address in (f"/purchases/{sold.purchase}", f"/holds/{sold.hold}", f"/waitlist/{sold.entry}"):
        assert shop.ask("GET", address, headers={"Accept": "text/html"}).status_code == 404
    assert "after signing in" in shop.ask("GET", f"/items/{sold.item}").text
    form = {"key": "page-x", "buyer": "ada", "quantity": "1"}
    before = shop.item(sold.item)
    for kind in ("purchases", "holds", "waitlist"):
        answer = shop.ask("POST", f"/items/{sold.item}/{kind}", data=form, headers={"Accept": "text/html"})
        assert answer.status_code == 401
        assert "after signing in" in answer.text
    for address in (f"/holds/{sold.hold}/confirm", f"/holds/{sold.hold}/release", f"/waitlist/{sold.entry}/leave"):
        assert shop.ask("POST", address, data={}, headers={"Accept": "text/html"}).status_code == 404
    assert shop.item(sold.item) == before


def test_without_a_key_no_item_can_ask_for_tokens_and_a_start_warns(database: Path) -> None:
    with running_shop(database, buyer_token_key=SECRET) as shop:
        item = shop.add("Gala", 2, buyer_tokens="required")
    with capture_logs() as logs, running_shop(database) as shop:
        assert [log["items"] for log in logs if log["event"] == "buyer_tokens_unread"] == [[item]]
        problem_of(ask(shop, "POST", f"/v1/items/{item}/purchases", bearer(token())), 401, "unauthorized")
        problem_of(shop.change("item-a", buyer_tokens="required"), 422, "invalid_request")
        assert shop.change(item, buyer_tokens="optional").json()["buyer_tokens"] == "optional"
        assert shop.buy(item).status_code == 201


def test_the_page_s_login_makes_tokens_that_are_taken(sold: Sold) -> None:
    page = (Path(__file__).parents[2] / "docs" / "buyer-tokens.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    if sold.algorithm == "EdDSA":
        made = bearer(names["token_for"]("ada", PRIVATE))
        assert ask(sold.shop, "GET", f"/v1/purchases/{sold.purchase}", made).status_code == 200
