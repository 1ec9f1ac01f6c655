"""Hold two units, let the buyer pay, and confirm; where that comes too late, give the payment back.

python examples/hold_and_pay.py [URL [ITEM]]
"""

import sys
import uuid

from sellout.client import Client, Hold, HoldExpired, Purchase, Refused


class Bank:
    """What takes the buyer's money. A real one is asked over the network."""

    def charge(self, buyer: str) -> str:
        """The reference of a new payment."""
        payment_ref = f"payment-{uuid.uuid4()}"
        print(f"{buyer} has paid: {payment_ref}")
        return payment_ref

    def give_back(self, payment_ref: str) -> None:
        print(f"given back: {payment_ref}")


def main(url: str = "http://127.0.0.1:8000", item: str = "item-a") -> None:
    bank = Bank()
    with Client(url) as shop:
        try:
            hold = shop.hold(item, quantity=2, buyer="ada")
        except Refused as refused:
            sys.exit(f"no units are held: {refused}")
        print(f"{hold.quantity} units are held until {hold.expires_at:%H:%M:%S} UTC")
        purchase = pay_for(shop, hold, bank)
        print("nothing was bought" if purchase is None else f"bought: {purchase.purchase_id}")


def pay_for(shop: Client, hold: Hold, bank: Bank) -> Purchase | None:
    """The purchase; None where the units were gone when the payment came."""
    hold = shop.pay(hold.hold_id)  # a later deadline, for as long as paying takes
    payment_ref = bank.charge(hold.buyer or "somebody")
    try:
        return shop.confirm(hold.hold_id, payment_ref)
    except HoldExpired as expired:
        if expired.refund_due:
            bank.give_back(payment_ref)
        return None


if __name__ == "__main__":
    main(*sys.argv[1:])
