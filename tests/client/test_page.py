"""docs/client.md and the example of the README are run as they are written, and their tables are complete."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sellout.client import Client, Refused
from sellout.client.answers import CLASSES
from sellout.http.problems import PROBLEMS
from tests.processes import ORGANISER_KEY, running

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "client.md"
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SELLOUT_ORGANISER_KEY", ORGANISER_KEY)
    with running(tmp_path / "shop.db") as server:
        yield server.url


def blocks(file: Path) -> list[str]:
    return re.findall(r"(?ms)^```python\n(.*?)^```", file.read_text())


def test_the_page_runs(url: str) -> None:
    together: dict[str, Any] = {}
    code = blocks(PAGE)
    assert len(code) >= 8
    for block in code:
        exec(compile(block.replace(ADDRESS, url), str(PAGE), "exec"), together)
    with Client(url) as shop:
        assert shop.item("item-a").held == 0
        assert shop.item("front-row").capacity == 250


def test_the_example_of_the_readme_runs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [block for block in blocks(ROOT / "README.md") if "sellout.client" in block]
    exec(compile(block.replace(ADDRESS, url), "README.md", "exec"), {})
    with Client(url) as shop:
        assert shop.item("item-a").sold == 2
    assert capsys.readouterr().out


def test_every_class_of_a_refusal_is_in_the_table_with_its_code() -> None:
    table = PAGE.read_text().split("| class below `Refused`")[1].split("\n\n")[0]
    for code, kind in CLASSES.items():
        if issubclass(kind, Refused) and code in PROBLEMS:
            rows = [row for row in table.splitlines() if f"`{kind.__name__}`" in row]
            assert len(rows) == 1
            assert f"`{code}`" in rows[0] or "`unknown_…`" in rows[0]
