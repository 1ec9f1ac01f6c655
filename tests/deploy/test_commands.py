"""Everything that an operator may copy: command lines parse, and settings exist and take the values shown."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from sellout.cli import app
from sellout.http.problems import PROBLEMS
from sellout.settings import PREFIX, Settings, load_settings
from sellout.store.postgres import READERS_MAX
from tests.cli.reference_metrics import figures
from tests.deploy import files

TEXTS = sorted(
    path
    for path in (*files.DEPLOY.iterdir(), files.PAGE, files.ROOT / ".dockerignore")
    if path.is_file() and "requirements" not in path.name
)
VARIABLES = {PREFIX + name.upper(): name for name in Settings.model_fields}
GROUPS = ["db", "items", "keys"]


def parse(words: list[str]) -> str:
    """The path of the command that these words call. Raises what the program would say of bad usage."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("sellout", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
    return str(context.command_path)


def shown_commands() -> list[tuple[str, list[str]]]:
    lines = [(files.PAGE.name, line) for line in files.code_of(files.PAGE)]
    lines += [(path.name, line) for path in TEXTS if path != files.PAGE for line in files.comments_of(path)]
    found = [(name, files.command_in(line)) for name, line in lines]
    return [(name, words) for name, words in found if words is not None]


@pytest.mark.parametrize(("name", "words"), shown_commands())
def test_every_command_that_is_shown_parses(name: str, words: list[str]) -> None:
    if len(words) == 1 and words[0] in GROUPS:
        return  # a group that is only named
    try:
        parse(words)
    except typer.TyperException as error:
        if not (len(words) == 2 and words[0] in GROUPS and "Missing argument" in error.format_message()):
            raise  # the bare name of a command that takes arguments is no command line


def test_commands_are_found_and_bad_ones_are_not_let_through() -> None:
    shown = [words for _, words in shown_commands()]
    assert len(shown) > 25
    assert [
        "db",
        "copy",
        "sqlite:////var/lib/sellout/inventory.db",
        "postgresql://shop_owner@pg1,pg2,pg3/shop",
    ] in shown
    assert ["items", "add", "Front row", "--capacity", "200"] in shown
    assert parse(["db", "backup", "x.db"]) == "sellout db backup"
    for wrong in (
        ["serve", "--hots", "0.0.0.0"],
        ["db", "copyy", "a", "b"],
        ["items", "add", "x", "--capacity", "ten"],
    ):
        with pytest.raises(typer.TyperException):
            parse(wrong)


@pytest.mark.parametrize("name", files.COMPOSE_FILES)
def test_every_service_of_sellout_runs_a_command_that_parses(name: str) -> None:
    image = files.stages_of(files.DEPLOY / "Dockerfile")[-1]
    entrypoint, default = (next(step.words for step in image if step.name == each) for each in ("ENTRYPOINT", "CMD"))
    assert entrypoint == ["sellout"]
    own = [service for service in files.services_of(name).values() if service.get("image") == "sellout"]
    assert own
    for service in own:
        assert parse(service.get("command", default)) in {"sellout serve", "sellout db upgrade"}


def test_the_unit_runs_a_command_that_parses() -> None:
    (start,) = files.unit()["Service"]["ExecStart"]
    program, *words = start.split()
    assert (Path(program).name, parse(words)) == ("sellout", "sellout serve")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.name))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+", path.read_text("utf-8"))) <= set(VARIABLES)


@pytest.mark.parametrize("name", files.COMPOSE_FILES)
def test_settings_of_services_have_values_that_the_program_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in files.services_of(name).values():
        given = {name: value for name, value in files.environment_of(service).items() if name in VARIABLES}
        with monkeypatch.context() as patch:
            for variable, value in given.items():
                patch.setenv(variable, value)
            assert {VARIABLES[name] for name in given} <= load_settings().model_fields_set


def test_settings_of_the_image_the_unit_and_the_page_have_values_that_the_program_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [files.image()["ENV"], *files.unit()["Service"]["Environment"], *files.code_of(files.PAGE)]
    given = [found.groups() for text in texts for found in re.finditer(rf"\b({PREFIX}[A-Z_]+)=(\S+)", text)]
    assert len(given) >= 5
    for variable, value in given:
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            load_settings()


def test_the_page_has_the_defaults_of_the_program() -> None:
    text = files.PAGE.read_text("utf-8")
    shown = re.findall(rf"`({PREFIX}[A-Z_]+)` \(([\d.]+)\)", text)
    assert len(shown) >= 3
    for variable, value in shown:
        assert float(value) == float(Settings.model_fields[VARIABLES[variable]].default), variable
    assert f"one that writes and up to {READERS_MAX} that read. Count {READERS_MAX + 1} for" in text


def test_the_page_knows_the_problems_and_figures_that_it_names() -> None:
    text = files.PAGE.read_text("utf-8")
    assert set(re.findall(r"50\d `(\w+)`", text)) == {"busy", "unavailable"}
    assert {PROBLEMS[code].status for code in ("busy", "unavailable")} == {503}
    assert set(re.findall(r"`(sellout_[a-z_]+)[`{]", text)) == {figure.name for figure in figures()}


MESSAGES = (
    "the disk is full",
    "the database is read-only",
    "was removed or replaced while it was in use",
    "another process holds the database's lock",
    "the database is damaged",
    "the database does not answer in time",
    "no host takes writes",
    "does not answer in time whether it has committed",
    "its schema is not up to date, and this role may not change it",
    "newer than version",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_what_the_page_quotes_is_what_the_program_says(message: str) -> None:
    sources = " ".join(path.read_text("utf-8") for path in (files.ROOT / "src" / "sellout" / "store").glob("*.py"))
    assert message in files.PAGE.read_text("utf-8")
    assert message in sources
