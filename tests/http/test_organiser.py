"""Organiser routes and the key that opens them."""

import operator
import re
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from sellout.domain import ALL_SCOPES, KeyScope
from sellout.keys import digest, new_key
from tests.http.shop import ORGANISER_KEY, problem_of, running_shop
from tests.http.shop import Shop as OpenShop

ROUTES = {
    ("POST", "/v1/items"): KeyScope.MANAGE,
    ("PATCH", "/v1/items/item-a"): KeyScope.MANAGE,
    ("GET", "/v1/items/item-a/purchases"): KeyScope.READ,
    ("GET", "/v1/items/item-a/late-payments"): KeyScope.READ,
    ("GET", "/v1/items/item-a/purchases/export"): KeyScope.READ,
    ("GET", "/v1/items/item-a/movements/export"): KeyScope.READ,
    ("POST", "/v1/purchases/unknown/refund"): KeyScope.SELL,
}
"""Every organiser route, and the scope that it needs."""

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/items"): {"name": "Gala", "capacity": 1},
    ("PATCH", "/v1/items/item-a"): {"name": "Another name"},
}
SETS_OF_SCOPES = [frozenset(some) for size in (1, 2, 3) for some in combinations(KeyScope, size)]
NO_KEYS = {
    "none": {},
    "a wrong one": {"Authorization": "Bearer a wrong key of some length"},
    "an empty one": {"Authorization": "Bearer "},
    "another scheme": {"Authorization": f"Basic {ORGANISER_KEY}"},
    "no scheme": {"Authorization": ORGANISER_KEY},
    "a prefix": {"Authorization": f"Bearer {ORGANISER_KEY[:-1]}"},
    "other characters": {"Authorization": "Bearer \xff\xfe"},
}


def opens(shop: OpenShop, key: str) -> bool:
    answer = shop.ask("GET", "/v1/items/item-a/purchases", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 200


@pytest.mark.parametrize("case", NO_KEYS)
@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_without_a_valid_key_nothing_is_told(method: str, address: str, case: str, shared: OpenShop) -> None:
    headers = {name: value.encode("latin-1") for name, value in NO_KEYS[case].items()}
    answer = shared.ask(method, address, headers=headers, **({"json": {}} if method == "PATCH" else {}))
    problem_of(answer, 401, "unauthorized")
    said = answer.headers["WWW-Authenticate"]
    was_sent = headers.get("Authorization", b"").lower().startswith(b"bearer ") and case != "an empty one"
    assert said == ('Bearer realm="organiser", error="invalid_token"' if was_sent else 'Bearer realm="organiser"')


@pytest.fixture(scope="module")
def scoped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    """A shop with a key for each set of scopes."""
    with running_shop(tmp_path_factory.mktemp("scopes") / "shop.db") as shop:
        for scopes in SETS_OF_SCOPES:
            make_key(shop, key_of(scopes), scopes)
        yield shop


def key_of(scopes: Collection[KeyScope]) -> str:
    return f"a key that may {' '.join(sorted(scopes))}"


def make_key(shop: OpenShop, key: str, scopes: Collection[KeyScope], name: str = "") -> None:
    store = shop.client.app._shop.store  # type: ignore[attr-defined]
    made = shop.client.portal.call(store.add_organiser_key, name or key, digest(key), scopes)  # type: ignore[union-attr]
    assert made


def revoke_key(shop: OpenShop, name: str) -> None:
    store = shop.client.app._shop.store  # type: ignore[attr-defined]
    shop.client.portal.call(partial(store.revoke_organiser_key, last_too=True), name)  # type: ignore[union-attr]


def ask_with(shop: OpenShop, key: str, route: tuple[str, str]) -> httpx2.Response:
    return shop.ask(*route, headers={"Authorization": f"Bearer {key}"}, json=BODIES.get(route))


@pytest.mark.parametrize("scopes", SETS_OF_SCOPES, ids=key_of)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_key_opens_the_routes_of_its_scopes_and_no_others(
    route: tuple[str, str], scopes: frozenset[KeyScope], scoped: OpenShop
) -> None:
    before, needed = scoped.get("/v1/items"), ROUTES[route]
    answer = ask_with(scoped, key_of(scopes), route)
    if needed in scopes:
        assert answer.status_code not in (401, 403)
        assert "WWW-Authenticate" not in answer.headers
        return
    assert f"`{needed}`" in problem_of(answer, 403, "forbidden")["detail"]
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="organiser", error="insufficient_scope", scope="{needed}"'
    )
    assert scoped.get("/v1/items") == before, "nothing was changed"


def test_the_document_tells_the_scope_that_each_route_needs(shared: OpenShop) -> None:
    document = shared.get("/openapi.json")
    told = {
        (method.upper(), path.replace("{item_id}", "item-a").replace("{purchase_id}", "unknown")): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["security"] and {} not in operation["security"]
    }
    assert {route: operation["security"] for route, operation in told.items()} == {
        route: [{"organiser-key": [scope]}] for route, scope in ROUTES.items()
    }
    for operation in told.values():
        for status, code in (("401", "unauthorized"), ("403", "forbidden")):
            assert f"`{code}`" in operation["responses"][status]["description"]
            assert "WWW-Authenticate" in operation["responses"][status]["headers"]


def test_other_refusals_with_403_ask_for_no_key(shop: OpenShop) -> None:
    shop.change("item-a", paused=True)
    answer = shop.buy()
    problem_of(answer, 403, "paused")
    assert "WWW-Authenticate" not in answer.headers


def test_a_key_that_is_revoked_opens_nothing_from_then_on(shop: OpenShop) -> None:
    make_key(shop, "a key for a while", ALL_SCOPES, "till")
    assert opens(shop, "a key for a while")
    revoke_key(shop, "till")
    for route in ROUTES:
        problem_of(ask_with(shop, "a key for a while", route), 401, "unauthorized")
    assert opens(shop, ORGANISER_KEY)


def test_every_key_is_compared_in_constant_time(scoped: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    answers = {"as they are": operator.eq, "never": lambda *_: False}

    def compare(given: str, known: str) -> bool:
        compared.append((given, known))
        return bool(answers[equal](given, known))

    monkeypatch.setattr("sellout.keys.hmac.compare_digest", compare)
    keys = [ORGANISER_KEY, *map(key_of, SETS_OF_SCOPES)]
    for equal in answers:
        compared.clear()
        assert opens(scoped, ORGANISER_KEY) == (equal != "never"), "nothing else decides"
        assert sorted(compared) == sorted((digest(ORGANISER_KEY), digest(key)) for key in keys), "also after a match"


def test_a_new_key_has_256_random_bits() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert key.startswith("so_")
        assert len(urlsafe_b64decode(key.removeprefix("so_") + "=")) == 32


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(scheme: str, shared: OpenShop) -> None:
    answer = shared.ask("GET", "/v1/items/item-a/purchases", headers={"Authorization": f"{scheme} {ORGANISER_KEY}"})
    assert answer.status_code == 200


def test_the_key_of_the_settings_opens(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_ORGANISER_KEY", "another key of the tests")
    with running_shop(database, organiser_key="another key of the tests") as shop:
        assert opens(shop, "another key of the tests")


def test_a_new_key_of_the_settings_takes_the_place_of_the_old(database: Path) -> None:
    with running_shop(database, organiser_key="the first of two keys"):
        pass
    with running_shop(database, organiser_key="the second of two keys") as shop:
        assert opens(shop, "the second of two keys")
        assert not opens(shop, "the first of two keys")
    with capture_logs() as logs, running_shop(database, organiser_key="the first of two keys") as shop:
        assert not opens(shop, "the first of two keys"), "it was revoked when the second took its place"
        assert opens(shop, "the second of two keys")
        assert shop.buy().is_success
    assert [entry["event"] for entry in logs] == ["organiser_key_revoked"]


def test_the_first_start_makes_a_key_and_tells_it_once(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_shop(database, organiser_key=None) as shop:
        (key,) = re.findall(r"so_[\w-]{40,}", capsys.readouterr().err)
        assert opens(shop, key)
    with running_shop(database, organiser_key=None) as shop:
        assert capsys.readouterr().err == ""
        assert opens(shop, key)


def test_only_the_digest_of_a_key_is_kept(database: Path) -> None:
    with running_shop(database):
        pass
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT key_sha256 FROM organiser_keys").fetchall() == [(digest(ORGANISER_KEY),)]
    connection.close()
    assert ORGANISER_KEY.encode() not in database.read_bytes()


def test_what_all_may_do_needs_no_key(shop: OpenShop) -> None:
    bought = shop.buy(key="k1").json()
    for address in ("/v1/items", "/v1/items/item-a", "/v1/items/item-a/audit", "/livez", "/readyz", "/metrics"):
        assert shop.ask("GET", address).status_code == 200
    assert shop.get("/v1/items/item-a/purchases/lookup?key=k1") == bought
    assert shop.get(f"/v1/purchases/{bought['purchase_id']}") == bought
