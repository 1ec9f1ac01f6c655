"""The files of a deployment, read as their programs would read them."""

import importlib
import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = ROOT / "docs" / "operate.md"
COMPOSE_FILES = ("compose.sqlite.yaml", "compose.postgres.yaml")

_REFERENCE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def yaml_of(name: str) -> Any:
    """A YAML file of the deployment."""
    yaml: Any = importlib.import_module("yaml")  # it has no types
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


def services_of(name: str) -> dict[str, dict[str, Any]]:
    """The services of a compose file."""
    services: dict[str, dict[str, Any]] = yaml_of(name)["services"]
    return services


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    """What a service sets; what it only passes on is left out, and a password stands for each that is asked for."""
    given = service.get("environment", {})
    return {name: filled(str(value)) for name, value in given.items() if value is not None}


def filled(text: str) -> str:
    """A text with its `${NAME}` replaced, by the default if it has one."""
    return _REFERENCE.sub(lambda found: found[3] if found[2] == "-" else f"a-secret-for-{found[1]}", text)


def asked_for(text: str) -> set[str]:
    """Names of the variables without which compose does not start."""
    return {found[1] for found in _REFERENCE.finditer(text) if found[2] != "-"}


class Step(NamedTuple):
    """An instruction of a Dockerfile."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """Its arguments, if they are in the exec form."""
        found: list[str] = json.loads(self.rest)
        return found


def stages_of(dockerfile: Path) -> list[list[Step]]:
    """The stages of a Dockerfile, each from its FROM on."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[list[Step]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        step = Step(*line.split(None, 1))
        if step.name == "FROM":
            stages.append([])
        stages[-1].append(step)
    return stages


def image() -> dict[str, str]:
    """The last stage of Sellout's image: its instructions by name, those that come once."""
    return {step.name: step.rest for step in stages_of(DEPLOY / "Dockerfile")[-1]}


def unit() -> dict[str, dict[str, list[str]]]:
    """The systemd unit: what each section says, a list for each name, as a name may come again."""
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in (DEPLOY / "sellout.service").read_text("utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return sections


def code_of(page: Path) -> list[str]:
    """Everything in a page that is set as code: lines of blocks, fenced or indented, and what is between backquotes."""
    lines, spans, fenced = [], [], False
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines.append(line.strip())
        else:
            spans.append(line)
    return [*lines, *re.findall(r"`([^`]+)`", "\n".join(spans).replace("\n", " "))]


def comments_of(file: Path) -> list[str]:
    """The comments of a file, in which commands are shown, too."""
    return [found[1].strip() for found in re.finditer(r"^\s*(?:#|--)(.*)$", file.read_text("utf-8"), re.MULTILINE)]


def command_in(line: str) -> list[str] | None:
    """The `sellout ...` command in a line of shell, as words without `sellout`; None where there is none."""
    found = re.search(
        r"(?:^|`|[ /])sellout (?=[a-z]+[ `]|[a-z]+$)(prove|serve|items|audit|config|reset|db)\b([^`]*)", line
    )
    if found is None:
        return None
    return shlex.split(found[1] + found[2].split(" #")[0])
