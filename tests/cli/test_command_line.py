"""The command line as a process: results on stdout, errors in one line on stderr, exit codes."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sellout.settings import Settings
from tests.processes import running

COMMANDS = [
    ("serve",), ("prove",), ("config",), ("audit",), ("reset",),
    ("items", "list"), ("items", "add"), ("items", "set"),
]  # fmt: skip


def sellout(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sellout", *arguments],
        cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def refusal(*arguments: str, cwd: Path, code: int, **variables: str) -> str:
    """The one line on stderr of a command that ends with `code`."""
    ended = sellout(*arguments, cwd=cwd, **variables)
    assert ended.returncode == code, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("sellout: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = sellout(*command, "--help", cwd=tmp_path)
    assert ended.returncode == 0
    assert "Example" in ended.stdout


def test_the_version_is_shown(tmp_path: Path) -> None:
    assert sellout("--version", cwd=tmp_path).stdout.startswith("sellout 0.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("bogus",), "bogus"),
        (("items", "add"), "name"),
        (("items", "add", "A", "--capacity", "-1"), "--capacity must be"),
        (("items", "add", "A", "--capacity", "x"), "--capacity"),
        (("items", "add", "A", "--capacity", "1", "--opens-at", "tomorrow"), "--opens-at"),
        (("items", "set", "a"), "at least one option"),
        (("reset",), "--yes"),
        (("serve", "--port", "70000"), "--port=70000"),
        (("serve", "--database", "mysql://x"), "sqlite:///"),
        (("prove", "--item", "a"), "url"),
        (("prove", "--html", "nowhere/report.html"), "nowhere"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says.lower() in refusal(*arguments, cwd=tmp_path, code=2).lower()


@pytest.mark.parametrize("name", ["PORT", "WORKERS", "STOCK", "ORGANISER_KEY", "DATABASE"])
def test_a_bad_setting_stops_the_start_and_is_named(tmp_path: Path, name: str) -> None:
    said = refusal("serve", cwd=tmp_path, code=2, **{f"SELLOUT_{name}": "bad"})
    assert f"SELLOUT_{name}=" in said
    assert ("bad" in said) is (name != "ORGANISER_KEY"), "a secret is not shown"
    assert "must" in said
    assert not (tmp_path / "inventory.db").exists()


def test_config_shows_every_setting_and_where_it_came_from_and_masks_the_key(tmp_path: Path) -> None:
    ended = sellout("config", "--json", cwd=tmp_path, SELLOUT_PORT="9", SELLOUT_ORGANISER_KEY="a secret of organisers")
    shown = json.loads(ended.stdout)
    assert set(shown) == set(Settings.model_fields)
    assert shown["port"] == {"value": 9, "source": "environment"}
    assert shown["workers"]["source"] == "default"
    assert "a secret" not in ended.stdout


def test_items_are_added_changed_and_listed(tmp_path: Path) -> None:
    added = sellout("items", "add", "Front row", "--capacity", "9", "--limit-per-buyer", "2", "--json", cwd=tmp_path)
    assert json.loads(added.stdout)["id"] == "front-row"
    assert "item_exists" in refusal("items", "add", "Front row", "--capacity", "9", cwd=tmp_path, code=1)
    changed = sellout("items", "set", "front-row", "--capacity", "12", "--paused", "--json", cwd=tmp_path)
    assert json.loads(changed.stdout)["state"] == "paused"
    assert "unknown_item" in refusal("items", "set", "no-such", "--capacity", "1", cwd=tmp_path, code=1)
    (item,) = json.loads(sellout("items", "list", "--json", cwd=tmp_path).stdout)["items"]
    assert (item["capacity"], item["limit_per_buyer"]) == (12, 2)
    assert "Front row" in sellout("items", "list", cwd=tmp_path).stdout


def test_the_audit_says_yes_and_after_tampering_no(tmp_path: Path) -> None:
    sellout("items", "add", "A", "--capacity", "3", cwd=tmp_path)
    assert sellout("audit", cwd=tmp_path).returncode == 0
    connection = sqlite3.connect(tmp_path / "inventory.db")
    connection.execute("UPDATE inventory SET sold = 1")
    connection.commit()
    connection.close()
    ended = sellout("audit", "--json", cwd=tmp_path)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["consistent"] is False


def test_a_database_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    for command in (("audit",), ("items", "list"), ("items", "set", "a", "--capacity", "1")):
        assert "no such file" in refusal(*command, cwd=tmp_path, code=1)
    assert list(tmp_path.iterdir()) == []


def test_a_reset_goes_back_to_the_fresh_default_item(tmp_path: Path) -> None:
    sellout("items", "add", "Other", "--capacity", "3", cwd=tmp_path)
    assert sellout("reset", "--yes", cwd=tmp_path, SELLOUT_STOCK="7").returncode == 0
    (item,) = json.loads(sellout("items", "list", "--json", cwd=tmp_path).stdout)["items"]
    assert (item["id"], item["capacity"], item["sold"]) == ("item-a", 7, 0)


def test_the_organiser_key_is_shown_once_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    starts = []
    for _ in range(2):
        command = [sys.executable, "-m", "sellout", "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "http://" in line:
                    break
            process.terminate()
            assert process.wait(60) == 0
            starts.append("".join(lines))
    key = starts[0].split("Organiser key")[1].split("\n")[0].rsplit(" ", 1)[1]
    assert "Organiser key" not in starts[1]
    for file in tmp_path.glob("inventory.db*"):
        assert key.encode() not in file.read_bytes()


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with running(tmp_path / "one.db") as server:
        port = server.url.rsplit(":", 1)[1]
        assert port in refusal("serve", "--port", port, cwd=tmp_path, code=1)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "inventory.db").write_text("this is no database, and long enough to be looked at " * 40)
    assert "not a database" in refusal("serve", cwd=tmp_path, code=1)


def test_a_proof_is_exact_also_with_two_workers_and_on_a_running_server(tmp_path: Path) -> None:
    crowd = ("--buyers", "120", "--stock", "20", "--json")
    for options in ((), ("--workers", "2"), ("--html", "report.html")):
        ended = sellout("prove", *crowd, *options, cwd=tmp_path)
        assert ended.returncode == 0, ended
        assert json.loads(ended.stdout)["verdict"] == "exact"
    assert "<svg" in (tmp_path / "report.html").read_text("utf-8")
    with running(tmp_path / "shop.db", SELLOUT_STOCK="20") as server:
        ended = sellout("prove", *crowd, "--url", server.url, "--item", "item-a", cwd=tmp_path)
        assert ended.returncode == 0, ended


def test_a_server_that_is_not_there_cannot_be_proved(tmp_path: Path) -> None:
    refusal("prove", "--url", "http://127.0.0.1:9", "--item", "item-a", cwd=tmp_path, code=2)
