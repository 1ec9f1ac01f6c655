"""Organiser routes and the key that opens them."""

import re
import sqlite3
from pathlib import Path

import pytest

from sellout.keys import digest
from tests.http.shop import ORGANISER_KEY, problem_of, running_shop
from tests.http.shop import Shop as OpenShop

ROUTES = [
    ("POST", "/v1/items"),
    ("PATCH", "/v1/items/item-a"),
    ("GET", "/v1/items/item-a/purchases"),
    ("POST", "/v1/purchases/unknown/refund"),
]
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
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


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
