"""Prove a running Sellout: 1000 buyers at one instant, 100 tickets, exactly 100 sales.

    python proof_of_correctness.py [URL]

Standard library only, so any Python 3.11 runs it. It expects a fresh stock of 100 tickets.
Exit code 0: proved; 1: not proved; 2: could not run.
"""

import http.client
import sys
import threading
from collections import Counter
from urllib.parse import urlsplit

try:
    import resource
except ImportError:  # not on Windows, which has no such limit
    resource = None  # type: ignore[assignment]

URL = "http://127.0.0.1:8000"
TOTAL_REQUESTS = 1000
STOCK = 100
SUCCESS, SOLD_OUT = 200, 410
NO_ANSWER = "no answer"
ANSWER_SECONDS_MAX = 60
FILES_SPARE = 64
THREAD_STACK_BYTES = 256 * 1024  # a thousand default stacks are gigabytes of address space

Connection = http.client.HTTPConnection


class CouldNotRun(Exception):
    """The message says why in one line."""


def connect(url: str) -> Connection:
    if not url.startswith(("http://", "https://")):
        raise CouldNotRun(f"{url} is no http or https URL")
    try:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else Connection
        connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS_MAX)
        connection.connect()
    except (OSError, ValueError) as error:
        raise CouldNotRun(f"cannot reach {url}: {getattr(error, 'strerror', None) or error}") from None
    return connection


def buy(connection: Connection, path: str) -> int | str:
    try:
        connection.request("POST", path)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return NO_ANSWER
    return answer.status


def all_at_once(connections: list[Connection], path: str) -> Counter[int | str]:
    """Every buyer has a thread and an open connection, and waits at the barrier for all the others."""
    answers: list[int | str] = [NO_ANSWER] * len(connections)
    barrier = threading.Barrier(len(connections))

    def buyer(number: int) -> None:
        barrier.wait()
        answers[number] = buy(connections[number], path)

    threads = [threading.Thread(target=buyer, args=(number,), daemon=True) for number in range(len(connections))]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise CouldNotRun(f"{len(threads)} threads are too many here: {error}") from None
    for thread, connection in zip(threads, connections, strict=True):
        thread.join()
        connection.close()
    return Counter(answers)


def allow_open_files(needed: int) -> None:
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != hard < needed:
        raise CouldNotRun(f"{needed} files must be open at once, and the limit here is {hard}")
    if resource.RLIM_INFINITY != soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def expect(count: int, wanted: int, message: str) -> None:
    """An assertion that python -O leaves in."""
    if count != wanted:
        raise AssertionError(message)


def main(arguments: list[str]) -> int:
    url = (arguments[0] if arguments else URL).rstrip("/")
    try:
        allow_open_files(TOTAL_REQUESTS + FILES_SPARE)
        threading.stack_size(THREAD_STACK_BYTES)
        connections = [connect(url) for _ in range(TOTAL_REQUESTS)]
        results = all_at_once(connections, f"{urlsplit(url).path}/buy_ticket")
    except CouldNotRun as problem:
        print(f"Could not run: {problem}", file=sys.stderr)
        return 2
    success, sold_out = results[SUCCESS], results[SOLD_OUT]
    print(results)
    print(f"Success (200): {success}")
    print(f"Sold out (410): {sold_out}")
    print(f"Errors: {TOTAL_REQUESTS - success - sold_out}")
    try:
        expect(success, STOCK, f"Should sell exactly {STOCK} tickets ({success} got 200)")
        expect(sold_out, TOTAL_REQUESTS - STOCK, f"Should get 410 for rest ({sold_out} got 410)")
    except AssertionError as failure:
        print(f"Not proved: {failure}. It needs a fresh stock of {STOCK}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
