"""Every example runs as its first lines say, against a real server, and does what it tells."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sellout.client import Client
from tests.processes import ORGANISER_KEY, running

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("shop") / "shop.db") as server:
        yield server.url


@pytest.fixture
def shop(url: str) -> Iterator[Client]:
    with Client(url, organiser_key=ORGANISER_KEY) as client:
        yield client


def run(name: str, *arguments: str, key: str = ORGANISER_KEY) -> str:
    """What an example prints."""
    environment = {**os.environ, "SELLOUT_ORGANISER_KEY": key}
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_example_is_tested_and_says_how_to_run_it() -> None:
    tested = set(re.findall(r'run\("(\w+\.py)"', Path(__file__).read_text()))
    assert {file.name for file in EXAMPLES.glob("*.py")} == tested
    for name in tested:
        assert f"python examples/{name} [URL" in (EXAMPLES / name).read_text()


def test_buying_one(url: str, shop: Client) -> None:
    empty = shop.add_item("Empty", 0)
    sold = shop.item("item-a").sold
    printed = run("buy_one.py", url)
    assert re.search(r"Item A: \d+ of 100 are available\n  bought: \S+\n", printed)
    assert f"{empty.name}: 0 of 0 are available\n  sold out\n" in printed
    assert shop.item("item-a").sold == sold + 1


def test_holding_and_paying(url: str, shop: Client) -> None:
    item = shop.add_item("To be paid", 5)
    printed = run("hold_and_pay.py", url, item.id)
    assert re.search(r"2 units are held until .*\nada has paid: payment-.*\nbought: ", printed)
    assert (shop.item(item.id).sold, shop.item(item.id).held) == (2, 0)


def test_paying_too_late(shop: Client, capsys: pytest.CaptureFixture[str]) -> None:
    item = shop.add_item("Last one", 1, hold_seconds=1, payment_seconds=1)
    example = runpy.run_path(str(EXAMPLES / "hold_and_pay.py"))
    bank = example["Bank"]()
    charge = bank.charge

    def charge_slowly(buyer: str) -> str:
        """Takes so long that the hold expires, and somebody else buys."""
        shop.buy(item.id, wait_seconds=30)
        return str(charge(buyer))

    bank.charge = charge_slowly
    assert example["pay_for"](shop, shop.hold(item.id, buyer="ada"), bank) is None
    assert "given back: payment-" in capsys.readouterr().out
    assert len(list(shop.late_payments(item.id))) == 1


def test_the_box_office(url: str) -> None:
    printed = run("box_office.py", url)
    assert printed.splitlines() == [
        "on sale: 3 x Front row, at /items/front-row", "ada: bought", "bob: bought", "cyd: bought", "dan: sold out",
        "restocked: 1 available", "dan: bought", "bob: refunded", "sold 3 of 4; the ledger agrees: True",
    ]  # fmt: skip


def test_a_rush(url: str, shop: Client) -> None:
    printed = run("async_rush.py", url, shop.add_item("Rush", 100).id)
    assert printed.splitlines() == [
        "  200 sold_out", "  100 bought", "100 were available before, 0 are now",
    ]  # fmt: skip


def test_surviving_a_crash(url: str, shop: Client, tmp_path: Path) -> None:
    sold = shop.item("item-a").sold
    first = run("survive_a_crash.py", url, "order-7", str(tmp_path))
    assert run("survive_a_crash.py", url, "order-7", str(tmp_path)) == first
    assert shop.item("item-a").sold == sold + 1
    assert shop.purchase(first.split()[-1]).buyer == "ada"
    assert list((tmp_path / "keys").iterdir()) == []
