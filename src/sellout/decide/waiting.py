"""The waiting list: joining and leaving it."""

from sellout.decide.holding import ended_if_due, let_go
from sellout.decide.offers import offer_to
from sellout.decide.rules import UNPROVEN, against_waiting, is_unproven
from sellout.decide.sale import Sale, Shelf
from sellout.domain import (
    Action,
    Entry,
    EntryState,
    Hold,
    HoldState,
    Instant,
    Joined,
    JoinWaitlist,
    KeyUse,
    LeaveWaitlist,
    Left,
    Outcome,
    Reason,
    Refused,
    Scope,
)


def join(sale: Sale, command: JoinWaitlist, now: Instant) -> Outcome:
    """Stand at the end of the list, or, where enough units are free, be offered them at once."""
    shelf = sale.shelves.get(command.item_id)
    if shelf is None:
        return Refused(Reason.UNKNOWN_ITEM)
    if is_unproven(shelf.item, command.buyer, command.proven):
        return UNPROVEN
    scope = (command.item_id, command.buyer, command.key or "")
    if command.key is not None and scope in sale.by_key:
        return _joined_before(sale, scope, command)
    refused = against_waiting(sale, shelf, command.buyer, command.quantity, now)
    if refused is not None:
        return refused
    if command.key is not None:
        sale.use_key(scope, KeyUse(Action.JOIN, command.entry_id))
    return _join(sale, shelf, command, now)


def _join(sale: Sale, shelf: Shelf, command: JoinWaitlist, now: Instant) -> Joined:
    at_once = command.quantity <= shelf.free
    entry = Entry(
        command.entry_id, command.item_id, command.buyer, command.quantity, command.contact, command.hold_id,
        position=None if at_once else shelf.waiting_count + 1,
        state=EntryState.OFFERED if at_once else EntryState.WAITING,
        joined_at=now,
    )  # fmt: skip
    sale.add_entry(entry)
    if at_once:
        hold = offer_to(shelf, entry, now)
        sale.add_hold(hold)
        return Joined(entry, hold)
    shelf.wait(entry)
    return Joined(entry, None)


def _joined_before(sale: Sale, scope: Scope, command: JoinWaitlist) -> Outcome:
    use = sale.by_key[scope]
    entry = sale.entry_by_id.get(use.subject_id) if type(use) is KeyUse and use.action is Action.JOIN else None
    if entry is None or (entry.quantity, entry.contact) != (command.quantity, command.contact):
        return Refused(Reason.KEY_REUSED)
    if entry.position is not None:
        return Joined(entry._replace(state=EntryState.WAITING), None, replayed=True)
    hold = sale.hold_by_id[entry.hold_id]
    return Joined(entry._replace(state=EntryState.OFFERED), hold.as_taken(), replayed=True)


def leave(sale: Sale, command: LeaveWaitlist, now: Instant) -> Outcome:
    """Wait no longer; units that were offered pass on. Only what was confirmed cannot be left."""
    entry = sale.entry_by_id.get(command.entry_id)
    if entry is None or is_unproven(sale.shelves[entry.item_id].item, entry.buyer, command.proven):
        return Refused(Reason.UNKNOWN_ENTRY)
    if entry.state is EntryState.WAITING:
        left = entry._replace(state=EntryState.LEFT)
        sale.shelves[entry.item_id].wait_no_longer(entry)
        sale.change_entry(left)
        return Left(left)
    hold = sale.hold_by_id.get(entry.hold_id)
    return Left(entry) if hold is None else _leave_offer(sale, entry, hold, now)


def _leave_offer(sale: Sale, entry: Entry, hold: Hold, now: Instant) -> Outcome:
    hold = ended_if_due(sale, hold, now)
    if hold.state is HoldState.CONFIRMED:
        return Refused(Reason.ALREADY_CONFIRMED)
    if hold.is_open:
        let_go(sale, hold, now)
    return Left(entry)
