"""`sellout prove`: the proof as its users run it, with servers of its own and on one that is running."""

import json
import re
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sellout.cli import running
from sellout.prove.scenarios import SCENARIOS
from tests.cli.terminal import Done, sellout, serving
from tests.http.shop import ORGANISER_KEY

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

CROWD = ("--buyers", "200", "--stock", "20")


def proof(*options: str, folder: Path, **variables: str) -> Any:
    """The JSON of a proof that is exact."""
    done = sellout("prove", *options, "--json", folder=folder, **variables)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["verdict"] == "exact"
    assert all(rule["holds"] for rule in found["rules"])
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
def test_its_own_server_sells_exactly_its_stock(workers: str, tmp_path: Path) -> None:
    found = proof(*CROWD, "--workers", workers, folder=tmp_path)
    assert found["buyers"]["total"] == 200
    assert found["buyers"]["bought"] == found["units"] == 20
    assert found["audit"]["consistent"] is True
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_people_get_a_report_and_a_page_if_they_want(tmp_path: Path) -> None:
    done = sellout("prove", *CROWD, "--html", "proof.html", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^\W*EXACT\W*$", done.out, re.MULTILINE)
    for word in ("Answers", "Latency", "Rate", "p99"):
        assert word in done.out
    assert "\x1b" not in done.out, "no colour and no progress bar in a pipe"
    page = (tmp_path / "proof.html").read_text("utf-8")
    assert "<!doctype html>" in page.lower()
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page), "it asks no other host"


def test_a_running_server_is_proved_by_its_item_or_by_one_of_the_proof_s_own(tmp_path: Path) -> None:
    variables = {"SELLOUT_ORGANISER_KEY": ORGANISER_KEY, "SELLOUT_STOCK": "20"}
    with serving("--port", "0", folder=tmp_path, **variables) as server:
        running = ("--url", server.url, "--item", "item-a", "--workers", "2", "--stock", "7")
        done = sellout("prove", "--json", "--buyers", "200", *running, folder=tmp_path)
        assert (done.code, json.loads(done.out)["units"]) == (0, 20)
        assert "--stock is passed over" in done.err
        assert "--workers is passed over" in done.err
        own = proof(*CROWD, "--url", server.url, folder=tmp_path, **variables)
        assert own["units"] == 20
        assert server.stop(signal.SIGTERM) == 0


def test_a_scenario_is_proved_and_its_seed_repeats_it(tmp_path: Path) -> None:
    small = ("--scenario", "baskets", "--buyers", "60", "--stock", "12")
    found = proof(*small, "--seed", "7", "--html", "proof.html", folder=tmp_path)
    assert (found["scenario"], found["run"]["seed"]) == ("baskets", 7)
    assert sum(found["buyers"][fate] for fate in ("bought", "confirmed", "released", "let expire", "refused")) == 60
    assert found["fates"]["baskets bought"]["count"] > 0
    assert {books["after"]["capacity"] for books in found["items"].values()} == {12}
    assert [path.name for path in tmp_path.iterdir()] == ["proof.html"], "it leaves nothing else behind"
    assert "<dt>Seed</dt><dd>7</dd>" in (tmp_path / "proof.html").read_text("utf-8")


def test_a_scenario_on_a_running_server_adds_an_item_and_leaves_it_paused(tmp_path: Path) -> None:
    variables = {"SELLOUT_ORGANISER_KEY": ORGANISER_KEY}
    with serving("--port", "0", folder=tmp_path, **variables) as server:
        small = ("--scenario", "returns", "--buyers", "20", "--stock", "8", "--url", server.url)
        done = sellout("prove", *small, folder=tmp_path, **variables)
        assert (done.code, done.err) == (0, "")
        assert re.search(r"^\W*EXACT\W*$", done.out, re.MULTILINE)
        assert re.search(r"returns, seed \d+", done.out)
        assert re.search(r"^ +\d+ +given back +\d+ units?", done.out, re.MULTILINE)
        with urllib.request.urlopen(f"{server.url}/v1/items") as answer:
            items = {item["id"]: item["paused"] for item in json.load(answer)["items"]}
        assert [paused for name, paused in items.items() if name.startswith("prove-")] == [True]
        assert server.stop(signal.SIGTERM) == 0


def test_on_the_database_of_a_shop_the_keys_of_the_shop_stay(tmp_path: Path) -> None:
    variables = {"SELLOUT_ORGANISER_KEY": ORGANISER_KEY}
    with serving("--port", "0", folder=tmp_path, **variables) as server:
        assert sellout("prove", *CROWD, "--database", "sqlite:///inventory.db", folder=tmp_path).code == 0
        listed = json.loads(sellout("keys", "list", "--json", folder=tmp_path).out)["keys"]
        assert [key["name"] for key in listed if key["revoked_at"] is None] == ["settings"]
        proof(*CROWD, "--url", server.url, folder=tmp_path, **variables)
        assert server.stop(signal.SIGTERM) == 0


def test_a_server_that_lets_nobody_in_without_a_challenge_is_not_judged(tmp_path: Path) -> None:
    with serving("--port", "0", folder=tmp_path, SELLOUT_CHALLENGE="proof-of-work") as server:
        done = could_not_run("--buyers", "30", "--url", server.url, "--item", "item-a", folder=tmp_path)
        assert "not every buyer was let in: the server asks for a challenge first" in done.error
        assert server.stop(signal.SIGTERM) == 0


def test_the_help_names_every_scenario() -> None:
    assert f"[{'|'.join(SCENARIOS)}]" == running.SCENARIOS


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("--scenario riot", "there is no scenario riot: the scenarios are rush, holds, returns, baskets"),
        ("--seed 1", "rush makes no random choices: leave the seed out"),
        ("--scenario holds --seed -1", "Invalid value for '--seed'"),
        (
            "--scenario holds --item item-a --url http://127.0.0.1:1",
            "holds adds what it sells itself: leave the item out",
        ),
        ("--scenario baskets --item item-a", "baskets adds what it sells itself: leave the item out"),
        ("--scenario returns --url http://127.0.0.1:1", "set SELLOUT_ORGANISER_KEY, so that one can be added"),
        ("--scenario returns --database sqlite:///x.db --url http://127.0.0.1:1", "give the one or the other"),
        ("--url localhost:8000 --item item-a", "'localhost:8000' is no address of a server"),
        ("--url http://localhost:web --item item-a", "give one such as http://127.0.0.1:8000"),
    ],
)
def test_options_that_do_not_go_together_are_one_line_and_exit_code_2(options: str, why: str, tmp_path: Path) -> None:
    done = could_not_run(*options.split(), folder=tmp_path)
    assert why in done.error
    assert list(tmp_path.iterdir()) == [], "nothing was made"


def could_not_run(*options: str, folder: Path) -> Done:
    done = sellout("prove", *options, folder=folder)
    assert done.code == 2
    return done


def test_a_server_that_cannot_be_reached_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = could_not_run("--url", "http://127.0.0.1:1", "--item", "item-a", folder=tmp_path)
    assert done.error.startswith("cannot reach http://127.0.0.1:1")


def test_without_an_item_and_a_key_there_is_nothing_to_prove(tmp_path: Path) -> None:
    done = could_not_run("--url", "http://127.0.0.1:1", folder=tmp_path)
    assert "name the item to buy from, or set SELLOUT_ORGANISER_KEY" in done.error


def test_a_database_that_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    done = could_not_run("--database", "sqlite:///no/shop.db", folder=tmp_path)
    assert done.error.endswith("sqlite:///no/shop.db: the folder no does not exist")
