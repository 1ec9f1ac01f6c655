"""What a reader may copy from any page exists: commands, settings, routes, metrics, problems."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from sellout.http.problems import PROBLEMS
from sellout.settings import PREFIX, Settings
from tests.cli.reference import PAGES
from tests.cli.reference_api import Route, routes
from tests.cli.reference_metrics import figures
from tests.deploy.files import code_of
from tests.deploy.test_commands import parse
from tests.docs.walk import DOCS, problems_shown

WRITTEN = sorted(page for page in DOCS.rglob("*.md") if page.name not in PAGES)
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}

_CURL = re.compile(r"^curl (.*)$")
_ADDRESS = re.compile(r"https?://(?:127\.0\.0\.1|localhost):\d+(/[^\s'\"]*)")


def name_of(page: Path) -> str:
    return str(page.relative_to(DOCS))


def lines_of(page: Path) -> list[str]:
    """The lines of a page's `sh` blocks, those that go on below as one."""
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", page.read_text("utf-8"))
    return "".join(blocks).replace("\\\n", " ").splitlines()


def calls_of(page: Path) -> list[list[str]]:
    """The `sellout` commands of a page, as words without `sellout`."""
    words = [shlex.split(line, comments=True) for line in lines_of(page)]
    return [call[1:] for call in words if call and Path(call[0]).name == "sellout"]


def requests_of(page: Path) -> list[tuple[str, str]]:
    """The method and the path of each request that a page's `curl` commands make."""
    found = []
    for line in filter(_CURL.match, lines_of(page)):
        address = _ADDRESS.search(line)
        if address is not None:
            method = re.search(r"-X (\w+)", line)
            found.append((method[1] if method else "GET", address[1].partition("?")[0]))
    return found


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_command_parses(page: Path) -> None:
    for words in calls_of(page):
        assert parse(words)


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_request_has_a_route(page: Path) -> None:
    patterns = [matching(route) for route in routes()]
    for method, path in requests_of(page):
        assert any(pattern.fullmatch(f"{method} {path}") for pattern in patterns), (method, path)


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_setting_exists(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", page.read_text("utf-8")))
    assert named <= VARIABLES


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_metric_exists(page: Path) -> None:
    named = {found[1] for code in code_of(page) if (found := re.match(r"(sellout_[a-z_]+)(?:\{.*\})?$", code))}
    assert named <= {figure.name for figure in figures()}


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_problem_that_an_answer_shows_exists(page: Path) -> None:
    if page.parent != DOCS or page.name == "quickstart.md":
        assert set(problems_shown(page)) <= set(PROBLEMS)


def matching(route: Route) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(f"{route.method} {route.path}")))


def test_commands_and_requests_are_found_and_bad_ones_are_not_let_through(tmp_path: Path) -> None:
    night = DOCS / "how-to" / "on-sale-night.md"
    assert ["items", "set", "front-row", "--not-paused"] in calls_of(night)
    assert ("GET", "/v1/items/front-row/late-payments") in requests_of(night)
    assert ("POST", "/v1/purchases/$PURCHASE/refund") in requests_of(DOCS / "how-to" / "refunds.md")
    wrong = tmp_path / "wrong.md"
    wrong.write_text("```sh\nsellout items sett x\ncurl -X PUT http://127.0.0.1:8000/v1/items\n```\n")
    with pytest.raises(typer.TyperException):
        test_every_command_parses(wrong)
    with pytest.raises(AssertionError):
        test_every_request_has_a_route(wrong)


def test_the_start_page_names_every_page() -> None:
    named = set(re.findall(r"\]\(([^):#]+\.md)", (DOCS / "index.md").read_text("utf-8")))
    (joining,) = re.findall(r"(?m)^JOINING = \((.*)\)$", (DOCS / "conf.py").read_text("utf-8"))
    later = {f"{page}.md" for page in re.findall(r'"(.+?)"', joining)}
    missing = {name_of(page) for page in DOCS.rglob("*.md")} - named - later - {"index.md"}
    assert not missing, "give it a line in docs/index.md, from which the site's navigation is made"
