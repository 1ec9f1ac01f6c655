"""Faults in the record of a day on which all went well: for each rule those that it must see."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sellout.history.check import check
from sellout.history.history import History
from sellout.history.kept import KeptEntry, KeptHold, KeptKey, KeptLatePayment, KeptPurchase, Movement
from sellout.history.requests import Action, Line, Order, Request
from tests.history.planting import (
    Plant,
    attempts_of,
    first,
    keep,
    later,
    observe,
    row_instead,
    tell,
)
from tests.history.sale import Weather, played
from tests.prove.honest import answer


@cache
def day() -> History:
    """A day on which everything happens that faults are planted in."""
    history = played(Weather(seed=4, buyers=60, stock=30, lost=0.05))
    assert check(history).exact
    assert history.drained
    return history


def bought(history: History) -> KeptPurchase:
    """A purchase that its buyer was told of by one attempt, and kept."""
    sold = {request.order.key for request in history.requests if request.order.action is Action.BUY
            and len(request.attempts) == request.order.copies == 1}  # fmt: skip
    return first(history.kept.purchases, lambda row: row.key in sold and row.refunded_at is None)


def refunded(history: History) -> KeptPurchase:
    return first(history.kept.purchases, lambda row: row.refunded_at is not None)


def hold_in(history: History, state: str, *, offered: bool = False) -> KeptHold:
    """One that has ended so and whose own movement says it."""
    return first(history.kept.holds, lambda row: row.state == state and (row.entry_id is not None) is offered)


def never_oversold() -> Iterator[Plant]:
    yield lambda h: keep(h, movements=(*h.kept.movements, Movement(10**6, "a", "buy", 0, 1, 0, 2**60, "p", None)))
    yield lambda h: keep(h, movements=(*h.kept.movements, Movement(10**6, "a", "refund", 0, -99, 0, 2**60, "p", None)))
    yield lambda h: observe(h, available=99)
    yield lambda h: observe(h, state="sold_out", sold=1, held=0, available=29)
    yield lambda h: tell(h, buy("eve", 99), answer(201, 101.0, purchase_id="p-eve", quantity=99, state="sold"))


def buy(buyer: str, quantity: int = 1, item: str = "a", *, key: str | None = "its-key") -> Order:
    return Order(buyer, key, Action.BUY, (Line(item, quantity),))


def refused(code: str, at: float, **more: Any) -> Plant:
    status = 410 if code == "sold_out" else 409
    said = replace(answer(status, at, code=code, **more), retry_after=1.0)
    return lambda h: tell(h, buy("eve"), said)


def never_undersold() -> Iterator[Plant]:
    yield refused("sold_out", 99.0)
    yield refused("all_held", 99.0)
    yield refused("not_enough_left", 99.0, available=1)
    yield lambda h: keep(h, items=tuple(replace(row, sold=row.sold - 1) for row in h.kept.items))
    yield lambda h: keep(
        h,
        items=tuple(replace(row, sold=row.sold - 1) for row in h.kept.items),
        entries=(*h.kept.entries, KeptEntry("e", 10**6, "a", "eve", 1, "waiting", 2**60, "e-hold")),
    )


def counters_match_ledger() -> Iterator[Plant]:
    yield lambda h: keep(h, movements=h.kept.movements[:-1])
    yield lambda h: keep(h, movements=(*h.kept.movements[:9], h.kept.movements[8], *h.kept.movements[9:]))
    yield lambda h: keep(h, items=tuple(replace(row, capacity=row.capacity + 1) for row in h.kept.items))
    yield lambda h: keep(h, movements=(*h.kept.movements, Movement(10**6, "c", "buy", 0, 1, 0, 2**60, "p", None)))
    yield lambda h: row_instead(h, bought(h), quantity=9)
    yield lambda h: row_instead(h, refunded(h), refunded_at=None)
    yield lambda h: row_instead(h, hold_in(h, "released"), state="expired")
    yield lambda h: row_instead(h, hold_in(h, "released"), state="held")


def looks_are_true() -> Iterator[Plant]:
    yield lambda h: observe(h, started_at=1000.0, ended_at=1001.0)  # the first look, once more, much later
    yield lambda h: observe(h, started_at=99.0, ended_at=99.1, sold=30, held=0, available=0, state=None)
    yield lambda h: observe(h, sold=13, held=17, available=0, state=None)


def ledger_in_order() -> Iterator[Plant]:
    yield lambda h: later(h, lambda request: request.order.key == bought(h).key)
    yield lambda h: later(h, lambda request: request.order.key == hold_in(h, "confirmed").key)


def refusals_are_true() -> Iterator[Plant]:
    yield refused("sold_out", 99.0)
    yield refused("all_held", 99.0)
    yield refused("not_enough_left", 99.0, available=1)


def sold_out_is_final() -> Iterator[Plant]:
    yield lambda h: later(h, lambda request: request.order.key == bought(h).key)
    yield lambda h: later(h, lambda request: request.order.key == hold_in(h, "confirmed").key)


def without(history: History, row: Any) -> History:
    """The same books, but for this row."""
    return row_instead(history, row, gone=True)


def acknowledged_is_kept() -> Iterator[Plant]:
    yield lambda h: without(h, bought(h))
    yield lambda h: row_instead(h, bought(h), buyer="eve")
    yield lambda h: row_instead(h, bought(h), quantity=9)
    yield lambda h: row_instead(h, refunded(h), refunded_at=None)
    yield lambda h: without(h, hold_in(h, "expired"))
    yield lambda h: row_instead(h, hold_in(h, "expired"), quantity=9)
    yield lambda h: without(h, h.kept.entries[0])
    yield lambda h: row_instead(h, h.kept.entries[0], buyer="eve")


def nothing_unasked() -> Iterator[Plant]:
    yield lambda h: row_instead(h, bought(h), key="never-issued")
    yield lambda h: row_instead(h, bought(h), key=None)
    yield lambda h: row_instead(h, bought(h), quantity=9)
    yield lambda h: row_instead(h, hold_in(h, "expired"), key="never-issued")
    yield lambda h: row_instead(h, hold_in(h, "expired", offered=True), entry_id="nobody's")
    yield lambda h: keep(h, keys=(*h.kept.keys, KeptKey("a", "buyer-1", "never-issued", "pay", "h")))
    yield lambda h: keep(h, entries=(*h.kept.entries, KeptEntry("e", 10**6, "a", "eve", 1, "left", 0, "e-hold")))


def again(history: History, **changes: Any) -> History:
    """One who was granted something asks once more, with the same key, and is told something else."""
    key = bought(history).key
    request = first(history.requests, lambda one: one.order.key == key)
    told = replace(request.final, started_at=1000.0, ended_at=1000.1, **{"replayed": True, **changes})
    return replace(history, requests=(*history.requests, Request(request.order, 1, (told,))))


def otherwise(history: History, **answer: Any) -> History:
    """One who has bought asks for a unit more, under the same key, and is answered so."""
    key = bought(history).key
    request = first(history.requests, lambda one: one.order.key == key and one.order.action is Action.BUY)
    (line,) = request.order.lines
    order = replace(request.order, lines=(line._replace(quantity=line.quantity + 1),))
    told = replace(request.final, started_at=1000.0, ended_at=1000.1, **answer)
    return replace(history, requests=(*history.requests, Request(order, 1, (told,))))


def once_per_key() -> Iterator[Plant]:
    yield lambda h: otherwise(h, replayed=True)
    yield lambda h: again(h, said={"purchase_id": "another", "quantity": 1, "state": "sold"})
    yield lambda h: again(h, replayed=False)
    yield lambda h: again(h, status=410, said={"code": "sold_out"})
    yield lambda h: keep(h, purchases=(*h.kept.purchases, replace(bought(h), purchase_id="another")))
    yield lambda h: keep(h, keys=(*h.kept.keys, KeptKey("a", bought(h).buyer, bought(h).key or "", "pay", "h"),
                                  KeptKey("b", bought(h).buyer, bought(h).key or "", "pay", "h")))  # fmt: skip


def once_per_hold() -> Iterator[Plant]:
    def twice(history: History) -> History:
        row = first(history.kept.purchases, lambda row: row.hold_id is not None)
        return keep(history, purchases=(*history.kept.purchases, replace(row, purchase_id="another", key="k")))

    yield twice


def refusals_change_nothing() -> Iterator[Plant]:
    yield lambda h: attempts_of(h, bought(h).key, status=410, said={"code": "sold_out"})


def all_lines_or_none() -> Iterator[Plant]:
    yield lambda h: without(h, first(h.kept.purchases, lambda row: row.basket_id is not None))
    yield lambda h: without(h, first(h.kept.holds, lambda row: row.basket_id is not None))


def limits_are_kept() -> Iterator[Plant]:
    yield lambda h: replace(h, items=tuple(replace(item, limit_per_buyer=2) for item in h.items))
    yield lambda h: replace(h, items=tuple(replace(item, max_per_order=1) for item in h.items))


def holds_end_once() -> Iterator[Plant]:
    yield lambda h: row_instead(h, hold_in(h, "confirmed"), state="released")
    yield lambda h: row_instead(h, hold_in(h, "expired"), state="confirmed")
    yield lambda h: row_instead(h, hold_in(h, "expired"), state="released")
    yield lambda h: row_instead(h, hold_in(h, "released"), state="expired")
    yield lambda h: row_instead(h, first(h.kept.purchases, lambda row: row.hold_id is not None), quantity=9)

    def twice(history: History) -> History:
        end = first(history.kept.movements, lambda move: move.kind == "release")
        return keep(history, movements=(*history.kept.movements, replace(end, no=10**6, kind="expire")))

    yield twice


def deadlines_are_kept() -> Iterator[Plant]:
    def moved(kind: str, microseconds: int) -> Plant:
        def plant(history: History) -> History:
            move = first(history.kept.movements, lambda move: move.kind == kind)
            return row_instead(history, move, moved_at=move.moved_at + microseconds)

        return plant

    yield moved("expire", -3_000_000)
    yield moved("confirm", 10_000_000)
    yield moved("release", 10_000_000)
    yield lambda h: row_instead(h, hold_in(h, "released"), expires_at=hold_in(h, "released").held_at + 1)
    yield lambda h: row_instead(h, hold_in(h, "expired", offered=True), expires_at=2**60)


def refunded_once() -> Iterator[Plant]:
    def twice(history: History) -> History:
        move = first(history.kept.movements, lambda move: move.kind == "refund")
        return keep(history, movements=(*history.kept.movements, replace(move, no=10**6)))

    def asked(history: History, **changes: Any) -> History:
        request = first(history.requests, lambda one: one.order.action is Action.REFUND)
        told = replace(request.final, **changes)
        return replace(history, requests=(*history.requests, Request(replace(request.order, key="2"), 0, (told,))))

    yield twice
    yield lambda h: asked(h, replayed=False)
    yield lambda h: asked(h, status=409, said={"code": "already_refunded"}, started_at=1.0, ended_at=2.0)
    yield lambda h: replace(h, requests=tuple(one for one in h.requests if one.order.action is not Action.REFUND))


def late_payments_are_recorded() -> Iterator[Plant]:
    def confirming(history: History) -> History:
        row = first(history.kept.purchases, lambda row: row.payment_ref is not None)
        late = KeptLatePayment(row.payment_ref or "", row.hold_id or "", row.item, row.quantity)
        return keep(history, late_payments=(late,))

    yield confirming
    yield lambda h: keep(h, late_payments=(KeptLatePayment("nobody's", "h", "a", 1),))
    order = Order("eve", "eve-confirm", Action.CONFIRM, (Line("a"),), "h", "eve-payment")
    yield lambda h: tell(h, order, answer(409, 200.0, code="hold_expired", refund_due=True))


def joined_in_order() -> Iterator[Plant]:
    def turned(history: History) -> History:
        most = len(history.kept.entries)
        return keep(history, entries=tuple(replace(row, no=most - row.no) for row in history.kept.entries))

    yield turned


def served_in_turn() -> Iterator[Plant]:
    def forgotten(history: History) -> History:
        """The one who came first for one unit waits for ever, while others are served."""
        entry = min(history.kept.entries, key=lambda row: (row.quantity, row.no))
        hold = first(history.kept.holds, lambda row: row.hold_id == entry.hold_id)
        return row_instead(without(history, hold), entry, state="waiting")

    yield forgotten
    yield lambda h: keep(h, entries=(KeptEntry("e", 0, "a", "eve", 1, "waiting", 0, "e-hold"), *h.kept.entries))
    yield lambda h: keep(h, entries=(KeptEntry("e", 0, "a", "eve", 1, "waiting", 0, "e-hold"),))


def entries_end_as_told() -> Iterator[Plant]:
    yield lambda h: row_instead(h, first(h.kept.entries, lambda row: row.state == "offered"), state="waiting")
    yield lambda h: without(h, first(h.kept.holds, lambda row: row.entry_id is not None))
    yield lambda h: keep(h, entries=(*h.kept.entries, KeptEntry("e", 10**6, "a", "eve", 1, "left", 0, "e-hold")))

    def told(history: History) -> History:
        entry = KeptEntry("e", 10**6, "a", "eve", 1, "waiting", 2**60, "e-hold")
        order = Order("eve", None, Action.LEAVE, (Line("a"),), "e")
        return tell(keep(history, entries=(*history.kept.entries, entry)), order, answer(204, 200.0))

    yield told

    def offered(history: History) -> History:
        hold = first(history.kept.holds, lambda row: row.entry_id is not None and row.state != "confirmed")
        order = Order(hold.buyer, None, Action.LEAVE, (Line(hold.item),), hold.entry_id)
        return tell(history, order, answer(204, 0.0))

    yield offered


def deliveries_of(history: History, kind: str, *, but: bool) -> History:
    """The same deliveries, with those of a kind or without them."""
    found = tuple(one for one in history.deliveries or () if (one.type == kind) is not but)
    return replace(history, deliveries=found)


KINDS = ("purchase.created", "purchase.refunded", "hold.expired", "waitlist.offered", "item.sold_out")


def each_told_at_least_once() -> Iterator[Plant]:
    for kind in KINDS:
        yield lambda h, kind=kind: deliveries_of(h, kind, but=True)  # type: ignore[misc]
    yield lambda h: replace(h, deliveries=())


def nothing_told_that_is_not() -> Iterator[Plant]:
    def more(**changes: Any) -> Plant:
        def plant(history: History) -> History:
            told = history.deliveries or ()
            return replace(history, deliveries=(*told, replace(told[0], event_id="another", **changes)))

        return plant

    yield more()
    yield more(subject="nothing")
    yield more(type="hold.expired")

    def sold_out_often(history: History) -> History:
        event = first(history.deliveries or (), lambda one: one.type == "item.sold_out")
        more = tuple(replace(event, event_id=f"another-{number}") for number in range(len(history.kept.movements)))
        return replace(history, deliveries=(*(history.deliveries or ()), *more))

    yield sold_out_often


def told_in_order() -> Iterator[Plant]:
    yield lambda h: replace(h, deliveries=tuple(reversed(h.deliveries or ())))


def every_request_settled() -> Iterator[Plant]:
    yield lambda h: attempts_of(h, bought(h).key, status=None, said={})
    yield lambda h: attempts_of(h, bought(h).key, status=503, said={"code": "busy"})
    yield lambda h: attempts_of(h, bought(h).key, status=500, said={})
    yield lambda h: attempts_of(h, bought(h).key, status=404, said={"code": "unknown_item"})
    yield lambda h: attempts_of(h, bought(h).key, status=409, said={"code": "all_held"}, retry_after=None)
    yield lambda h: tell(h, buy("eve", 5), answer(409, 200.0, code="not_enough_left", available=1))


PLANTERS: tuple[Callable[[], Iterator[Plant]], ...] = (
    never_oversold,
    never_undersold,
    counters_match_ledger,
    looks_are_true,
    ledger_in_order,
    refusals_are_true,
    sold_out_is_final,
    acknowledged_is_kept,
    nothing_unasked,
    once_per_key,
    once_per_hold,
    refusals_change_nothing,
    all_lines_or_none,
    limits_are_kept,
    holds_end_once,
    deadlines_are_kept,
    refunded_once,
    late_payments_are_recorded,
    joined_in_order,
    served_in_turn,
    entries_end_as_told,
    each_told_at_least_once,
    nothing_told_that_is_not,
    told_in_order,
    every_request_settled,
)


def plants() -> Iterator[Any]:
    for planter in PLANTERS:
        for number, plant in enumerate(planter(), 1):
            yield pytest.param(planter.__name__, plant, id=f"{planter.__name__}-{number}")
