"""An organiser's evening: put an item on sale, restock it, refund a purchase, and count the house.

SELLOUT_ORGANISER_KEY=... python examples/box_office.py [URL]
"""

import os
import sys

from sellout.client import Client, Refused, SoldOut


def main(organiser_key: str, url: str = "http://127.0.0.1:8000") -> None:
    with Client(url, organiser_key=organiser_key) as shop:
        item = shop.add_item("Front row", capacity=3, limit_per_buyer=2)
        print(f"on sale: {item.capacity} x {item.name}, at /items/{item.id}")
        for buyer in ("ada", "bob", "cyd", "dan"):
            sell(shop, item.id, buyer)
        item = shop.change_item(item.id, capacity=item.capacity + 1)
        print(f"restocked: {item.available} available")
        sell(shop, item.id, "dan")
        refund_all_of(shop, item.id, "bob")
        audit = shop.audit(item.id)
        print(f"sold {audit.sold} of {audit.capacity}; the ledger agrees: {audit.consistent}")


def sell(shop: Client, item: str, buyer: str) -> None:
    try:
        shop.buy(item, buyer=buyer)
    except SoldOut:
        print(f"{buyer}: sold out")
    else:
        print(f"{buyer}: bought")


def refund_all_of(shop: Client, item: str, buyer: str) -> None:
    """Goes through all purchases, however many pages they fill."""
    for purchase in shop.purchases(item):
        if purchase.buyer == buyer and purchase.state == "sold":
            shop.refund(purchase.purchase_id)
            print(f"{buyer}: refunded")


if __name__ == "__main__":
    key = os.environ.get("SELLOUT_ORGANISER_KEY") or sys.exit("set SELLOUT_ORGANISER_KEY")
    try:
        main(key, *sys.argv[1:])
    except Refused as refused:
        sys.exit(f"refused, {refused}")
