"""What is armed inside the server: faults of its own process, of its disk and of its clock, at a moment that is known.

The server is the product as it is sold, without any hook: it is started with `path/` in PYTHONPATH, where Python looks
for `sitecustomize`, and with a document in TORTURE_ARM. Every Python process of that server then changes the libraries
it stands on, and nothing of its own.

    arming.py       the document, and the switches that may be thrown while the server runs
    install.py      which of all this is put in; path/ has what Python runs first
    points.py       SIGKILL at a named point of a transaction
    moments.py      the points that a transaction passes, pure; in_sqlite.py and in_postgres.py see them
    disk.py         a full disk, and an fsync that fails; switches.py: as they stand now
    power.py        a disk that loses what was not synced; sectors.py: one file of it, pure
    stack.py        file systems for SQLite, one on the other
    clock.py        a clock that jumps
"""

from sellout.torture.victim.arming import Arming, Switches, arm, armed, throw

__all__ = ["Arming", "Switches", "arm", "armed", "throw"]
