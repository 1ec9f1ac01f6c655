"""SECURITY.md: all ten risks have a row, and the tests that it names are there."""

import re

import pytest

from tests.deploy.files import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
RISKS = [f"API{number}" for number in range(1, 11)]
ROWS = {row.split()[1]: row for row in PAGE.splitlines() if row.startswith("| API")}


def test_every_risk_has_its_row() -> None:
    assert list(ROWS) == RISKS


@pytest.mark.parametrize("risk", RISKS)
def test_every_row_names_tests(risk: str) -> None:
    assert re.findall(r"`tests/[\w/]+\.py`", ROWS[risk])


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:tests|docs)/[\w/.-]+)`", PAGE))))
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()
    if path.endswith(".py"):
        assert "\ndef test_" in (ROOT / path).read_text("utf-8")
