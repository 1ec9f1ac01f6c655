"""`sellout torture` as its users run it: what it says, how it ends, and that it sees a shop that is not exact."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sellout.history.check import check
from sellout.history.lines import read
from tests import postgres
from tests.cli.terminal import sellout

SEED = "5"

pytestmark = pytest.mark.timeout(300)  # for machines that are busy; otherwise a tenth of it

LOSES_SALES = """
import os

if "TORTURE_ARM" in os.environ:
    import contextlib

    from sellout.store.sqlite import SQLiteStore

    right = SQLiteStore._transaction

    @contextlib.contextmanager
    def wrong(store, deadline):
        store.sales = getattr(store, "sales", 0) + 1
        with right(store, deadline) as writer:
            yield writer
            if store.sales % 5 == 0:
                writer.execute("ROLLBACK")
                writer.execute("BEGIN")

    SQLiteStore._transaction = wrong
"""
"""Runs in every process of the server: each fifth transaction is answered, and never committed."""


def planted(folder: Path, fault: str) -> dict[str, str]:
    """The environment in which Python runs this first."""
    (folder / "plant").mkdir()
    (folder / "plant" / "sitecustomize.py").write_text(fault)
    return {"PYTHONPATH": str(folder / "plant")}


def temporary(folder: Path) -> dict[str, str]:
    """The environment in which temporary files are here."""
    (folder / "temporary").mkdir()
    return {"TMPDIR": str(folder / "temporary")}


@pytest.mark.long
def test_exact_rounds_are_told_in_a_line_each_and_leave_nothing_but_the_report(tmp_path: Path) -> None:
    words = ("torture", "--rounds", "2", "--seed", SEED, "--faults", "kill-before-commit,lost-answer")
    done = sellout(*words, "--html", "report.html", folder=tmp_path, **temporary(tmp_path))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "2 rounds, seed 5"
    told = sorted(line.strip() for line in lines[1:3])
    for number, line in enumerate(told, start=1):
        assert re.match(rf"{number}  seed \d+ +sqlite  .*; \d+ requests, \d+ unknown; (\d+)/\1 sold; .* s  ok$", line)
    assert told[0].startswith("1  seed 5 "), "the first round has the run's own seed"
    assert "Nothing lost, nothing double, exactly sold." in lines
    assert re.search(r"^ +kill-before-commit +[12] +0$", done.out, re.MULTILINE)
    assert "\x1b" not in done.out, "no colour and no bar in a pipe"
    assert "<svg" in (tmp_path / "report.html").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.long
def test_a_round_s_own_seed_plays_its_plan_again(tmp_path: Path) -> None:
    def rounds(*words: str) -> Any:
        done = sellout("torture", "--faults", "lost-answer,duplicate", "--json", *words, folder=tmp_path)
        assert done.code == 0
        return json.loads(done.out)["rounds"]

    second = max(rounds("--rounds", "2", "--seed", SEED), key=lambda each: int(each["number"]))
    assert second["number"] == 2
    words = second["repeat"].split()
    assert words[:2] == ["sellout", "torture"]
    (again,) = rounds(*words[2:6])
    assert (again["seed"], again["plan"]) == (second["seed"], second["plan"])
    assert (again["exact"], again["broken"], again["history"]) == (True, [], None)
    assert again["sold"] == again["capacity"] > 0


@pytest.mark.long
def test_a_shop_that_loses_sales_is_found_out_by_name_and_its_history_is_kept(tmp_path: Path) -> None:
    words = ("torture", "--rounds", "3", "--at-once", "1", "--stop-at-first", "--seed", SEED, "--faults", "lost-answer")
    done = sellout(*words, folder=tmp_path, **planted(tmp_path, LOSES_SALES))
    assert (done.code, done.err) == (1, "")
    assert re.search(r"^ *1  seed 5 .* BROKEN: .*acknowledged_is_kept", done.out, re.MULTILINE)
    assert "Ended after 1 of 3 rounds." in done.out, "it was to stop at the first"
    assert "again: sellout torture --rounds 1 --seed 5 --faults lost-answer" in done.out
    assert "Nothing lost" not in done.out
    kept = re.search(r"its history: (\S+)", done.out)
    assert kept is not None
    found = check(read((tmp_path / kept[1]).read_text("utf-8").splitlines()))
    assert "acknowledged_is_kept" in {ruling.name for ruling in found.broken}, "it can be checked again"


def test_a_wrong_fault_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    done = sellout("torture", "--faults", "kill,flood", folder=tmp_path)
    assert done.code == 2
    assert "no fault flood on sqlite" in done.error
    assert "disk-full" in done.error
    assert "row-lock" not in done.error, "that is one of PostgreSQL's"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--database", "sqlite:///shop.db"), "--database is for PostgreSQL"),
        (("--database", "postgresql://postgres@127.0.0.1:9/postgres", "--rounds", "1"), "CREATE DATABASE failed"),
        (("--html", "nowhere/report.html"), "the folder nowhere does not exist"),
        (("--html", "/dev"), "cannot write /dev: Is a directory"),
    ],
)
def test_what_cannot_be_run_is_one_line_and_exit_code_2(words: tuple[str, ...], why: str, tmp_path: Path) -> None:
    done = sellout("torture", *words, folder=tmp_path)
    assert done.code == 2
    assert why in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


def test_a_role_that_may_not_make_databases_is_told_so(tmp_path: Path) -> None:
    postgres.run(postgres.url_of("postgres"), lambda session: session.execute("CREATE ROLE torture_guest LOGIN"))
    url = postgres.url_of("postgres").replace("//postgres:@", "//torture_guest@")
    done = sellout("torture", "--rounds", "1", "--database", url, folder=tmp_path)
    assert done.code == 2
    assert "may not make databases" in done.err


@pytest.mark.long
def test_interrupted_it_says_what_was_run_and_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sellout", "torture", "--rounds", "1000", "--seed", SEED, "--faults", "kill"],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "80", **temporary(tmp_path)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.rstrip().endswith(" ok"):
            break
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"^Ended after \d+ of 1,000 rounds\.$", said, re.MULTILINE)
    assert "Nothing lost, nothing double, exactly sold." in said
    assert list((tmp_path / "temporary").iterdir()) == []
    assert still_in(tmp_path) == []


def still_in(folder: Path) -> list[str]:
    """The processes whose environment names a folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(folder) in (process / "environ").read_bytes().decode(errors="replace"):
                found.append(process.name)
        except OSError:
            continue
    return found
