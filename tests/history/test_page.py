"""docs/history.md names every rule as it is, and the program that it shows works."""

import re
from pathlib import Path

import pytest

from sellout.history.check import RULES
from sellout.history.lines import written
from tests.history.planting import broken, keep
from tests.history.plants import day

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text("utf-8")


def test_every_rule_is_in_the_table_with_its_statement() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", PAGE)
    assert rows == [(rule.name, rule.statement) for rule in RULES]


def test_the_program_prints_what_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = keep(day(), purchases=day().kept.purchases[1:])
    (tmp_path / "history.jsonl").write_text("\n".join(written(history)), encoding="utf-8")
    (program,) = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "history.md", "exec"), {})  # the page's own program
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert printed == broken(history)
    assert printed
