"""What all scripts do alike: coming again, waiting until nothing is held, opening and closing the books.

May touch: the network, through customers and the shop.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sellout.history.requests import Attempt, Order
from sellout.history.waiting import entries_told
from sellout.prove.customer import Customer
from sellout.prove.evidence import Evidence
from sellout.prove.progress import Progress, together
from sellout.prove.readings import Audit, Books, Counters, Entry, Hold
from sellout.prove.scenarios.scenario import Stage
from sellout.prove.scenarios.shared.endings import all_holds

FOR_NOW = frozenset({"all_held", "not_enough_left"})  # what can pass; every other refusal is the last word
PAUSE_SECONDS = 0.5  # before coming again, where the server names no time
POLL_SECONDS = 0.1
STUCK_SECONDS = 5.0  # beyond every deadline; what is held then will never be free
READINGS_AT_ONCE_MAX = 32

Found = TypeVar("Found")


async def come_again(customer: Customer, order: Order, seconds_max: float) -> Attempt:
    """Ask until the order is granted or cannot be any more, or the patience ends; the last answer."""
    until = time.monotonic() + seconds_max
    while True:
        answer = await customer.ask(order)
        wait = PAUSE_SECONDS if answer.retry_after is None else answer.retry_after
        if answer.granted or answer.code not in FOR_NOW or time.monotonic() + wait > until:
            return answer
        await asyncio.sleep(wait)


async def open_books(stage: Stage, items: Iterable[str]) -> dict[str, tuple[Audit, Counters]]:
    """Every item as it stands before the run."""
    return {item: (await stage.shop.audit(item), await stage.shop.counters(item)) for item in items}


def holds_seconds_max(stage: Stage) -> float:
    """How long a hold can last that is taken now, and a little more."""
    pace = stage.plan.pace
    return pace.hold + pace.payment + STUCK_SECONDS


async def until_nothing_is_held(stage: Stage, items: Iterable[str], seconds_max: float) -> float:
    """Wait for the end of every hold, or until it is late; the moment from which on no hold gives units back."""
    late = time.monotonic() + seconds_max
    stage.on_progress(Progress("Waiting for holds to end"))
    for item in items:
        await _until_free(stage, item, late)
    return time.monotonic()


async def _until_free(stage: Stage, item: str, late: float) -> None:
    while True:
        if not (await stage.shop.counters(item)).held or time.monotonic() > late:
            return
        await asyncio.sleep(POLL_SECONDS)


async def close_books(
    stage: Stage,
    opened: dict[str, tuple[Audit, Counters]],
    customers: Sequence[Customer],
    *,
    calm_from: float | None = None,
) -> Evidence:
    """Read everything that the server holds after the run, and put it beside what the customers were told."""
    stage.on_progress(Progress("Comparing"))
    orders = tuple(order for customer in customers for order in customer.orders)
    requests = tuple(request for customer in customers for request in customer.requests)
    evidence = Evidence(
        books=tuple([await _closed(stage, item, *before) for item, before in opened.items()]),
        own=True,
        orders=orders,
        requests=requests,
        pace=stage.plan.pace,
        calm_from=calm_from,
    )
    return await _with_readings(stage, evidence)


async def _closed(stage: Stage, item: str, audit_before: Audit, before: Counters) -> Books:
    shop = stage.shop
    after, audit_after = await shop.counters(item), await shop.audit(item)
    purchases, late = await shop.purchases(item), await shop.late_payments(item)
    if stage.plan.url or stage.plan.database:
        await shop.pause(item)
    return Books(item, audit_before, before, after, audit_after, purchases, late)


async def _with_readings(stage: Stage, evidence: Evidence) -> Evidence:
    entries: list[Entry] = await _read_all(stage.shop.entry, entries_told(evidence.requests))
    evidence = replace(evidence, entries=tuple(entries))
    holds: list[Hold] = await _read_all(stage.shop.hold, all_holds(evidence))
    return replace(evidence, holds=tuple(holds))


async def _read_all(read: Callable[[str], Awaitable[Found | None]], ids: Iterable[str]) -> list[Found]:
    """What the server tells of each; what it does not know is left out."""
    turns = asyncio.Semaphore(READINGS_AT_ONCE_MAX)

    async def one(name: str) -> Found | None:
        async with turns:
            return await read(name)

    found = await together(one(name) for name in ids)
    return [thing for thing in found if thing is not None]
