"""Many buyers at one instant: 300 ask for one unit each, and exactly what there is gets sold.

python examples/async_rush.py [URL [ITEM]]
"""

import asyncio
import sys
from collections import Counter

from sellout.client import AsyncClient, Refused, Unavailable

BUYERS = 300


async def main(url: str = "http://127.0.0.1:8000", item: str = "item-a") -> None:
    async with AsyncClient(url) as shop:
        before = (await shop.item(item)).available
        told = Counter(await asyncio.gather(*(buy(shop, item, f"buyer {number}") for number in range(BUYERS))))
        after = (await shop.item(item)).available
    for word, times in told.most_common():
        print(f"{times:5} {word}")
    print(f"{before} were available before, {after} are now")


async def buy(shop: AsyncClient, item: str, buyer: str) -> str:
    """What the buyer was told, in a word."""
    try:
        await shop.buy(item, buyer=buyer)
    except (Refused, Unavailable) as error:
        return error.code
    return "bought"


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
