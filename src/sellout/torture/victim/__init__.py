"""What is armed inside the server: faults of its own process, of its disk and of its clock, at a moment that is known.

The server is the product as it is sold, without any hook: it is started with `path/` in PYTHONPATH, where Python looks
for `sitecustomize`, and with a document in TORTURE_ARM. Every Python process of that server then changes the libraries
it stands on, and nothing of its own.

    arming.py   the document, and the switches that may be thrown while the server runs
    points.py   SIGKILL at a named point of a transaction          moments.py  how that is seen in apsw and in asyncpg
    disk.py     a full disk, and an fsync that fails               stack.py    file systems for SQLite, one on the other
    power.py    a disk that forgets what was not synced            sectors.py  one file of it
    clock.py    a clock that jumps                                 path/       what Python runs first
"""

from sellout.torture.victim.arming import Arming, Switches, arm, armed, throw

__all__ = ["Arming", "Switches", "arm", "armed", "throw"]
