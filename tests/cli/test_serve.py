"""`sellout serve`: what it says when it starts, how it stops, and one clear line where it cannot start."""

import json
import re
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from sellout.keys import digest
from tests.cli.terminal import sellout, serving
from tests.processes import wait_until


def ask(url: str, method: str = "GET", **headers: str) -> object:
    """The JSON of an answer."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers), timeout=30) as answer:
        return json.load(answer)


def test_the_first_start_shows_a_key_once_then_the_address_and_ends_on_sigterm(tmp_path: Path) -> None:
    with serving("--port", "0", folder=tmp_path) as first:
        key_line, address_line = first.lines
        assert re.fullmatch(r"Sellout serves on http://127\.0\.0\.1:\d+", address_line)
        (key,) = re.findall(r"so_\S+", key_line)
        assert ask(f"{first.url}/v1/items/item-a/purchases", Authorization=f"Bearer {key}")
        assert ask(f"{first.url}/buy_ticket", "POST")
        assert first.stop(signal.SIGTERM) == 0
        assert first.errors() == ""
    with serving("--port", "0", folder=tmp_path) as second:
        assert len(second.lines) == 1, "the key was shown only once"
        item = ask(f"{second.url}/v1/items/item-a")
        assert isinstance(item, dict)
        assert item["sold"] == 1
        assert second.stop(signal.SIGINT) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["inventory.db"]
    connection = sqlite3.connect(tmp_path / "inventory.db")
    assert connection.execute("SELECT key_sha256 FROM organiser_keys").fetchall() == [(digest(key),)]
    connection.close()
    assert key.encode() not in (tmp_path / "inventory.db").read_bytes()


@pytest.mark.parametrize("named", ["nowhere.to.be:found", "sellout.settings:no_such_function"])
def test_a_challenge_that_is_not_there_is_one_clear_line_and_nothing_is_made(named: str, tmp_path: Path) -> None:
    done = sellout("serve", "--port", "0", folder=tmp_path, SELLOUT_CHALLENGE=named)
    assert done.code == 2
    assert done.error.startswith(f"SELLOUT_CHALLENGE={named!r}: cannot be imported")
    assert list(tmp_path.iterdir()) == []


def told(url: str) -> tuple[int, str]:
    """The status of an attempt to buy a ticket, and the process that answered."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/buy_ticket", method="POST"), timeout=30) as answer:
            return answer.status, answer.headers["Request-Id"].split("-")[0]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Request-Id"].split("-")[0]


def test_options_go_before_variables_and_workers_share_the_stock(tmp_path: Path) -> None:
    variables = {"SELLOUT_DATABASE": "sqlite:///no/such/folder.db", "SELLOUT_WORKERS": "1", "SELLOUT_STOCK": "3"}
    options = ("--port", "0", "--workers", "2", "--database", "sqlite:///shop.db")
    answers = list[tuple[int, str]]()
    with serving(*options, folder=tmp_path, **variables) as server:

        def both_have_answered() -> bool:
            answers.append(told(server.url))
            return len({process for _, process in answers}) == 2 and len(answers) > 5

        wait_until(both_have_answered)
        assert server.stop(signal.SIGTERM) == 0
    assert [status for status, _ in answers] == [200] * 3 + [410] * (len(answers) - 3)
    assert (tmp_path / "shop.db").exists()


def test_a_stop_while_workers_start_does_not_wait_for_them(tmp_path: Path) -> None:
    longer_than_the_test_waits = {"SELLOUT_STOP_SECONDS": "600"}
    with serving("--port", "0", "--workers", "2", folder=tmp_path, **longer_than_the_test_waits) as server:
        assert server.stop(signal.SIGTERM) == 0


def test_a_host_may_be_a_name(tmp_path: Path) -> None:
    with serving("--port", "0", "--host", "localhost", folder=tmp_path) as server:
        assert ask(f"{server.url}/livez") == {"status": "ok"}
        assert server.stop(signal.SIGTERM) == 0


def test_figures_are_kept_in_a_folder_that_goes_when_the_server_stops(tmp_path: Path) -> None:
    with serving("--port", "0", folder=tmp_path) as server:
        folder = Path(server.variables()["PROMETHEUS_MULTIPROC_DIR"])
        wait_until(lambda: any(folder.glob("counter_*.db")))
        assert folder.stat().st_mode & 0o077 == 0
        assert tmp_path not in folder.parents
        assert server.stop(signal.SIGTERM) == 0
    assert not folder.exists()


def test_a_folder_for_figures_that_was_chosen_is_made_and_stays(tmp_path: Path) -> None:
    chosen = tmp_path / "new" / "figures"
    with serving("--port", "0", folder=tmp_path, PROMETHEUS_MULTIPROC_DIR=str(chosen)) as server:
        wait_until(lambda: any(chosen.glob("counter_*.db")))
        assert server.stop(signal.SIGTERM) == 0
    assert any(chosen.iterdir())


def test_a_folder_for_figures_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = sellout("serve", "--port", "0", folder=tmp_path, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "file"))
    assert done.code == 1
    assert done.error.startswith("cannot write to the folder of PROMETHEUS_MULTIPROC_DIR: ")
    assert [file.name for file in tmp_path.iterdir()] == ["file"], "nothing else is made"


def no_database(file: Path) -> None:
    file.write_text("this is a letter to a friend, and no database at all; " * 100)


def another_program(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


def newer_schema(file: Path) -> None:
    sellout("items", "add", "Gala", "--capacity", "1", "--database", f"sqlite:///{file}", folder=file.parent)
    connection = sqlite3.connect(file)
    connection.execute("INSERT INTO sellout_migrations VALUES (9999, 'from the future', 0)")
    connection.commit()
    connection.close()


def a_folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (no_database, "the file is not a database"),
        (another_program, "it belongs to another program: it has the tables recipes"),
        (newer_schema, "its schema is version 9999, newer than version"),
        (a_folder, "the file cannot be opened"),
    ],
)
def test_a_file_that_it_cannot_use_is_one_clear_line(make: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make(tmp_path / "shop.db")
    done = sellout("serve", "--port", "0", "--database", "sqlite:///shop.db", folder=tmp_path)
    assert done.code == 1
    assert done.error.startswith("sqlite:///shop.db: ")
    assert said in done.error


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    done = sellout("serve", "--port", "0", "--database", "sqlite:///no/shop.db", folder=tmp_path)
    assert done.code == 1
    assert done.error == "sqlite:///no/shop.db: the folder no does not exist"


def test_a_port_that_is_taken_is_one_clear_line_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = sellout("serve", "--port", port, folder=tmp_path)
    assert done.code == 1
    assert done.error == f"cannot listen on 127.0.0.1 port {port}: Address already in use"
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_is_not_here_is_one_clear_line(tmp_path: Path) -> None:
    done = sellout("serve", "--port", "0", "--host", "no.such.host.invalid", folder=tmp_path)
    assert done.code == 1
    assert done.error.startswith("cannot listen on no.such.host.invalid")
