"""What the load tests ask of a running server: its answers, its latency, its memory."""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from tests.processes import Server

FILES_NEEDED = 16_384
PROVE_SECONDS_MAX = 110.0


def memory_mib(server: Server) -> float:
    """Resident memory of the supervisor and its workers, in MiB."""
    pages = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and os.getpgid(int(entry.name)) == server.process.pid:
                pages += int((entry / "statm").read_text().split()[1])
        except (OSError, ProcessLookupError):  # it has ended meanwhile
            continue
    return pages * resource.getpagesize() / 2**20


def median_latency_ms(url: str, requests: int = 50) -> float:
    """Of purchases, one after the other."""
    taken = []
    with httpx2.Client() as client:
        for _ in range(requests):
            begun = time.perf_counter()
            assert client.post(f"{url}/buy_ticket").status_code in (200, 410)
            taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def prove(url: str, item: str, buyers: int = 1000) -> subprocess.CompletedProcess[str]:
    """A rush on one item, with its verdict as JSON."""
    words = ["prove", "--url", url, "--item", item, "--buyers", str(buyers), "--json"]
    command = [sys.executable, "-m", "sellout", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PROVE_SECONDS_MAX, check=False)
