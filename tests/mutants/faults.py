"""The faults. Each is planted by a function that patches the program; its docstring says what is wrong then.

`DECISION` are faults of the decision and of what it has loaded; `SQLITE` are faults of the store on SQLite.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from sellout.decide import baskets, buying, deciding, holding, loading, offers, organising, rules, waiting
from sellout.decide.loading import Needs
from sellout.decide.sale import Queue, Sale, Shelf
from sellout.domain import (
    BuyBasket,
    Command,
    ConfirmHold,
    Entry,
    EntryState,
    Hold,
    HoldState,
    Instant,
    Item,
    LeaveWaitlist,
    Left,
    Outcome,
    PayHold,
    Purchase,
    Refund,
    Refused,
    TakeHold,
)
from sellout.store import batch, sqlite, sqlite_file
from sellout.store.clock import Clock
from sellout.store.steps import Steps
from tests import shelves

Plant = Callable[[pytest.MonkeyPatch], None]
Handler = Callable[[Sale, Any, Instant], Outcome]

DECISION: list[Plant] = []
SQLITE: list[Plant] = []


def of_decision(plant: Plant) -> Plant:
    DECISION.append(plant)
    return plant


def on_sqlite(plant: Plant) -> Plant:
    SQLITE.append(plant)
    return plant


def no_offer(sale: Sale, shelf: Shelf, now: Instant) -> None:
    """Offer nothing to nobody."""


def handle(patch: pytest.MonkeyPatch, kind: type[Command], wrap: Callable[[Handler], Handler]) -> None:
    """Commands of a kind are handled in another way."""
    patch.setitem(deciding._HANDLERS, kind, wrap(deciding._HANDLERS[kind]))


def sql(patch: pytest.MonkeyPatch, statement: str, right: str, wrong: str) -> None:
    """A statement says something else."""
    text = sqlite._SQL[statement]
    assert right in text, "the fault is planted where nothing is"
    patch.setitem(sqlite._SQL, statement, text.replace(right, wrong))


# Limits.


@of_decision
def the_limit_is_skipped(patch: pytest.MonkeyPatch) -> None:
    for module in (rules, holding, offers):
        patch.setattr(module, "over_limit", lambda *_: False)


@of_decision
def the_limit_is_skipped_for_offers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(offers, "over_limit", lambda *_: False)


@of_decision
def the_limit_is_skipped_for_late_payments(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "over_limit", lambda *_: False)


@of_decision
def the_limit_forgets_holds(patch: pytest.MonkeyPatch) -> None:
    right = Sale.add_hold

    def wrong(sale: Sale, hold: Hold) -> None:
        right(sale, hold)
        sale.count(hold.item_id, hold.buyer, -hold.quantity)

    patch.setattr(Sale, "add_hold", wrong)


@of_decision
def a_hold_past_its_deadline_counts_in_the_limit(patch: pytest.MonkeyPatch) -> None:
    def wrong(shop: shelves.Shelves, item_id: str, buyer: str, now: Instant) -> int:
        held = sum(hold.quantity for hold in shop.open_holds(item_id) if hold.buyer == buyer)
        return held + sum(purchase.quantity for purchase in shop.kept(item_id) if purchase.buyer == buyer)

    patch.setattr(shelves.Shelves, "units_of", wrong)


@of_decision
def who_waits_is_not_looked_up_for_the_limit(patch: pytest.MonkeyPatch) -> None:
    right = shelves.Shelves.units_of

    def wrong(shop: shelves.Shelves, item_id: str, buyer: str, now: Instant) -> int:
        waits = any(e.buyer == buyer and e.state is EntryState.WAITING for e in shop.entries.values())
        return 0 if waits else right(shop, item_id, buyer, now)

    patch.setattr(shelves.Shelves, "units_of", wrong)


# The end of holds.


@of_decision
def expired_holds_are_not_freed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sale, "expire", lambda _, hold, now: hold._replace(state=HoldState.EXPIRED, ended_at=now))


@of_decision
def a_hold_ends_a_moment_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Hold, "is_due", lambda hold, now: hold.ended_at is None and hold.expires_at < now)


@of_decision
def a_released_hold_s_units_stay_held(patch: pytest.MonkeyPatch) -> None:
    right = holding.let_go

    def wrong(sale: Sale, hold: Hold, now: Instant) -> Hold:
        sale.shelves[hold.item_id].held += hold.quantity
        return right(sale, hold, now)

    patch.setattr(holding, "let_go", wrong)


@of_decision
def a_hold_is_released_twice(patch: pytest.MonkeyPatch) -> None:
    def wrong(hold: Hold) -> bool:
        return hold.ended_at is None or hold.state is HoldState.RELEASED

    patch.setattr(Hold, "is_open", property(wrong))


@of_decision
def due_holds_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shelves, "due_max", lambda *_: 0)


# Paying and confirming.


@of_decision
def every_payment_extends_the_deadline(patch: pytest.MonkeyPatch) -> None:
    def wrap(right: Handler) -> Handler:
        def wrong(sale: Sale, command: PayHold, now: Instant) -> Outcome:
            hold = sale.hold_by_id.get(command.hold_id)
            if hold is not None and hold.state is HoldState.PAYING:
                sale.hold_by_id[hold.id] = hold._replace(state=HoldState.HELD)
            return right(sale, command, now)

        return wrong

    handle(patch, PayHold, wrap)


@of_decision
def paying_may_shorten_a_hold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "max", lambda _, later: later, raising=False)


@of_decision
def a_late_payment_is_taken_without_units(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "_can_be_had_again", lambda *_: True)


@of_decision
def a_late_payment_is_never_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "_can_be_had_again", lambda *_: False)


@of_decision
def a_late_payment_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "LatePayment", lambda *_: None)
    patch.setattr(Sale, "writes", lambda sale, right=Sale.writes: right(sale)._replace(late_payments=[]))


@of_decision
def a_payment_confirms_two_holds(patch: pytest.MonkeyPatch) -> None:
    def wrap(right: Handler) -> Handler:
        def wrong(sale: Sale, command: ConfirmHold, now: Instant) -> Outcome:
            sale.payments.clear()
            return right(sale, command, now)

        return wrong

    handle(patch, ConfirmHold, wrap)


@of_decision
def a_payment_confirms_two_holds_of_one_batch(patch: pytest.MonkeyPatch) -> None:
    right = Sale.add_purchase

    def wrong(sale: Sale, purchase: Purchase) -> None:
        before = dict(sale.payments)
        right(sale, purchase)
        sale.payments = before

    patch.setattr(Sale, "add_purchase", wrong)


# Refunds.


@of_decision
def a_refund_counts_twice(patch: pytest.MonkeyPatch) -> None:
    right = Sale.set_refunded

    def wrong(sale: Sale, purchase: Purchase) -> None:
        sale.shelves[purchase.item_id].sold -= purchase.quantity
        right(sale, purchase)

    patch.setattr(Sale, "set_refunded", wrong)


@of_decision
def a_refund_in_the_batch_is_forgotten_by_the_next(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sale, "set_refunded", lambda sale, purchase: sale.refunds.append(purchase))


# Keys.


@of_decision
def the_key_of_a_hold_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def wrap(right: Handler) -> Handler:
        def wrong(sale: Sale, command: TakeHold, now: Instant) -> Outcome:
            sale.by_key.pop((command.item_id, command.buyer, command.key or ""), None)
            return right(sale, command, now)

        return wrong

    handle(patch, TakeHold, wrap)


@of_decision
def the_key_of_a_refund_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    handle(patch, Refund, lambda right: lambda sale, command, now: right(sale, command._replace(key=None), now))


@of_decision
def the_key_of_a_payment_is_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(loading, "_follow_key", lambda *_: None)


@of_decision
def a_key_is_not_noticed_to_be_reused(patch: pytest.MonkeyPatch) -> None:
    right = buying._replay

    def wrong(first: Any, command: Any) -> Outcome:
        return right(first, command._replace(quantity=getattr(first, "quantity", 0)))

    patch.setattr(buying, "_replay", wrong)


@of_decision
def a_key_gets_a_basket_whatever_is_in_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(baskets, "_asked", lambda _: [])


@of_decision
def a_key_gets_the_hold_as_it_is_now(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Hold, "as_taken", lambda hold: hold)


# Baskets.


@of_decision
def half_a_basket_is_sold(patch: pytest.MonkeyPatch) -> None:
    """Only the first line is looked at; the others are taken if they can be."""
    right = baskets._refusal

    def wrong(sale: Sale, command: Any, now: Instant) -> Refused | None:
        return right(sale, command._replace(lines=command.lines[:1]), now)

    patch.setattr(baskets, "_refusal", wrong)


@of_decision
def a_line_that_cannot_be_had_is_left_out(patch: pytest.MonkeyPatch) -> None:
    def wrap(right: Handler) -> Handler:
        def wrong(sale: Sale, command: BuyBasket, now: Instant) -> Outcome:
            refused = right(sale, command, now)
            if isinstance(refused, Refused) and refused.line:
                return right(sale, command._replace(lines=command.lines[: refused.line]), now)
            return refused

        return wrong

    handle(patch, BuyBasket, wrap)


# The waiting list.


@of_decision
def the_last_who_waits_is_offered_first(patch: pytest.MonkeyPatch) -> None:
    def wrong(queue: Queue, available: int) -> Entry | None:
        fitting = [line for quantity, line in queue._by_quantity.items() if line and quantity <= available]
        return max(fitting, key=lambda line: line[-1][0]).pop()[1] if fitting else None

    patch.setattr(Queue, "pop_first", wrong)


@of_decision
def one_who_wants_too_much_blocks_the_rest(patch: pytest.MonkeyPatch) -> None:
    right = Queue.pop_first

    def wrong(queue: Queue, available: int) -> Entry | None:
        lines = [line for line in queue._by_quantity.values() if line]
        first = min(lines, key=lambda line: line[0][0])[0][1] if lines else None
        return right(queue, available) if first is not None and first.quantity <= available else None

    patch.setattr(Queue, "pop_first", wrong)


@of_decision
def a_newcomer_jumps_the_queue_after_a_refund(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(buying, "offer_units", no_offer)


@of_decision
def a_newcomer_jumps_the_queue_when_more_is_put_on_sale(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(organising, "offer_units", no_offer)


@of_decision
def an_offer_that_lapses_does_not_pass_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deciding, "offer_units", no_offer)


@of_decision
def an_offer_that_is_given_back_does_not_pass_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "offer_units", no_offer)


@of_decision
def offers_are_made_while_the_sale_is_paused(patch: pytest.MonkeyPatch) -> None:
    right = offers.offer_units

    def wrong(sale: Sale, shelf: Shelf, now: Instant) -> None:
        item = shelf.item
        shelf.item = item._replace(paused=False)
        right(sale, shelf, now)
        shelf.item = item

    for module in (buying, deciding, holding, organising):
        patch.setattr(module, "offer_units", wrong)


@of_decision
def an_offer_lasts_as_long_as_a_hold(patch: pytest.MonkeyPatch) -> None:
    right = offers.offer_to

    def wrong(shelf: Shelf, entry: Entry, now: Instant) -> Hold:
        item, shelf.item = shelf.item, shelf.item._replace(offer_seconds=shelf.item.hold_seconds)
        try:
            return right(shelf, entry, now)
        finally:
            shelf.item = item

    for module in (offers, waiting):
        patch.setattr(module, "offer_to", wrong)


@of_decision
def who_has_left_is_offered_units(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Queue, "leave", lambda *_: None)


@of_decision
def leaving_keeps_the_offer(patch: pytest.MonkeyPatch) -> None:
    def wrap(right: Handler) -> Handler:
        def wrong(sale: Sale, command: LeaveWaitlist, now: Instant) -> Outcome:
            entry = sale.entry_by_id.get(command.entry_id)
            has_offer = entry is not None and entry.state is EntryState.OFFERED
            return Left(entry) if entry is not None and has_offer else right(sale, command, now)

        return wrong

    handle(patch, LeaveWaitlist, wrap)


@of_decision
def places_are_counted_from_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(shelves, "somebody_joins", lambda *_: False)


@of_decision
def only_the_first_of_those_who_wait_is_loaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(loading, "ENTRIES_LOADED_MAX", 1)


@of_decision
def who_waits_for_what_a_refund_gives_is_not_loaded(patch: pytest.MonkeyPatch) -> None:
    def wrong(item: Item, due_units: int, commands: Sequence[Command], found: Any) -> int:
        return loading.units_to_offer(item, due_units, commands, found._replace(purchases={}))

    patch.setattr(shelves, "units_to_offer", wrong)


# What is told.


@of_decision
def retry_after_is_of_the_wrong_hold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sale, "next_deadline", lambda _, shelf: max((at for at, _ in shelf.deadlines), default=None))


@of_decision
def a_moved_deadline_is_told_as_it_was(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Sale, "next_deadline", lambda _, shelf: min((at for at, _ in shelf.deadlines), default=None))


@of_decision
def deadlines_are_loaded_only_where_all_is_held_at_first(patch: pytest.MonkeyPatch) -> None:
    def wrong(item: Item, due_units: int, commands: Sequence[Command], found: Any, *, waiting: bool) -> int:
        return 9 if item.available + due_units == 0 else 0

    patch.setattr(shelves, "deadlines_wanted", wrong)


@of_decision
def sold_out_is_said_while_units_are_only_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_nothing_free", lambda *_: rules._SOLD_OUT)


@of_decision
def a_closed_sale_goes_on(patch: pytest.MonkeyPatch) -> None:
    right = Item.outside_window
    patch.setattr(Item, "outside_window", lambda item, now: right(item._replace(closes_at=None), now))


# The store on SQLite.


@on_sqlite
def time_runs_backwards(patch: pytest.MonkeyPatch) -> None:
    right = batch._load_items

    def wrong(wanted: Needs) -> Steps[batch._Shelves]:
        shelves = yield from right(wanted)
        return shelves._replace(decided_at=0)

    patch.setattr(batch, "_load_items", wrong)


@on_sqlite
def keys_of_holds_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_hold_keys", "h.buyer = wanted", "h.buyer <> wanted")


@on_sqlite
def keys_of_payments_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_used_keys", "u.buyer = wanted", "u.buyer <> wanted")


@on_sqlite
def held_units_of_a_buyer_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_held", "sum(h.quantity)", "0")


@on_sqlite
def a_due_hold_counts_in_the_limit(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_held", "h.expires_at > :now", ":now > 0")


@on_sqlite
def refunded_purchases_count_in_the_limit(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_bought", "p.refunded_at IS NULL", "TRUE")


@on_sqlite
def due_holds_are_loaded_a_moment_late(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_due", "h.expires_at <= :now", "h.expires_at < :now")


@on_sqlite
def the_latest_deadlines_are_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_deadlines", "ORDER BY h.expires_at", "ORDER BY h.expires_at DESC")


@on_sqlite
def the_last_who_wait_are_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(
        patch,
        "load_waiting",
        "ORDER BY first.entry_no\n    LIMIT :max + 1",
        "ORDER BY first.entry_no DESC\n    LIMIT 1",
    )


@on_sqlite
def who_waits_for_as_much_as_there_is_is_not_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_waiting", "WHERE sizes.quantity <= :units", "WHERE sizes.quantity < :units")


@on_sqlite
def late_payments_are_not_loaded(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "load_payments", "CROSS JOIN late_payments AS l ON l.payment_ref = wanted.value",
        "CROSS JOIN late_payments AS l ON l.payment_ref = wanted.value || 'x'")  # fmt: skip


@on_sqlite
def the_deadline_of_a_payment_is_not_written(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "update_holds", "expires_at = changed.value ->> 1", "expires_at = expires_at")


@on_sqlite
def the_purchase_forgets_its_basket(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "insert_any_purchases", "value ->> 10", "NULL")


@on_sqlite
def readers_see_what_is_due_as_held(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "item", "h.expires_at <= max(:now, i.decided_at)", "h.expires_at < 0 * :now")


@on_sqlite
def readers_see_the_end_of_a_hold_a_moment_late(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "items", "h.expires_at <= max(", "h.expires_at < max(")


@on_sqlite
def the_ledger_leaves_holds_out(patch: pytest.MonkeyPatch) -> None:
    right = sqlite_file.open_database

    def wrong(path: Path, clock: Clock, wait_seconds: float) -> apsw.Connection:
        connection = right(path, clock, wait_seconds)
        connection.execute("DROP TRIGGER IF EXISTS hold_moves")
        return connection

    patch.setattr(sqlite, "open_database", wrong)


@on_sqlite
def an_entry_s_place_counts_all_who_ever_waited(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "entry", "INDEXED BY waiting_in_order\n", "\n")
    text = sqlite._SQL["entry"]
    patch.setitem(sqlite._SQL, "entry", text.replace("AND before.state = 'waiting'", ""))


# Buyer tokens.


def _proves(patch: pytest.MonkeyPatch, module: Any) -> None:
    patch.setattr(module, "is_unproven", lambda *_: False)


@of_decision
def nobody_has_to_prove_who_buys(patch: pytest.MonkeyPatch) -> None:
    _proves(patch, buying)


@of_decision
def nobody_has_to_prove_whose_hold_it_is(patch: pytest.MonkeyPatch) -> None:
    _proves(patch, holding)


@of_decision
def nobody_has_to_prove_who_waits(patch: pytest.MonkeyPatch) -> None:
    _proves(patch, waiting)


@of_decision
def nobody_has_to_prove_whose_basket_it_is(patch: pytest.MonkeyPatch) -> None:
    _proves(patch, baskets)


@on_sqlite
def an_item_forgets_that_it_asks_for_tokens(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "update_items", "changed.value ->> 13", "'optional'")


@on_sqlite
def an_item_begins_without_asking_for_tokens(patch: pytest.MonkeyPatch) -> None:
    sql(patch, "insert_items", "value ->> 13", "'optional'")


@of_decision
def any_token_will_do(patch: pytest.MonkeyPatch) -> None:
    def wrong(item: Item, buyer: str, proven: str | None) -> bool:
        return item.buyer_tokens is rules.REQUIRED and proven is None

    for module in (buying, holding, waiting, baskets):
        patch.setattr(module, "is_unproven", wrong)
