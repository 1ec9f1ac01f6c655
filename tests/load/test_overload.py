"""Several times more is asked than can be done, for a minute: clear answers, bounded memory, and soon it is over.

Latencies are printed; that every purchase is granted again decides, because a busy machine's timings decide nothing.
"""

import re
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from benchmarks.load import wrk_path
from tests.http.shop import ORGANISER
from tests.load.server import FILES_NEEDED, median_latency_ms, memory_mib
from tests.processes import raise_file_limit, running

SECONDS = 60
CONNECTIONS = 3000
QUEUE_LENGTH_MAX = 300
"""A tenth of the connections: whatever the machine can do, far more is asked than it takes."""

STOCK = 100_000_000
MEMORY_MIB_MAX = 450.0
RECOVERY_SECONDS = 5.0

SCRIPT = Path(__file__).with_name("overload.lua")


@pytest.mark.tools
@pytest.mark.timeout(240)
def test_overload_is_answered_clearly_and_is_over_when_it_is_over(tmp_path: Path) -> None:
    raise_file_limit(FILES_NEEDED)
    variables = {"SELLOUT_STOCK": str(STOCK), "SELLOUT_QUEUE_LENGTH_MAX": str(QUEUE_LENGTH_MAX)}
    with running(tmp_path / "sale.db", **variables) as server:
        before_ms = median_latency_ms(server.url)
        statuses, bare = overload(server.url)
        peak_mib = memory_mib(server)
        time.sleep(RECOVERY_SECONDS)
        after_ms = median_latency_ms(server.url)
        audit = httpx2.get(f"{server.url}/v1/items/item-a/audit", headers=ORGANISER, timeout=120).json()
    assert set(statuses) == {201, 503}, statuses
    assert bare == 0, "every 503 says when to come back"
    assert statuses[503] > statuses[201] / 10, "it was no overload"
    assert audit["consistent"]
    assert audit["sold"] >= statuses[201]
    assert peak_mib < MEMORY_MIB_MAX
    print(f"{statuses[201]} sold, {statuses[503]} told to come back, {peak_mib:.0f} MiB at the end")
    print(f"median latency of a purchase: {before_ms:.1f} ms before, {after_ms:.1f} ms {RECOVERY_SECONDS:.0f} s after")


def overload(url: str) -> tuple[Counter[int], int]:
    """What was answered, and how many 503 had no Retry-After."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "60s", "-s", str(SCRIPT), url]
    done = subprocess.run(
        [wrk_path() or "wrk", *options, "--", "/v1/items/item-a/purchases"],
        capture_output=True, text=True, check=True, timeout=SECONDS + 60,
    )  # fmt: skip
    found = re.findall(r"(?m)^Status (\d+): (\d+)", done.stdout)
    bare = re.search(r"(?m)^Bare (\d+)", done.stdout)
    assert found, done.stdout
    assert bare is not None, done.stdout
    return Counter({int(status): int(number) for status, number in found}), int(bare[1])
