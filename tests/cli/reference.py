"""The reference pages of docs/, made from the program itself: settings, command line, problems, metrics, routes.

    python -m tests.cli.reference    writes them

`test_reference.py` fails where a page is not what this makes.
"""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from typer.main import get_command

from sellout.cli import app
from sellout.http.problems import PROBLEMS
from sellout.settings import Settings, describe
from tests.cli.markdown import page, table
from tests.cli.reference_api import api_page
from tests.cli.reference_metrics import metrics_page

DOCS = Path(__file__).parents[2] / "docs"
HELP_COLUMNS = 80


def settings_page() -> str:
    """Every setting with its default, what is allowed, and its meaning."""
    schema = Settings.model_json_schema()["properties"]
    rows = [
        (f"`{setting.variable}`", _default(setting.value), _allowed(schema[setting.name]), setting.meaning)
        for setting in describe(Settings.model_construct())
    ]
    return page(
        "Settings",
        "Settings are environment variables. Options of the command line (`--host`, `--port`, `--workers`, "
        "`--database`) go before them. `sellout config` shows every setting, its value and where it came from. "
        "A bad value stops the start with one line that names the variable, the value and what is allowed.",
        table(("variable", "default", "allowed", "meaning"), rows),
    )


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "none" if value in (None, "") else f"`{value}`"


def _allowed(schema: dict[str, Any]) -> str:
    """The bounds of a number or of a text's length, in words."""
    if "maximum" in schema:
        least = (
            f"more than {schema['exclusiveMinimum']:,}" if "exclusiveMinimum" in schema else f"{schema['minimum']:,}"
        )
        return f"{least} to {schema['maximum']:,}"
    if "maxLength" in schema:
        return f"{schema['minLength']} to {schema['maxLength']} characters"
    if schema.get("type") == "boolean":
        return "true or false"
    return "text"


def cli_page() -> str:
    """What `--help` says, for every command."""
    parts = [f"## {' '.join(('sellout', *command))}\n\n```text\n{help_of(command)}```" for command in commands()]
    return page(
        "Command line",
        "Results go to stdout and errors to stderr, in one line. Exit code 0: done. 1: it could not be done, or the "
        "answer is no. 2: bad usage, or for `prove`: it could not run.",
        *parts,
    )


def commands() -> list[tuple[str, ...]]:
    """All commands, as the words that follow `sellout`."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        for name, part in getattr(command, "commands", {}).items():
            yield from below(part, (*words, name))

    return list(below(get_command(app), ()))


def help_of(command: tuple[str, ...]) -> str:
    """The help of a command, as a terminal of 80 columns shows it."""
    said = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS=str(HELP_COLUMNS)), contextlib.redirect_stdout(said):
        app([*command, "--help"], prog_name="sellout", standalone_mode=False)
    return said.getvalue()


def problems_page() -> str:
    """Every problem: its code, its status, when it comes and what to do."""
    ordered = sorted(PROBLEMS.items(), key=lambda entry: (entry[1].status, entry[0]))
    parts = [f"## {code}\n\n{kind.status} {kind.title}. {kind.when}\n\n{kind.cure}" for code, kind in ordered]
    return page(
        "Problems",
        "Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). Its `code` is "
        "one of these and never changes; its `type` leads to the same text in the served documentation "
        "(`/docs/problems/CODE`).",
        *parts,
    )


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "problems.md": problems_page,
    "metrics.md": metrics_page,
    "api.md": api_page,
}


def main() -> None:
    """Write all pages."""
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
