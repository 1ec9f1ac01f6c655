"""Ends everything that works in a folder, and removes it, once whoever started this has gone, even by SIGKILL.

It is a program of its own, started with the folder as its argument; the end of its standard input is the sign.
"""

import shutil
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.cluster.machines import end_all

    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    sys.stdin.buffer.read()
    folder = Path(sys.argv[1])
    end_all(folder)
    shutil.rmtree(folder, ignore_errors=True)
