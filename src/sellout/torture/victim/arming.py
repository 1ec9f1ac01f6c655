"""The document that arms a server, and the switches that may be thrown while it runs.

May touch: the environment that a server is started with, and the file of the switches. What is armed is imported only
where it is, so that an unarmed process, and the driver, carry none of it.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeAlias

import msgspec

VARIABLE = "TORTURE_ARM"
"""Has the document, in every process of an armed server."""

GROUP_VARIABLE = "TORTURE_GROUP"
"""Has the process group of the armed server: the one that a named point may kill."""

PATH = Path(__file__).parent / "path"
"""The folder that Python finds our `sitecustomize` in."""

EXIT_BADLY_ARMED = 78
"""The exit code of a process that could not be armed as it was told (EX_CONFIG): it would run without its fault."""

CHECKPOINT_PAGES = 40
"""Pages in the write-ahead log at which a server that is to die in a checkpoint makes one: 4000 would come too late."""

Point: TypeAlias = Literal["before_commit", "after_commit", "in_checkpoint", "in_migration"]


class Arming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is armed in a server. Without any member, nothing is.

    `kill_at` kills the process group of the server when a point is passed for the `kill_after`-th time (1 is the
    first), counted by each process for itself; before, it appends a line to the file `marks`.

      before_commit  a batch of the sale that has written something is about to commit
      after_commit   it has committed, it is durable, and nobody has been answered
      in_checkpoint  some pages of the write-ahead log are in the database file, and others are not, of a process that
                     has sold something (SQLite only)
      in_migration   so many migrations are done, in a transaction that is still open

    `clock_jump_seconds`: the clock jumps by so much, once, `clock_jump_after_seconds` after the process was armed.
    `power_loss`: what was not synced is lost when the process is killed (SQLite only; see power.py). With `tear_seed`
    a named point first brings some of it to the disk, as chance has it.
    `synchronous` instead of what the server asks SQLite for. `checkpoint_pages` likewise.
    `control`: the file of the switches.
    """

    kill_at: Point | None = None
    kill_after: Annotated[int, msgspec.Meta(ge=1)] = 1
    marks: str | None = None
    control: str | None = None
    clock_jump_after_seconds: float | None = None
    clock_jump_seconds: float = 0.0
    power_loss: bool = False
    tear_seed: int | None = None
    synchronous: Literal["NORMAL"] | None = None
    checkpoint_pages: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be thrown while the server runs, in the file that `Arming.control` names. No file: nothing is.

    `disk_full`: no file of the database grows (SQLITE_FULL). `fsync_eio`: no sync succeeds (SQLITE_IOERR_FSYNC).
    `clock_offset_seconds`: the clock shows so much more.
    """

    disk_full: bool = False
    fsync_eio: bool = False
    clock_offset_seconds: float = 0.0


class Mark(msgspec.Struct, frozen=True):
    """A line in the file of marks: a process was about to die, `at` (`time.monotonic` seconds), at a point."""

    at: float
    point: Point
    pid: int


def armed(arming: Arming, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server that is armed so. It has to be started in a session of its own."""
    others = environment.get("PYTHONPATH")
    return {
        **environment,
        "PYTHONPATH": f"{PATH}{os.pathsep}{others}" if others else str(PATH),
        VARIABLE: msgspec.json.encode(arming).decode(),
    }


def throw(control: Path, switches: Switches) -> None:
    """Throw the switches: all at once, for whoever reads them meanwhile."""
    fresh = control.with_suffix(".fresh")
    fresh.write_bytes(msgspec.json.encode(switches))
    fresh.replace(control)


def marks_in(marks: Path) -> list[Mark]:
    """The marks that were left."""
    return [msgspec.json.decode(line, type=Mark) for line in marks.read_bytes().splitlines()] if marks.exists() else []


def arm(text: str) -> None:
    """Arm this process as the document says. Ends it with one sentence where that cannot be done."""
    try:
        arming = msgspec.json.decode(text, type=Arming)
    except msgspec.DecodeError as error:
        _end(f"{VARIABLE} is no arming: {error}")
    if os.getpid() == os.getpgrp():
        os.environ[GROUP_VARIABLE] = str(os.getpgrp())  # the server's first process; the others inherit it
    from sellout.torture.victim.install import install

    install(arming)


def _end(sentence: str) -> NoReturn:
    sys.stderr.write(f"sellout torture: {sentence}\n")
    sys.stderr.flush()
    os._exit(EXIT_BADLY_ARMED)  # site goes on after any other end, and the server would run unarmed
