"""The torture against every mutant: `python -m tests.mutants.hunt.hunt`, or `make mutants`. All must be caught.

First a server without a fault has to pass, by the same seed: torture that cries at everything would catch them all.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from tests.mutants.hunt.mutant import VARIABLE, Mutant
from tests.mutants.hunt.mutants import MUTANTS

REPOSITORY = Path(__file__).parents[3]
PATH = Path(__file__).parent / "path"
AT_ONCE = 2
HEALTHY_ROUNDS = 12
ROUNDS_MAX = 40
"""How many rounds a mutant has to survive, to have survived."""

SECONDS_MAX = 600
"""For one mutant: one that stops the server from ever starting is not caught either."""

EXACT, BROKEN = 0, 1


class Catch(NamedTuple):
    """What became of a mutant: the rules that it broke in the last of so many rounds, or why it was not caught."""

    mutant: Mutant
    rules: tuple[str, ...]
    rounds: int
    seconds: float
    why_not: str | None = None


def torture(seed: int, rounds: int, mutant: Mutant | None) -> tuple[int, dict[str, Any], str]:
    """The exit code, what it said as JSON, and its complaints."""
    command = [sys.executable, "-m", "sellout", "torture", "--rounds", str(rounds), "--seed", str(seed)]
    command += ["--json", "--stop-at-first", "--at-once", str(AT_ONCE if mutant is None else 1)]
    variables = dict(os.environ)
    if mutant is not None:
        command += ["--faults", ",".join(mutant.faults)] if mutant.faults else []
        paths = (str(PATH), str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")]))
        variables |= {VARIABLE: mutant.name, "PYTHONPATH": os.pathsep.join(paths)}
    with tempfile.TemporaryDirectory(prefix="sellout-mutant-") as folder:
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr.strip()


def hunt(mutant: Mutant, seed: int) -> Catch:
    """Send the torture against a mutant."""
    began_at = time.monotonic()
    try:
        code, said, complaints = torture(seed, ROUNDS_MAX, mutant)
    except subprocess.TimeoutExpired:
        return Catch(mutant, (), 0, time.monotonic() - began_at, f"it took more than {SECONDS_MAX} s")
    rounds = said.get("rounds", [])
    rules = tuple(dict.fromkeys(ruling["name"] for each in rounds for ruling in each["broken"]))
    seconds = time.monotonic() - began_at
    if code == BROKEN and rules:
        return Catch(mutant, rules, len(rounds), seconds)
    last = complaints.splitlines()[-1] if complaints else "nothing"
    return Catch(mutant, (), len(rounds), seconds, "it survived" if code == EXACT else f"exit {code}: {last}")


def hunted(mutants: Sequence[Mutant], seed: int) -> Iterator[Catch]:
    """Some at once, in the order of the list."""
    with ThreadPoolExecutor(AT_ONCE) as hunters:
        yield from hunters.map(lambda mutant: hunt(mutant, seed), mutants)


def line(catch: Catch) -> str:
    """A catch for people."""
    became = ", ".join(catch.rules) if catch.why_not is None else f"NOT CAUGHT: {catch.why_not}"
    return f"{catch.mutant.room}: {catch.mutant.name}: {became} (round {catch.rounds}, {catch.seconds:.0f} s)"


def table(catches: Sequence[Catch]) -> str:
    """The catches as a table of the documentation."""
    rows = [
        f"| {catch.mutant.room} | {catch.mutant.what} | {'`, `'.join(catch.rules).join('``')} | {catch.rounds} |"
        for catch in catches
    ]
    return "\n".join(["| room | what is wrong in it | what caught it | in round |", "| --- | --- | --- | --- |", *rows])


def main(
    only: Annotated[list[str] | None, typer.Option(help="Hunt these mutants alone, by name.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the torture.")] = 1,
    markdown: Annotated[Path | None, typer.Option(help="Write the table of catches into this file.")] = None,
) -> None:
    """Send the torture against every planted fault. Exit code 1 where one survives, or where it finds one in health."""
    console = Console(highlight=False, soft_wrap=True)
    unknown = [name for name in only or () if name not in MUTANTS]
    if unknown:
        console.print(f"there is no mutant {unknown[0]}; there are: {', '.join(MUTANTS)}")
        raise typer.Exit(2)
    code, _, complaints = torture(seed, HEALTHY_ROUNDS, None)
    if code != EXACT:
        console.print(f"a server without a fault did not pass (exit {code}):\n{complaints}")
        raise typer.Exit(1)
    console.print(f"a server without a fault: {HEALTHY_ROUNDS} rounds exact")
    catches = []
    for catch in hunted([MUTANTS[name] for name in only] if only else [*MUTANTS.values()], seed):
        console.print(line(catch))
        catches.append(catch)
    survivors = [catch.mutant.name for catch in catches if catch.why_not is not None]
    console.print(f"{len(catches)} mutants, {len(catches) - len(survivors)} caught")
    if markdown is not None and not survivors:
        markdown.write_text(table(catches) + "\n", encoding="utf-8")
    raise typer.Exit(1 if survivors else 0)


if __name__ == "__main__":
    typer.run(main)
