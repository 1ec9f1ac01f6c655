"""The client's own process is killed while it waits for its answer: the same attempt again gets the same purchase."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sellout.client import Client, FileKeys
from tests.client.conftest import NewItem
from tests.client.faulty import WAIT_SECONDS_MAX, Proxy, late

BLOCKING = """
import sys
from sellout.client import Client, FileKeys
url, item, folder = sys.argv[1:]
with Client(url) as shop, FileKeys(folder).attempt("order-1") as key:
    print(shop.buy(item, 2, "ada", key=key).purchase_id)
"""

AWAITING = """
import asyncio, sys
from sellout.client import AsyncClient, FileKeys

async def main(url, item, folder):
    async with AsyncClient(url) as shop, FileKeys(folder).attempt("order-1") as key:
        print((await shop.buy(item, 2, "ada", key=key)).purchase_id)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("script", [BLOCKING, AWAITING], ids=["Client", "AsyncClient"])
def test_killed_before_the_answer(url: str, new_item: NewItem, tmp_path: Path, script: str) -> None:
    item = new_item(10)
    command = [sys.executable, "-c", script]
    with Proxy(url, late) as proxy:
        killed = subprocess.Popen([*command, proxy.url, item.id, str(tmp_path)], stdout=subprocess.PIPE)
        assert proxy.done.wait(WAIT_SECONDS_MAX)
        killed.kill()
        output, _ = killed.communicate(timeout=WAIT_SECONDS_MAX)
    assert (killed.returncode, output) == (-signal.SIGKILL, b"")
    assert FileKeys(tmp_path).references() == ["order-1"]

    again = subprocess.run(
        [*command, url, item.id, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True, timeout=WAIT_SECONDS_MAX
    )
    with Client(url) as shop:
        assert shop.purchase(again.stdout.strip()).quantity == 2
        assert shop.item(item.id).sold == 2
    assert FileKeys(tmp_path).references() == []
