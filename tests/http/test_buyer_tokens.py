"""Buyer tokens: who has none, another's or a bad one reads and changes nothing of a buyer's, at any route and door."""

import hashlib
import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from structlog.testing import capture_logs

from sellout.domain import KeyScope
from sellout.settings import BadSetting, load_settings
from tests.http.shop import Shop, problem_of, running_shop
from tests.http.test_organiser import key_of, make_key

SECRET = "a secret of the shop's login, long enough"
LOGIN = Ed25519PrivateKey.generate()
PUBLIC = LOGIN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
KEYS = {"EdDSA": PUBLIC, "HS256": SECRET}

Headers = dict[str, str]


def claims(buyer: Any = "ada", **more: Any) -> dict[str, Any]:
    named = {"sub": buyer, "aud": "sellout", "exp": int(time.time()) + 600} | more
    return {name: value for name, value in named.items() if value is not None}


def token(buyer: Any = "ada", algorithm: str = "EdDSA", key: Any = None, **more: Any) -> str:
    signs = key or (LOGIN if algorithm == "EdDSA" else SECRET)
    return jwt.encode(claims(buyer, **more), signs, algorithm=algorithm)


def by_hand(header: str, key: bytes) -> str:
    """A token that no library makes: its header as text, signed by HMAC with anything."""
    parts = [urlsafe_b64encode(text.encode()).rstrip(b"=") for text in (header, json.dumps(claims()))]
    signature = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def bearer(text: str) -> Headers:
    return {"Authorization": f"Bearer {text}"}


BAD: dict[str, Callable[[str], str]] = {
    "expired": lambda alg: token(algorithm=alg, exp=int(time.time()) - 60),
    "without an end": lambda alg: token(algorithm=alg, exp=None),
    "for another audience": lambda alg: token(algorithm=alg, aud="another"),
    "without an audience": lambda alg: token(algorithm=alg, aud=None),
    "of another login": lambda alg: token(
        algorithm=alg, key=Ed25519PrivateKey.generate() if alg == "EdDSA" else "another secret, also long enough, of 32"
    ),
    "of the other algorithm": lambda alg: token(algorithm="HS256" if alg == "EdDSA" else "EdDSA"),
    "of a longer algorithm": lambda _: token(algorithm="HS512", key=SECRET * 2),
    "signed by nobody": lambda _: jwt.encode(claims(), "", algorithm="none"),
    "signed with the public key": lambda _: by_hand('{"alg":"HS256","typ":"JWT"}', PUBLIC.encode()),
    "without a buyer": lambda alg: token(None, alg),
    "with a buyer that no buyer can be": lambda alg: token("a\nb", alg),
    "with a buyer of no characters": lambda alg: token("", alg),
    "with half a character": lambda alg: token("\ud800", alg),
    "of brackets": lambda _: by_hand("[" * 2000, b"x"),
    "of nothing": lambda _: "..",
    "cut off": lambda alg: token(algorithm=alg)[:-2],
}


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


@pytest.fixture(params=KEYS)
def sold(request: pytest.FixtureRequest, database: Path) -> Iterator[Sold]:
    algorithm = request.param
    with running_shop(database, buyer_token_key=KEYS[algorithm]) as shop:
        item = shop.add("Gala", 2, buyer_tokens="required")
        own = bearer(token("ada", algorithm))
        bought = ask(shop, "POST", f"/v1/items/{item}/purchases", own, key="buy")
        held = ask(shop, "POST", f"/v1/items/{item}/holds", own, key="hold")
        joined = ask(shop, "POST", f"/v1/items/{item}/waitlist", own, key="join")
        assert [bought.status_code, held.status_code, joined.status_code] == [201, 201, 201]
        for scope in KeyScope:
            make_key(shop, key_of([scope]), [scope])
        yield Sold(
            shop, algorithm, item, bought.json()["purchase_id"], held.json()["hold_id"], joined.json()["entry_id"]
        )


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
    for bad in BAD.values():
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
    shop, item = sold.shop, sold.shop.add("Row", 10, buyer_tokens="required", limit_per_buyer=1)
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
    shop, row = sold.shop, sold.shop.add("Row", 10, buyer_tokens="required")
    body = {"lines": [{"item": "item-a", "quantity": 1}, {"item": row, "quantity": 1}], "buyer": "ada"}
    address = f"/v1/baskets/{kind}"
    first = ask(shop, "POST", address, sold.of("ada"), "basket", body)
    assert first.status_code == 201
    refused = problem_of(ask(shop, "POST", address, {}, "basket", body), 401, "unauthorized")
    assert refused["errors"][0]["field"] == "lines.1"
    problem_of(ask(shop, "POST", address, sold.of("bob"), "basket", body), 403, "forbidden")
    assert ask(shop, "POST", address, sold.of("ada"), "basket", body).json() == first.json()


def test_a_token_that_is_sent_is_checked_also_where_none_is_needed(sold: Sold) -> None:
    problem_of(ask(sold.shop, "POST", "/buy_ticket", bearer("a.b.c")), 401, "unauthorized")
    bought = ask(sold.shop, "POST", "/v1/items/item-a/purchases", sold.of("ada"))
    assert bought.json()["buyer"] == "ada"
    assert sold.shop.buy(buyer="bob").status_code == 201


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


@pytest.mark.parametrize("key", ["short", "-----BEGIN PUBLIC KEY-----\nx", "/no/such/file.pem"])
def test_a_key_that_is_none_stops_the_start_and_is_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_BUYER_TOKEN_KEY", key)
    with pytest.raises(BadSetting, match=r"SELLOUT_BUYER_TOKEN_KEY=\*\*\*: must be"):
        load_settings()


def test_a_key_may_be_a_file_or_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "login.pem"
    file.write_text(PUBLIC)
    for key in (str(file), PUBLIC, PUBLIC.replace("\n", "\\n")):
        monkeypatch.setenv("SELLOUT_BUYER_TOKEN_KEY", key)
        assert load_settings().buyer_token_key is not None


def test_the_page_s_login_makes_tokens_that_are_taken(sold: Sold) -> None:
    page = (Path(__file__).parents[2] / "docs" / "buyer-tokens.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    if sold.algorithm == "EdDSA":
        private = LOGIN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        made = bearer(names["token_for"]("ada", private))
        assert ask(sold.shop, "GET", f"/v1/purchases/{sold.purchase}", made).status_code == 200
