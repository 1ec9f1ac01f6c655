"""`sellout keys`: adding, listing and revoking organiser keys, on the database itself, of either engine."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sellout.keys import digest
from tests import postgres
from tests.cli.terminal import Done, sellout
from tests.http.shop import running_shop


class Terminal:
    """Somebody who keeps keys at the command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def keys(self, *words: str) -> Done:
        return sellout("keys", *words, "--database", self.url, folder=self.folder)

    def done(self, *words: str) -> str:
        """What a command that succeeds prints."""
        done = self.keys(*words)
        assert (done.code, done.err) == (0, "")
        return done.out.rstrip("\n")

    def listed(self) -> dict[str, dict[str, Any]]:
        return {key["name"]: key for key in json.loads(self.done("list", "--json"))["keys"]}


@pytest.fixture(params=["sqlite", "postgres"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Terminal:
    url = postgres.fresh_database() if request.param == "postgres" else "sqlite:///shop.db"
    return Terminal(url, tmp_path)


def test_keys_are_added_listed_and_revoked(terminal: Terminal) -> None:
    key = terminal.done("add", "box-office", "--scope", "sell", "--scope", "read")
    assert re.fullmatch(r"so_[\w-]{43}", key)
    made = json.loads(terminal.done("add", "office", "--json"))
    assert made["key"] != key
    assert list(made) == ["key", "name", "scopes", "created_at", "revoked_at"]
    listed = terminal.listed()
    assert [listed[name]["scopes"] for name in ("box-office", "office")] == [
        ["read", "sell"],
        ["read", "sell", "manage"],
    ]
    assert listed["office"] == {name: value for name, value in made.items() if name != "key"}
    assert terminal.done("revoke", "box-office") == "box-office: revoked"
    assert terminal.done("revoke", "box-office") == "box-office: was revoked before"
    after = terminal.listed()
    assert after["office"] == listed["office"]
    assert after["box-office"].pop("revoked_at") > listed["box-office"]["created_at"]
    assert after["box-office"].items() <= listed["box-office"].items()


def test_no_listing_tells_what_is_known_of_a_key(terminal: Terminal) -> None:
    key = terminal.done("add", "office")
    for form in ((), ("--json",)):
        told = terminal.done("list", *form)
        assert "office" in told
        assert not any(part in told for part in (key, digest(key), digest(key)[:8]))
    head, line = terminal.done("list").splitlines()
    assert head.split() == ["name", "scopes", "created_at", "revoked_at"]
    assert line.split()[:4] == ["office", "read", "sell", "manage"]


def test_the_last_key_that_may_manage_goes_only_with_a_yes(terminal: Terminal) -> None:
    terminal.done("add", "office")
    terminal.done("add", "till", "--scope", "sell")
    refused = terminal.keys("revoke", "office")
    assert refused.code == 2
    assert "--yes" in refused.error
    assert terminal.listed()["office"]["revoked_at"] is None
    terminal.done("revoke", "till")
    terminal.done("revoke", "office", "--yes")
    assert terminal.listed()["office"]["revoked_at"]


def test_a_name_is_given_once_also_when_its_key_is_revoked(terminal: Terminal) -> None:
    terminal.done("add", "office")
    refused = terminal.keys("add", "office")
    assert (refused.code, "there is a key with the name office:" in refused.error) == (1, True)
    terminal.done("revoke", "office", "--yes")
    again = terminal.keys("add", "office")
    assert (again.code, "office, which is revoked:" in again.error) == (1, True)
    unknown = terminal.keys("revoke", "nobody", "--yes")
    assert (unknown.code, "no key with the name nobody" in unknown.error) == (1, True)


@pytest.fixture
def file(tmp_path: Path) -> Terminal:
    return Terminal("sqlite:///shop.db", tmp_path)


@pytest.mark.parametrize("name", ["", " ", "Office", "box office", "-office", "office-", "büro", "a" * 65, "a\nb"])
def test_a_name_that_is_none_is_bad_usage(name: str, file: Terminal) -> None:
    refused = file.keys("add", "--", name)
    assert (refused.code, list(file.folder.iterdir())) == (2, [])
    assert refused.error


@pytest.mark.parametrize("name", ["settings", "settings-2"])
def test_the_names_of_keys_from_the_settings_are_not_given(name: str, file: Terminal) -> None:
    refused = file.keys("add", name)
    assert (refused.code, "SELLOUT_ORGANISER_KEY" in refused.error) == (2, True)


def test_a_scope_that_is_none_is_bad_usage(file: Terminal) -> None:
    refused = file.keys("add", "office", "--scope", "all")
    assert (refused.code, "--scope" in refused.error, list(file.folder.iterdir())) == (2, True, [])


def test_there_must_be_a_database_to_list_or_revoke(file: Terminal) -> None:
    for words in (("list",), ("revoke", "office")):
        refused = file.keys(*words)
        assert (refused.code, "there is no such file" in refused.error) == (1, True)


def test_a_server_that_runs_takes_a_key_and_takes_it_back_at_once(file: Terminal) -> None:
    database = file.folder / "shop.db"
    with running_shop(database) as shop:
        key = file.done("add", "office", "--scope", "read")
        bearer = {"Authorization": f"Bearer {key}"}
        assert shop.ask("GET", "/v1/items/item-a/purchases", headers=bearer).status_code == 200
        assert shop.ask("PATCH", "/v1/items/item-a", headers=bearer, json={}).status_code == 403
        file.done("revoke", "office")
        assert shop.ask("GET", "/v1/items/item-a/purchases", headers=bearer).status_code == 401
    assert key.encode() not in database.read_bytes()
    connection = sqlite3.connect(database)
    assert (digest(key),) in connection.execute("SELECT key_sha256 FROM organiser_keys").fetchall()
    connection.close()


def test_the_key_of_the_first_start_is_revoked_like_any_other(
    file: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    database = file.folder / "shop.db"
    with running_shop(database, organiser_key=None) as shop:
        (key,) = re.findall(r"so_[\w-]{40,}", capsys.readouterr().err)
        assert file.keys("revoke", "first-start").code == 2
        file.done("add", "office")
        file.done("revoke", "first-start")
        answer = shop.ask("GET", "/v1/items/item-a/purchases", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 401
    with running_shop(database, organiser_key=None):
        assert capsys.readouterr().err == "", "and no other is made in its place"


def test_a_key_that_is_made_before_the_first_start_is_the_first(
    file: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    file.done("add", "office")
    with running_shop(file.folder / "shop.db", organiser_key=None) as shop:
        assert capsys.readouterr().err == ""
        assert shop.item()["available"] == 100
    assert list(file.listed()) == ["office"]


def test_a_key_of_the_settings_that_was_revoked_stays_so_after_a_restart(file: Terminal) -> None:
    database, key = file.folder / "shop.db", "a key of the settings"
    with running_shop(database, organiser_key=key):
        file.done("revoke", "settings", "--yes")
    with running_shop(database, organiser_key=key) as shop:
        answer = shop.ask("GET", "/v1/items/item-a/purchases", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 401
