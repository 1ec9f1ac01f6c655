"""What a server's processes use, read from /proc: CPU seconds and resident memory (None without /proc)."""

import os
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _parents() -> dict[int, int]:
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
            except OSError:
                continue  # it ended while we looked
    return parents


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    parents = _parents()
    found = [root]
    for pid in found:  # grows while we walk it
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds(root: int, *, ended: bool = False) -> float | None:
    """User and system time of a tree so far; with `ended`, also of those of the root's children that have ended."""
    if not PROC.exists():
        return None
    ticks = 0
    for pid in tree(root):
        try:
            fields = _stat(pid)
        except OSError:
            continue
        ticks += sum(map(int, fields[11 : 15 if ended and pid == root else 13]))
    return ticks / TICKS_PER_SECOND


def resident_bytes(root: int) -> int | None:
    """Resident memory of a tree. Pages that its processes share count once for each: the strict reading."""
    if not PROC.exists():
        return None
    total = 0
    for pid in tree(root):
        try:
            status = (PROC / str(pid) / "status").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
    return total
