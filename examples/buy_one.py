"""Buy one unit of every item that is on sale, and say plainly what became of it.

python examples/buy_one.py [URL]
"""

import sys

from sellout.client import AllHeld, Client, Refused, SoldOut, Unavailable


def main(url: str = "http://127.0.0.1:8000") -> None:
    with Client(url) as shop:
        for item in shop.items():
            print(f"{item.name}: {item.available} of {item.capacity} are available")
            buy_one(shop, item.id)


def buy_one(shop: Client, item: str) -> None:
    """A lost answer is asked for again by itself; what is raised here is the last word."""
    try:
        purchase = shop.buy(item, buyer="ada", wait_seconds=5)
    except SoldOut:
        print("  sold out")
    except AllHeld as held:
        print(f"  all are held; the earliest hold ends in {held.retry_after} s")
    except Refused as refused:
        print(f"  refused, {refused}")
    except Unavailable as error:
        print(f"  nobody knows yet: ask again with the key {error.key}")
    else:
        print(f"  bought: {purchase.purchase_id}")


if __name__ == "__main__":
    main(*sys.argv[1:])
