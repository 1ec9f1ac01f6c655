"""What a soak sees, as values: a sample every few seconds, the scenarios that were played, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Sizes are in bytes; `purchases` and `items` are on record; latencies are since the last look."""

    at: float
    memory: int
    files: int
    threads: int
    database: int
    wal: int
    purchases: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    items: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario that was played beside everything else, and the rules that it found broken."""

    name: str
    at: float
    seconds: float
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Soaked:
    """All that a soak saw. `answers` counts by errand and status, `wrong` has the answers that must not be."""

    engine: str
    workers: int
    seconds: float
    samples: Sequence[Sample]
    scenes: Sequence[Scene] = ()
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    wrong: Sequence[str] = ()
    events: int = 0
    hooks: int = 0
    server_exit: int | None = None
    audit_exit: int | None = None
    audit_said: str = ""
