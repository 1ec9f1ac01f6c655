"""Items: adding and changing them, also while they are being sold."""

from sellout.decide.offers import offer_units
from sellout.decide.sale import Sale, Shelf
from sellout.domain import AddItem, ChangeItem, Instant, Item, ItemSaved, Outcome, Reason, Refused, Settle, Settled


def add_item(sale: Sale, command: AddItem, now: Instant) -> Outcome:
    """Put a new item on sale."""
    item = command.item
    if item.id in sale.shelves:
        return Refused(Reason.ITEM_EXISTS)
    sale.shelves[item.id] = Shelf(item, added=True)
    return ItemSaved(item, now)


def change_item(sale: Sale, command: ChangeItem, now: Instant) -> Outcome:
    """Change members of an item; those who wait may get what a raised capacity or the end of a pause gives."""
    shelf = sale.shelves.get(command.item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    before = shelf.final()
    after = before._replace(**{change.field: change.value for change in command.changes})  # type: ignore[arg-type]
    if after.available < 0:
        return Refused(Reason.CAPACITY_BELOW_COMMITTED, available=before.available)
    if not _window_is_open(after):
        return Refused(Reason.INVALID_REQUEST, field="closes_at", message="must be later than opens_at")
    shelf.item = after
    shelf.changed = True
    offer_units(sale, shelf, now)
    return ItemSaved(shelf.final(), now)


def _window_is_open(item: Item) -> bool:
    return item.opens_at is None or item.closes_at is None or item.opens_at < item.closes_at


def settle(sale: Sale, command: Settle, now: Instant) -> Outcome:  # noqa: ARG001 - a handler like the others
    """Nothing is left to do: what was due is done before the first command of every batch."""
    return Settled() if command.item_id in sale.shelves else Refused(Reason.UNKNOWN_ITEM)
