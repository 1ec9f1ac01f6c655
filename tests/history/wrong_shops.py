"""Shops that do it wrong, and whose books agree with themselves."""

from dataclasses import replace
from typing import Any

from sellout.history.requests import Line, Order
from tests.history.shop import Shop
from tests.prove.kept import KeptHold as Holding


class Generous(Shop):
    """Sells one unit more than there is."""

    def refusal(self, order: Order) -> Any:
        refused = super().refusal(order)
        free = self.shelves[order.lines[0].item].free
        return None if refused and free == 0 and order.quantity == 1 else refused


class Mean(Shop):
    """Says that all is sold while a unit is still free."""

    def refusal(self, order: Order) -> Any:
        shelf = self.shelves[order.lines[0].item]
        return super().refusal(order) or ((410, {"code": "sold_out"}) if shelf.free == 1 and self.now < 103 else None)


class Forgetful(Shop):
    """Ends no hold by itself."""

    def settle(self) -> None:
        if self.now > 110:
            super().settle()


class Hasty(Shop):
    """Ends holds before their time."""

    def settle(self) -> None:
        for hold in self.holds.values():
            if hold.state == "held":
                hold.until = min(hold.until, self.now + 0.5)
        super().settle()


class Absentminded(Shop):
    """Does not know keys again."""

    def answer(self, order: Order) -> Any:
        self.keys.clear()
        return super().answer(order)


class Rude(Shop):
    """Serves those last who came first."""

    def in_line(self, item: str) -> Any:
        return super().in_line(item)[::-1]


class Lenient(Shop):
    """Knows no limits."""

    def is_over_limit(self, _buyer: str, _line: Line) -> bool:
        return False


class Halving(Shop):
    """Forgets the second line of a basket."""

    def on_buy_basket(self, order: Order) -> Any:
        return super().on_buy_basket(replace(order, lines=order.lines[:1]))


class Greedy(Shop):
    """Sells what a late payment comes for, whether or not it is still there."""

    def can_be_had_again(self, _hold: Holding) -> bool:
        return True
