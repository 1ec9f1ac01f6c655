"""`sellout export`: purchases and the ledger as files."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.terminal import sellout
from tests.http.shop import running_shop


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """A folder with a shop that has sold something."""
    with running_shop(tmp_path / "inventory.db") as shop:
        for buyer in ("Ada", "=1+1"):
            shop.buy(buyer=buyer)
    return tmp_path


def test_purchases_and_the_ledger_go_to_standard_output_as_json_lines(sold: Path) -> None:
    done = sellout("export", "purchases", "item-a", folder=sold)
    assert (done.code, done.err) == (0, "")
    assert [json.loads(line)["buyer"] for line in done.out.splitlines()] == ["Ada", "=1+1"]
    done = sellout("export", "movements", "item-a", folder=sold)
    assert [json.loads(line)["kind"] for line in done.out.splitlines()] == ["restock", "buy", "buy"]


def test_a_file_appears_whole_and_is_never_written_over(sold: Path) -> None:
    words = ("export", "purchases", "item-a", "--output", "out.csv")
    assert sellout(*words, folder=sold) == (0, "", "")
    rows = list(csv.DictReader(io.StringIO((sold / "out.csv").read_bytes().decode(), newline="")))
    assert [row["buyer"] for row in rows] == ["Ada", "'=1+1"]
    again = sellout(*words, folder=sold)
    assert (again.code, "exists" in again.error) == (1, True)
    assert not list(sold.glob("*.unfinished"))


def test_what_is_not_there_is_not_exported(sold: Path) -> None:
    done = sellout("export", "purchases", "item-z", "--output", "out.csv", folder=sold)
    assert (done.code, done.error) == (1, "there is no item item-z")
    assert not (sold / "out.csv").exists()
    missing = sellout("export", "purchases", "item-a", "--output", "no/such/folder.csv", folder=sold)
    assert (missing.code, "No such file" in missing.error) == (1, True)
    assert sellout("export", "everything", "item-a", folder=sold).code == 2
