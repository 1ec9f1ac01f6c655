"""How the command line is used: help, version, and what it says of bad usage."""

import subprocess
import sys
from pathlib import Path

import pytest

import sellout as package
from tests.cli.reference import DOCS, commands
from tests.cli.terminal import sellout


def test_it_tells_its_version(tmp_path: Path) -> None:
    assert sellout("--version", folder=tmp_path) == (0, f"sellout {package.__version__}\n", "")


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command) or "sellout")
def test_every_command_has_help_with_an_example_as_in_the_documentation(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = sellout(*command, "--help", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "Example" in done.out
    assert f"```text\n{done.out}```" in (DOCS / "cli.md").read_text("utf-8")


@pytest.mark.parametrize("words", [(), ("items",)])
def test_without_a_command_the_help_is_shown_and_it_is_bad_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    done = sellout(*words, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: sellout")
    assert len(done.err.splitlines()) > 5


BAD = {
    "sel": "No such command 'sel'. Try: sellout --help",
    "serve --nothing": "No such option: --nothing",
    "serve --port many": "Invalid value for '--port' / '-p': must be a valid integer",
    "serve --port 70000": "--port=70000: must be less than or equal to 65535",
    "serve --database mysql://x/y": "--database='mysql://x/y': must be sqlite:///FILE",
    "audit now": "Got unexpected extra argument(s) (now). Try: sellout audit --help",
    "items add": "Missing argument 'NAME'. Try: sellout items add --help",
    "items add Gala": "Missing option '--capacity'. Try: sellout items add --help",
    "items add Gala --capacity -1": "--capacity must be greater than or equal to 0",
    "items add Gala --capacity 1 --opens-at tomorrow": "--opens-at must be a time as RFC 3339 text",
    "items add ! --capacity 1": "--id is required: no id can be made from this name",
    "items add x --capacity 1 --opens-at 2027-01-02T00:00:00Z --closes-at 2027-01-01T00:00:00Z": (
        "--closes-at must be later than opens_at"
    ),
    "items set item-a": "name at least one option to change; see: sellout items set --help",
    "reset": "this removes all items, purchases and movements: add --yes if you mean it",
    "prove --buyers 0": "Invalid value for '--buyers'",
    "prove --item item-a": "an item is on a running server: give its URL too",
    "prove --url http://127.0.0.1:1 --database sqlite:///x.db --item x": "give the one or the other",
    "prove --html nowhere/proof.html": "cannot write nowhere/proof.html: the folder nowhere does not exist",
    "prove --html /dev": "cannot write /dev: Is a directory",
}


@pytest.mark.parametrize("command", BAD)
def test_bad_usage_is_one_line_and_exit_code_2(command: str, tmp_path: Path) -> None:
    done = sellout(*command.split(), folder=tmp_path)
    assert done.code == 2
    assert BAD[command] in done.error
    assert list(tmp_path.iterdir()) == [], "nothing was made"


def test_where_its_output_has_no_room_it_says_so_in_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sellout", "config", "--json"],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "sellout: No space left on device\n")
