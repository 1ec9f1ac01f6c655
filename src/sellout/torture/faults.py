"""The kinds of faults: what each is, on which engine it can be, and how strong it is drawn. Pure."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sellout.prove.scenarios.shared.chance import pick
from sellout.torture.victim.arming import Point


class Engine(StrEnum):
    """What the sale is kept in."""

    SQLITE = "sqlite"
    POSTGRES = "postgresql"


class Fault(StrEnum):
    """What can break; the value is its name on the command line."""

    KILL = "kill"
    KILL_BEFORE_COMMIT = "kill-before-commit"
    KILL_AFTER_COMMIT = "kill-after-commit"
    KILL_IN_CHECKPOINT = "kill-in-checkpoint"
    KILL_IN_MIGRATION = "kill-in-migration"
    KILL_WORKER = "kill-worker"
    POWER_LOSS = "power-loss"
    PAUSE = "pause"
    RESET = "reset"
    LOST_ANSWER = "lost-answer"
    LATE_ANSWER = "late-answer"
    DUPLICATE = "duplicate"
    LOCK = "lock"
    DISK_FULL = "disk-full"
    FSYNC_ERROR = "fsync-error"
    CLOCK_JUMP = "clock-jump"
    BACKENDS = "backends"
    ROW_LOCK = "row-lock"
    DATABASE_CUT = "database-cut"


MEANINGS: Mapping[Fault, str] = {
    Fault.KILL: "SIGKILL of the whole server at a random moment",
    Fault.KILL_BEFORE_COMMIT: "SIGKILL right before a commit",
    Fault.KILL_AFTER_COMMIT: "SIGKILL after a commit and before its answers",
    Fault.KILL_IN_CHECKPOINT: "SIGKILL while the log is moved into the file",
    Fault.KILL_IN_MIGRATION: "SIGKILL in the migration of the first start",
    Fault.KILL_WORKER: "SIGKILL of one worker; the server starts another one",
    Fault.POWER_LOSS: "the machine goes off: what was not synced is gone, or torn",
    Fault.PAUSE: "SIGSTOP of the whole server, and SIGCONT later",
    Fault.RESET: "connections reset in the middle",
    Fault.LOST_ANSWER: "requests that arrive, and whose answers are lost",
    Fault.LATE_ANSWER: "answers that come late",
    Fault.DUPLICATE: "requests that arrive twice",
    Fault.LOCK: "another process holds the database's lock",
    Fault.DISK_FULL: "a full disk",
    Fault.FSYNC_ERROR: "EIO from fsync",
    Fault.CLOCK_JUMP: "the server's clock jumps",
    Fault.BACKENDS: "all of the server's sessions are terminated",
    Fault.ROW_LOCK: "another session holds the item's row",
    Fault.DATABASE_CUT: "the connections between server and database are cut",
}

SQLITE_ONLY = frozenset(
    {Fault.KILL_IN_CHECKPOINT, Fault.POWER_LOSS, Fault.LOCK, Fault.DISK_FULL, Fault.FSYNC_ERROR}
)  # a database server of its own owns its disk
POSTGRES_ONLY = frozenset({Fault.BACKENDS, Fault.ROW_LOCK, Fault.DATABASE_CUT})
KILL_POINTS: Mapping[Fault, Point] = {
    Fault.KILL_BEFORE_COMMIT: "before_commit",
    Fault.KILL_AFTER_COMMIT: "after_commit",
    Fault.KILL_IN_CHECKPOINT: "in_checkpoint",
    Fault.KILL_IN_MIGRATION: "in_migration",
}
ON_THE_WIRE = frozenset({Fault.RESET, Fault.LOST_ANSWER, Fault.LATE_ANSWER, Fault.DUPLICATE})

COMES_SECONDS = (0.05, 0.5)  # after the doors have opened
BATCHES_BEFORE = (4, 14)  # a named point fires at one of these passings: later than the items were put on sale
EARLY_MAX = 3  # checkpoints and migrations are few
WIRE_SHARE = (0.05, 0.3)  # of the requests that pass while the network is bad
JUMPS_SECONDS = (3600.0, 86_400.0, 30.0, -0.5, -1.5)  # those back are short: the sale stands still for so long


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of a round: `at` so many seconds after the doors open, for `seconds`; the rest where it applies.

    `nth`: at which passing of its point. `share`: of the requests on the wire. `jump`: of the clock, in seconds.
    `point`: where the power goes off; `tear`: seeds what of the unsynced reaches the disk all the same.
    """

    kind: Fault
    at: float = 0.0
    seconds: float = 0.0
    nth: int = 0
    share: float = 0.0
    jump: float = 0.0
    point: Point | None = None
    tear: int | None = None

    @property
    def words(self) -> str:
        """What is planned, for people."""
        match self.kind:
            case kind if kind in KILL_POINTS:
                return f"{kind} at passing {self.nth}" if self.nth > 1 else str(kind)
            case Fault.POWER_LOSS:
                return f"{self.kind} {(self.point or 'at random').replace('_', ' ')}"
            case Fault.CLOCK_JUMP:
                return f"{self.kind} {self.jump:+g} s"
            case kind if kind in ON_THE_WIRE:
                return f"{kind} {self.share:.0%}"
            case kind if self.seconds:
                return f"{kind} {self.seconds:.1f} s"
            case kind:
                return str(kind)


def kinds_on(engine: Engine) -> tuple[Fault, ...]:
    """What can break on this engine, in the order in which it gets its turn."""
    elsewhere = POSTGRES_ONLY if engine is Engine.SQLITE else SQLITE_ONLY
    return tuple(kind for kind in Fault if kind not in elsewhere)


def drawn(kind: Fault, chance: random.Random) -> Planned:
    """A fault of this kind, as strong as the dice say."""
    return _DRAWN.get(kind, _at_once)(kind, chance)


def _at_once(kind: Fault, chance: random.Random) -> Planned:
    return Planned(kind, at=chance.uniform(*COMES_SECONDS))


def _for_a_while(shortest: float, longest: float) -> Callable[[Fault, random.Random], Planned]:
    def draw(kind: Fault, chance: random.Random) -> Planned:
        return Planned(kind, at=chance.uniform(*COMES_SECONDS), seconds=chance.uniform(shortest, longest))

    return draw


def _at_a_point(kind: Fault, chance: random.Random) -> Planned:
    return Planned(kind, nth=chance.randint(*BATCHES_BEFORE))


def _at_an_early_one(kind: Fault, chance: random.Random) -> Planned:
    return Planned(kind, nth=chance.randint(1, EARLY_MAX))


def _on_the_wire(kind: Fault, chance: random.Random) -> Planned:
    share = chance.uniform(*WIRE_SHARE)
    return Planned(kind, at=chance.uniform(0.0, 0.2), seconds=chance.uniform(0.4, 1.0), share=share)


def _jump(kind: Fault, chance: random.Random) -> Planned:
    return Planned(kind, at=chance.uniform(*COMES_SECONDS), jump=chance.choice(JUMPS_SECONDS))


def _power(kind: Fault, chance: random.Random) -> Planned:
    points: dict[Point | None, int] = {None: 2, "before_commit": 1, "after_commit": 2}
    point = pick(chance, points)
    tear = chance.getrandbits(32) if point is not None and chance.random() < 0.7 else None
    nth = chance.randint(*BATCHES_BEFORE) if point is not None else 0
    return Planned(kind, at=chance.uniform(*COMES_SECONDS), nth=nth, point=point, tear=tear)


_DRAWN: Mapping[Fault, Callable[[Fault, random.Random], Planned]] = {
    Fault.KILL_BEFORE_COMMIT: _at_a_point,
    Fault.KILL_AFTER_COMMIT: _at_a_point,
    Fault.KILL_IN_CHECKPOINT: _at_an_early_one,
    Fault.KILL_IN_MIGRATION: _at_an_early_one,
    Fault.POWER_LOSS: _power,
    Fault.PAUSE: _for_a_while(0.2, 0.6),
    Fault.LOCK: _for_a_while(0.2, 0.8),
    Fault.DISK_FULL: _for_a_while(0.1, 0.5),
    Fault.FSYNC_ERROR: _for_a_while(0.05, 0.3),
    Fault.ROW_LOCK: _for_a_while(0.2, 0.8),
    Fault.DATABASE_CUT: _for_a_while(0.1, 0.5),
    Fault.CLOCK_JUMP: _jump,
} | dict.fromkeys(ON_THE_WIRE, _on_the_wire)
