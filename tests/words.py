"""Short ways to say items and commands in tests."""

import itertools

from sellout.domain import ANONYMOUS, Buy, Item

_numbers = itertools.count(1)


def an_item(item_id: str = "a", capacity: int = 10, **members: object) -> Item:
    """An item on sale, without limits but ten an order."""
    base = Item(item_id, item_id.upper(), capacity, 0, 0, None, None, False, None, 10, 600)
    return base._replace(**members)  # type: ignore[arg-type]


def a_buy(item_id: str = "a", quantity: int = 1, buyer: str = ANONYMOUS, key: str | None = None) -> Buy:
    """A purchase with a new id."""
    return Buy(f"p{next(_numbers)}", item_id, buyer, quantity, key)
