"""Those who watch an item while others buy it: a process of its own, that costs the machine as little as can be.

    python -m benchmarks.watchers URL PATH STREAMS

It opens the streams, says `watching`, reads and counts what comes until its standard input ends, and says how many
streams were still open then and how many events they have got.
"""

import json
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

WATCHING = "watching"
CHUNK_BYTES = 65_536
ANSWER_SECONDS = 30.0
MARK = b"event: item\n"


@dataclass(frozen=True)
class Heard:
    """How many streams were open at the end, and how many events all of them have got."""

    open: int
    events: int


def watch(url: str, path: str, streams: int) -> Heard:
    """Watch until standard input ends."""
    opened = [_open(url, path) for _ in range(streams)]
    print(WATCHING, flush=True)
    still_open, events = streams, 0
    with selectors.DefaultSelector() as selector:
        for stream in opened:
            selector.register(stream, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        for stream in _ready(selector):
            told = stream.recv(CHUNK_BYTES)
            events += told.count(MARK)
            if not told:
                selector.unregister(stream)
                still_open -= 1
    for stream in opened:
        stream.close()
    return Heard(still_open, events)


def _open(url: str, path: str) -> socket.socket:
    """A stream whose first event has come."""
    place = urlsplit(url)
    stream = socket.create_connection((place.hostname, place.port), timeout=ANSWER_SECONDS)
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    answer = b""
    while MARK not in answer:
        told = stream.recv(CHUNK_BYTES)
        answer += told
        if not told or not answer.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(f"no stream: {answer[:200]!r}")
    stream.settimeout(0)
    return stream


def _ready(selector: selectors.BaseSelector) -> Iterator[socket.socket]:
    """Streams that something has come on, until standard input has ended."""
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            assert isinstance(key.fileobj, socket.socket)
            yield key.fileobj


@contextmanager
def watching(url: str, path: str, streams: int) -> Iterator[list[Heard]]:
    """So many watch for as long as the block lasts; then the list has what they have heard."""
    heard = list[Heard]()
    command = [sys.executable, "-m", "benchmarks.watchers", url, path, str(streams)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline().strip() != WATCHING:
            raise ConnectionError(f"{streams} streams could not be opened")
        try:
            yield heard
            process.stdin.close()
            heard.append(Heard(**json.loads(process.stdout.readline())))
        finally:
            process.kill()


if __name__ == "__main__":
    print(json.dumps(asdict(watch(sys.argv[1], sys.argv[2], int(sys.argv[3])))), flush=True)
