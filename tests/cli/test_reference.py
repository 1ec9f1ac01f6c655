"""The reference pages of the documentation say what the program says."""

import pytest

from sellout.http.problems import PROBLEMS
from sellout.settings import Settings, describe
from tests.cli.markdown import line
from tests.cli.reference import DOCS, PAGES, commands
from tests.cli.reference_api import routes
from tests.cli.reference_metrics import figures


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_program_makes_of_it(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: make reference"


def test_every_setting_is_documented() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")
    for setting in describe(Settings.model_construct()):
        assert setting.meaning, setting.variable
        assert f"| `{setting.variable}` |" in page


def test_every_command_is_documented() -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    for command in commands():
        assert f"## {' '.join(('sellout', *command))}\n" in page


def test_every_problem_is_documented() -> None:
    page = (DOCS / "problems.md").read_text("utf-8")
    for code in PROBLEMS:
        assert f"## {code}\n" in page


def test_every_metric_is_documented() -> None:
    page = (DOCS / "metrics.md").read_text("utf-8")
    for figure in figures():
        assert figure.meaning, figure.name
        assert f"{line(figure.cells)}\n" in page


def test_every_route_is_documented() -> None:
    page = (DOCS / "api.md").read_text("utf-8")
    for route in routes():
        assert route.described["description"], route.name
        assert f"| {route.name} | " in page
