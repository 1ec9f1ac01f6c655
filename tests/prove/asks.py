"""Orders in few words, for tests. Keys say what they are for, so that no two orders share one by accident."""

from sellout.history.requests import Action, Attempt, Line, Order

ITEM = "item"


def buy(buyer: str, quantity: int = 1, *, item: str = ITEM, doubled: bool = False) -> Order:
    return Order(buyer, f"{buyer}-buy", Action.BUY, (Line(item, quantity),), doubled=doubled)


def hold(buyer: str, quantity: int = 1, *, number: int = 1, doubled: bool = False) -> Order:
    return Order(buyer, f"{buyer}-hold-{number}", Action.HOLD, (Line(ITEM, quantity),), doubled=doubled)


def about(action: Action, taken: Attempt, buyer: str, *, ref: str | None = None, doubled: bool = False) -> Order:
    """Pay, confirm or release what this answer granted."""
    hold_id, quantity = taken.said["hold_id"], taken.said["quantity"]
    key = None if action is Action.RELEASE else f"{buyer}-{action}-{hold_id}"
    line = Line(taken.said.get("item", ITEM), quantity)
    return Order(buyer, key, action, (line,), subject=hold_id, payment_ref=ref, doubled=doubled)


def pay(taken: Attempt, buyer: str, *, doubled: bool = False) -> Order:
    return about(Action.PAY, taken, buyer, doubled=doubled)


def confirm(taken: Attempt, buyer: str, *, ref: str | None = None, doubled: bool = False) -> Order:
    return about(Action.CONFIRM, taken, buyer, ref=ref or f"{buyer}-payment", doubled=doubled)


def release(taken: Attempt, buyer: str, *, doubled: bool = False) -> Order:
    return about(Action.RELEASE, taken, buyer, doubled=doubled)


def refund(bought: Attempt, *, key: str = "1", doubled: bool = False) -> Order:
    line = Line(ITEM, bought.said["quantity"])
    purchase_id = bought.said["purchase_id"]
    return Order(
        "organiser", f"{purchase_id}-refund-{key}", Action.REFUND, (line,), subject=purchase_id, doubled=doubled
    )


def join(buyer: str, quantity: int = 1, *, doubled: bool = False) -> Order:
    return Order(buyer, f"{buyer}-join", Action.JOIN, (Line(ITEM, quantity),), doubled=doubled)


def look(joined: Attempt, buyer: str) -> Order:
    return _entry(Action.LOOK, joined, buyer)


def leave(joined: Attempt, buyer: str) -> Order:
    return _entry(Action.LEAVE, joined, buyer)


def _entry(action: Action, joined: Attempt, buyer: str) -> Order:
    line = Line(ITEM, joined.said["quantity"])
    return Order(buyer, None, action, (line,), subject=joined.said["entry_id"])


def basket(buyer: str, *lines: tuple[str, int], held: bool = False, doubled: bool = False, key: str = "take") -> Order:
    action = Action.HOLD_BASKET if held else Action.BUY_BASKET
    return Order(buyer, f"{buyer}-{key}", action, tuple(Line(*line) for line in lines), doubled=doubled)
