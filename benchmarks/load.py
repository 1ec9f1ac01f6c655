"""The load: runs wrk with a request script and reads its report."""

import re
import secrets
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

SCRIPTS = Path(__file__).parent / "wrk"
PURCHASE = SCRIPTS / "purchase.lua"
HOLD_CONFIRM = SCRIPTS / "hold_confirm.lua"
MISSING = "wrk is not installed: apt-get install wrk (Debian, Ubuntu) or brew install wrk (macOS)"

# Both names have the same length, so that a request with a key and one without have the same size.
KEY_HEADER = "Idempotency-Key"
NO_KEY_HEADER = "X-Benchmark-Key"

SECONDS_IN = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
FACTOR_OF = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}


class LoadError(Exception):
    """wrk could not run, or wrote something that is no report."""


@dataclass(frozen=True)
class Load:
    """What one run of wrk reports. `failed` counts the answers with a status of 400 or more."""

    requests: int
    seconds: float
    rate: float
    p50: float
    p99: float
    failed: int = 0
    socket_errors: int = 0
    late: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def succeeded(self) -> int:
        """The answers below 400."""
        return self.requests - self.failed

    @property
    def success_rate(self) -> float:
        """Successful answers a second: an error, however quick, is no work done."""
        return self.rate * self.succeeded / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Shot:
    """One run to make: where to, how hard, with which key header, and which requests."""

    url: str
    path: str
    connections: int
    seconds: int
    keyed: bool = True
    census: bool = False
    script: Path = PURCHASE


def wrk_path() -> str | None:
    """Where wrk is, if it is installed."""
    return shutil.which("wrk")


def wrk_version() -> str:
    """wrk's name for its version; `-v` makes it exit with 1, so the exit code says nothing."""
    done = subprocess.run([wrk_path() or "wrk", "-v"], capture_output=True, text=True, check=False)
    words = (done.stdout + done.stderr).split()
    return words[1] if len(words) > 1 else "unknown"


def command(shot: Shot) -> list[str]:
    """The command line of one run. The key's suffix is new each time, so no two runs share a key."""
    arguments = [
        shot.path,
        KEY_HEADER if shot.keyed else NO_KEY_HEADER,
        str(secrets.randbits(32)),
        str(uuid4())[8:],
        "census" if shot.census else "measure",
    ]
    # The seed's design may take many seconds for an answer; a late answer is still one.
    options = ["-t1", f"-c{shot.connections}", f"-d{shot.seconds}s", "--timeout", "60s", "--latency"]
    return [wrk_path() or "wrk", *options, "-s", str(shot.script), shot.url, "--", *arguments]


def share(connections: int, nodes: int) -> list[int]:
    """The connections of each node, as equal as can be, and at least one."""
    return [max(1, (connections + place) // nodes) for place in range(nodes)]


def fire(shots: Sequence[Shot]) -> Load:
    """Run wrk, one process a shot, all at once; what they report, taken together."""
    with ThreadPoolExecutor(len(shots)) as pool:
        return together(list(pool.map(_fire, shots)))


def together(loads: Sequence[Load]) -> Load:
    """Loads that ran at once, as one. Percentiles cannot be added, so those of the slowest stand for all."""
    statuses: Counter[int] = Counter()
    for load in loads:
        statuses.update(load.statuses)
    return Load(
        requests=sum(load.requests for load in loads),
        seconds=max(load.seconds for load in loads),
        rate=sum(load.rate for load in loads),
        p50=max(load.p50 for load in loads),
        p99=max(load.p99 for load in loads),
        failed=sum(load.failed for load in loads),
        socket_errors=sum(load.socket_errors for load in loads),
        late=sum(load.late for load in loads),
        statuses=dict(statuses),
    )


def _fire(shot: Shot) -> Load:
    """Run wrk and read its report."""
    limit = shot.seconds + 90
    try:
        done = subprocess.run(command(shot), capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"wrk did not end within {limit} s") from error
    if done.returncode != 0:
        raise LoadError(f"wrk ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return parse(done.stdout)


def parse(text: str) -> Load:
    """Read wrk's report. Lines that wrk leaves out when there is nothing to say count as zero."""
    total = _must(r"([\d.]+[kMG]?) requests in ([\d.]+)(us|ms|s|m|h),", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    connect, read, write, late = (int(part) for part in errors.groups()) if errors else (0, 0, 0, 0)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return Load(
        requests=round(number(total[1])),
        seconds=float(total[2]) * SECONDS_IN[total[3]],
        rate=number(_must(r"Requests/sec:\s+([\d.]+[kMG]?)", text)[1]),
        p50=duration(_must(r"^\s+50%\s+(\S+)", text)[1]),
        p99=duration(_must(r"^\s+99%\s+(\S+)", text)[1]),
        failed=int(failed[1]) if failed else 0,
        socket_errors=connect + read + write,
        late=late,
        statuses={int(code): int(count) for code, count in re.findall(r"(?m)^Status (\d+): (\d+)", text)},
    )


def number(text: str) -> float:
    """A figure of wrk's: `123`, `37.50k`, `1.20M`."""
    match = _must(r"^([\d.]+)([kMG]?)$", text)
    return float(match[1]) * FACTOR_OF[match[2]]


def duration(text: str) -> float:
    """A time of wrk's, in seconds: `850.00us`, `1.20ms`, `3.02s`, `1.10m`."""
    match = _must(r"^([\d.]+)(us|ms|s|m|h)$", text)
    return float(match[1]) * SECONDS_IN[match[2]]


def _must(pattern: str, text: str) -> re.Match[str]:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise LoadError(f"wrk's report is not as expected: {text.strip()[:300]!r}")
    return match
