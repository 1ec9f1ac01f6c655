"""One subject on one fresh server: warm it up and count its statuses, then measure and verify each run."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, Shot, fire, share
from benchmarks.server import Server
from benchmarks.subjects import Subject
from benchmarks.verify import Evidence, Expect, NotVerifiedError, verify, verify_census

SETTLE_SECONDS = 60.0
PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Run:
    """One measured and verified run."""

    subject: str
    connections: int
    rate: float
    load: Load
    cpu_seconds: float | None

    @property
    def cpu_per_thousand(self) -> float | None:
        """CPU seconds of the server's processes for a thousand requests."""
        return None if self.cpu_seconds is None else 1000 * self.cpu_seconds / self.load.requests


class Meter:
    """Measures one subject on one server, and keeps the server's count of sales between the runs."""

    def __init__(self, subject: Subject, server: Server) -> None:
        self.subject, self.server = subject, server
        self.sold = subject.sold(server)

    def shoot(self, connections: int, seconds: int, *, census: bool = False) -> Run:
        """One run of the load generator, verified against the server's own count."""
        subject, server = self.subject, self.server
        subject.prepare_run(server, seconds)
        before, cpu = self.sold, server.cpu_seconds()
        load = fire(
            [
                Shot(url, subject.path, part, seconds, subject.keyed, census, subject.script)
                for url, part in zip(server.urls, share(connections, len(server.urls)), strict=True)
            ]
        )
        cpu_after = server.cpu_seconds()
        self.settle()
        verify(subject.name, subject.expect, Evidence(load, connections, before, self.sold))
        rate = load.rate if subject.expect is Expect.REFUSED else load.success_rate
        used = None if cpu is None or cpu_after is None else cpu_after - cpu
        return Run(subject.name, connections, rate, load, used)

    def settle(self) -> None:
        """Wait until the requests that wrk left behind have ended: the count then stands still."""
        deadline = time.monotonic() + SETTLE_SECONDS
        now = self.subject.sold(self.server)
        while time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            self.sold, now = now, self.subject.sold(self.server)
            if now == self.sold:
                return
        raise NotVerifiedError(f"{self.subject.name}: still selling {SETTLE_SECONDS:.0f} s after the run")

    def warm_up(self, connections: int) -> None:
        """A second of load that is not measured, in which every status is counted."""
        run = self.shoot(connections, 1, census=True)
        verify_census(self.subject.name, self.subject.statuses, run.load.statuses)


@contextmanager
def fresh_folder(base: Path) -> Iterator[Path]:
    """A new folder below `base`, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sellout-benchmark-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def visit(
    subject: Subject, base: Path, connections: Sequence[int], seconds: int, tell: Callable[[Run], None]
) -> list[Run]:
    """One round's visit to a subject: a fresh server and database, one run for each number of connections."""
    runs = []
    with fresh_folder(base) as folder, subject.serving(folder) as server:
        subject.prepare(server)
        meter = Meter(subject, server)
        meter.warm_up(max(connections))
        for number in connections:
            run = meter.shoot(number, seconds)
            tell(run)
            runs.append(run)
        subject.audit(server)
    return runs
