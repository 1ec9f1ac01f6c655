"""Offers: units that are free go first to those who wait for them.

After every command nobody waits who could have what is free. So whoever comes later may take what is free: nobody
before them could have had it, and no unit stays unsold because somebody waits for more than there is.
"""

from sellout.decide.rules import over_limit
from sellout.decide.sale import Sale, Shelf
from sellout.domain import MICROSECONDS, Entry, EntryState, Hold, Instant


def offer_units(sale: Sale, shelf: Shelf, now: Instant) -> None:
    """Offer what is free to those who wait, in the order of their coming, to each who wants no more than there is.

    An entry whose buyer meanwhile has as much as the limit allows lapses. Where more wait than a batch looks at,
    what is free is spoken for until the next one.
    """
    queue = shelf.queue
    if queue is None or shelf.item.outside_window(now):
        return
    while (entry := queue.pop_first(shelf.available)) is not None:
        shelf.waiting_count -= 1
        if over_limit(sale, shelf.item, entry.buyer, entry.quantity):
            sale.change_entry(entry._replace(state=EntryState.LAPSED))
        else:
            sale.change_entry(entry._replace(state=EntryState.OFFERED))
            sale.add_hold(offer_to(shelf, entry, now))
    shelf.spoken_for = queue.others_fit(shelf.available)


def offer_to(shelf: Shelf, entry: Entry, now: Instant) -> Hold:
    """The hold that an entry is offered."""
    until = now + shelf.item.offer_seconds * MICROSECONDS
    return Hold(
        entry.hold_id, entry.item_id, shelf.item.name, entry.buyer, entry.quantity, None, now, until, until,
        entry_id=entry.id,
    )  # fmt: skip
