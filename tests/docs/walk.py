"""Walking through a page: its commands are run one after the other, as a reader would, and their output is compared.

A `sh` block is run by a shell, all of them in one folder. The block of `json` or `text` that follows it is what comes:
in it `…` stands for anything, and members of JSON that the page leaves out do not count. Ids in an answer are kept
under the names that the pages give them: `$HOLD` is the last `hold_id`.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "http://127.0.0.1:8000"
SECONDS_MAX = 250.0
NAMED = {"purchase_id": "PURCHASE", "hold_id": "HOLD", "entry_id": "ENTRY"}

_BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """Commands, and what they print, where the page says so."""

    commands: str
    kind: str = ""
    shown: str = ""


def steps(page: Path) -> list[Step]:
    """The steps of a page, in its order."""
    found: list[Step] = []
    for kind, text in _BLOCK.findall(page.read_text("utf-8")):
        if kind == "sh":
            found.append(Step(text))
        else:
            assert not found[-1].kind, f"nothing printed this: {text}"
            found[-1] = Step(found[-1].commands, kind, text)
    return found


class Reader:
    """Somebody with a shell in a folder, before a server at an address."""

    def __init__(self, folder: Path, address: str, **variables: str) -> None:
        self._folder = folder
        self._address = address
        self._environment = {**os.environ, "COLUMNS": "80", **variables}

    def follow(self, step: Step) -> None:
        """Do it, and compare what comes."""
        printed = self._run(step.commands.replace(ADDRESS, self._address))
        self._keep(printed)
        if step.kind:
            compare(step, printed)

    def _run(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=self._folder, env=self._environment,
            capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
        )  # fmt: skip
        assert done.returncode == 0, (commands, done.stdout, done.stderr)
        return done.stdout

    def _keep(self, printed: str) -> None:
        for member, name in NAMED.items():
            if ids := re.findall(rf'"{member}":"([^"]+)"', printed):
                self._environment[name] = ids[-1]


def compare(step: Step, printed: str) -> None:
    """Fail unless this is what the page shows."""
    if step.kind == "json":
        shown = json.loads(step.shown)
        assert holds(shown, json.loads(last_document(printed))), (step, printed)
    else:
        pattern = re.escape(trimmed(step.shown)).replace("…", ".+")
        assert re.fullmatch(pattern, trimmed(printed)), (step, printed)


def last_document(printed: str) -> str:
    """The last of several JSON documents that were printed after one another."""
    decoder, begin, place = json.JSONDecoder(), 0, 0
    while printed[place:].strip():
        begin, (_, place) = place, decoder.raw_decode(printed, place)
    return printed[begin:]


def holds(shown: Any, found: Any) -> bool:
    """Whether what is shown is there."""
    if isinstance(shown, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and holds(value, found[name]) for name, value in shown.items()
        )
    return bool(found) if shown == "…" else bool(shown == found)


def trimmed(text: str) -> str:
    """Lines without the blanks at their ends."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def problems_shown(page: Path) -> Iterator[str]:
    """The codes of problems in a page's JSON."""
    for step in steps(page):
        if step.kind == "json" and "code" in (document := json.loads(step.shown)):
            yield document["code"]
