"""A start never hangs: workers are forked while nothing else runs in the supervisor."""

import os
import subprocess
import sys

SCRIPT = """
import os, sys, threading
from sellout import supervisor

forked_beside = []
os.register_at_fork(before=lambda: forked_beside.append(threading.active_count() - 1))


class Stopped(Exception):
    pass


class Server:
    stops = 0

    def serve(self, **_):
        if os.fork() == 0:
            os._exit(0)
        os.wait()
        raise Stopped


supervisor._granian = lambda _: Server()
plan = supervisor.Plan("127.0.0.1", 9, 1, 10, 1.0, 1, False, None)
sys.argv = ["supervisor", plan.to_text()]
try:
    supervisor.main()
except Stopped:
    print(forked_beside)
"""


def test_a_worker_is_forked_while_no_thread_may_hold_a_lock() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True, env={**os.environ}
    )
    counts = done.stdout.strip()
    assert counts.startswith("[0"), done.stderr
    assert set(counts) <= set("[0, ]"), "a thread ran beside a fork: the new process may wait for its locks for ever"
