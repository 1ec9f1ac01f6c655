"""`sellout items`: adding, changing and listing, on the database itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.terminal import Done, sellout


def items(*words: str, folder: Path) -> Any:
    """The JSON of a command that succeeds."""
    done = sellout("items", *words, "--json", folder=folder)
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_items_are_added_changed_and_listed(tmp_path: Path) -> None:
    added = items("add", "Front row", "--capacity", "20", "--limit-per-buyer", "4", folder=tmp_path)
    assert (added["id"], added["capacity"], added["limit_per_buyer"]) == ("front-row", 20, 4)
    changed = items("set", "front-row", "--capacity", "30", "--paused", "--name", "First row", folder=tmp_path)
    assert changed == added | {
        "capacity": 30, "available": 30, "paused": True, "state": "paused", "name": "First row",
    }  # fmt: skip
    changed = items("set", "front-row", "--not-paused", "--opens-at", "2999-01-01T00:00:00Z", folder=tmp_path)
    assert (changed["paused"], changed["state"]) == (False, "not_open")
    assert items("list", folder=tmp_path) == {"items": [changed]}


def test_all_members_of_an_item_can_be_given(tmp_path: Path) -> None:
    given = {
        "id": "gala", "opens-at": "2998-01-01T00:00:00Z", "closes-at": "2999-01-01T00:00:00Z", "limit-per-buyer": "3",
        "max-per-order": "2", "hold-seconds": "60", "payment-seconds": "70", "offer-seconds": "80",
        "database": "sqlite:///other.db",
    }  # fmt: skip
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    item = items("add", "Gala 東京", "--capacity", "5", *options, folder=tmp_path)
    assert item == {
        "id": "gala", "name": "Gala 東京", "capacity": 5, "sold": 0, "held": 0, "available": 5, "state": "not_open",
        "opens_at": "2998-01-01T00:00:00.000000Z", "closes_at": "2999-01-01T00:00:00.000000Z", "paused": False,
        "limit_per_buyer": 3, "max_per_order": 2, "hold_seconds": 60, "payment_seconds": 70, "offer_seconds": 80,
        "buyer_tokens": "optional",
    }  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["other.db"]


def test_what_an_item_was_given_is_taken_away_by_none(tmp_path: Path) -> None:
    given = ("--limit-per-buyer", "4", "--opens-at", "2998-01-01T00:00:00Z", "--closes-at", "2999-01-01T00:00:00Z")
    added = items("add", "Gala", "--capacity", "5", *given, folder=tmp_path)
    taken = ("--limit-per-buyer", "none", "--opens-at", "None", "--closes-at", "none")
    changed = items("set", "gala", *taken, folder=tmp_path)
    nothing: dict[str, Any] = {"limit_per_buyer": None, "opens_at": None, "closes_at": None}
    assert changed == added | nothing | {"state": "on_sale"}
    wrong = sellout("items", "set", "gala", "--limit-per-buyer", "few", folder=tmp_path)
    assert (wrong.code, "must be an integer, or none" in wrong.error) == (2, True)


def test_an_item_is_told_to_ask_for_tokens_and_no_longer(tmp_path: Path) -> None:
    assert items("add", "Gala", "--capacity", "5", "--buyer-tokens", "required", folder=tmp_path)["buyer_tokens"] == (
        "required"
    )
    assert items("set", "gala", "--capacity", "6", folder=tmp_path)["buyer_tokens"] == "required"
    assert items("set", "gala", "--buyer-tokens", "optional", folder=tmp_path)["buyer_tokens"] == "optional"
    done = sellout("items", "set", "gala", "--buyer-tokens", "sometimes", folder=tmp_path)
    assert done.code == 2
    assert done.error == "--buyer-tokens must be 'optional' or 'required'"


def test_people_get_a_table(tmp_path: Path) -> None:
    done = sellout("items", "add", "[bold]Gala[/bold]", "--capacity", "5", folder=tmp_path)
    head, line = done.out.splitlines()
    assert head.split() == ["id", "name", "state", "capacity", "sold", "held", "available"]
    assert line.split() == ["bold-gala-bold", "[bold]Gala[/bold]", "on_sale", "5", "0", "0", "5"]
    assert "\x1b" not in done.out


def refused(*words: str, folder: Path) -> Done:
    done = sellout("items", *words, folder=folder)
    assert done.code == 1
    return done


def test_what_cannot_be_done_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    assert "there is no such file" in refused("list", folder=tmp_path).error
    assert "there is no such file" in refused("set", "item-a", "--capacity", "5", folder=tmp_path).error
    assert list(tmp_path.iterdir()) == []
    sellout("items", "add", "Gala", "--capacity", "5", folder=tmp_path)
    assert refused("add", "gala", "--capacity", "5", folder=tmp_path).error == (
        "An item with this id exists already. (item_exists)"
    )
    assert refused("set", "item-b", "--capacity", "5", folder=tmp_path).error.endswith("(unknown_item)")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    sellout("items", "add", "Gala", "--capacity", "5", folder=tmp_path)
    command = f"{sys.executable} -m sellout items list --json | true"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
