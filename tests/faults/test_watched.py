"""Two thousand watch while a thousand buy: exactly the stock is sold, and each who watches sees the end of it."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.processes import raise_file_limit, running

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

WATCHERS = 2000
BUYERS = 1000
STOCK = 100
FILES_NEEDED = 8192
SECONDS_MAX = 60.0

WATCHING = "watching"


def test_a_rush_before_many_eyes_is_exact_and_all_see_its_end(tmp_path: Path) -> None:
    raise_file_limit(FILES_NEEDED)
    with running(tmp_path / "shop.db", SELLOUT_STOCK=str(STOCK)) as server:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.faults.test_watched", server.url], stdout=subprocess.PIPE, text=True
        ) as watchers:
            try:
                assert watchers.stdout is not None
                assert watchers.stdout.readline().strip() == WATCHING
                prove_exact(server.url)
                last_states = json.loads(watchers.stdout.readline())
                assert watchers.wait(SECONDS_MAX) == 0
            finally:
                watchers.kill()
        assert last_states == {f"sold {STOCK}, sold_out": WATCHERS}
        assert server.stop() == 0


def prove_exact(url: str) -> None:
    """A rush on the server, whose verdict must be that it was exact."""
    words = ["prove", "--url", url, "--item", "item-a", "--buyers", str(BUYERS)]
    done = subprocess.run(
        [sys.executable, "-m", "sellout", *words], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Those who watch are a process of their own.


async def watch_all(url: str) -> Counter[str]:
    """Open all streams, say so, and count what each has heard last, once it has heard of the end or after a while."""
    place = urlsplit(url)
    streams = [await open_stream(place.hostname or "", place.port or 0) for _ in range(WATCHERS)]
    print(WATCHING, flush=True)  # noqa: T201 - the test waits for it
    return Counter(await asyncio.gather(*(last_heard(stream) for stream in streams)))


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_stream(host: str, port: int) -> Stream:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /v1/items/item-a/stream HTTP/1.1\r\nhost: shop\r\n\r\n")
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return reader, writer


async def last_heard(stream: Stream) -> str:
    reader, writer = stream
    heard = ""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not heard.endswith("sold_out"):
                line = await reader.readline()
                if line.startswith(b"data: ") and b'"sold"' in line:
                    item = json.loads(line.removeprefix(b"data: "))
                    heard = f"sold {item['sold']}, {item['state']}"
    except TimeoutError:
        pass
    finally:
        writer.close()
    return heard


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch_all(sys.argv[1]))), flush=True)  # noqa: T201 - it is what the test reads
