"""Buy for an order exactly once, whatever happens: kill this program at any moment and start it again.

The key of the order is on the disk before anything is sent, and is forgotten only when the purchase is written down.

python examples/survive_a_crash.py [URL [ORDER [FOLDER]]]
"""

import os
import sys
from pathlib import Path

from sellout.client import Client, FileKeys


def main(url: str = "http://127.0.0.1:8000", order: str = "order-1", folder: str = ".") -> None:
    receipt = Path(folder) / f"{order}.receipt"
    if not receipt.exists():
        buy(url, order, receipt)
    print(f"order {order} has got the purchase {receipt.read_text()}")


def buy(url: str, order: str, receipt: Path) -> None:
    keys = FileKeys(receipt.parent / "keys")
    with Client(url) as shop, keys.attempt(order) as key:
        purchase = shop.buy("item-a", buyer="ada", key=key)
        write_down(receipt, purchase.purchase_id)


def write_down(receipt: Path, purchase_id: str) -> None:
    """There is either the whole receipt on the disk, or none. Only then may the key be forgotten."""
    unfinished = receipt.with_suffix(".new")
    with unfinished.open("w") as file:
        file.write(purchase_id)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(receipt)


if __name__ == "__main__":
    main(*sys.argv[1:])
