"""The rush, played: an item, the crowd, what the server holds afterwards.

May touch: the network, through the shop and the crowd.
"""

import asyncio
import secrets
from collections.abc import Sequence

from sellout.history.requests import Line, Order, Request
from sellout.prove import CouldNotRun
from sellout.prove.crowd import gathered
from sellout.prove.customer import Patience
from sellout.prove.evidence import Evidence
from sellout.prove.plan import DOUBLED_SHARE, Plan
from sellout.prove.progress import OnProgress, Progress, all_at_once, unwatched
from sellout.prove.readings import Books, Purchase
from sellout.prove.scenarios.scenario import Stage

LOOKUPS_AT_ONCE_MAX = 32
CLOSED_STATES = frozenset({"not_open", "paused", "closed"})


def invite(
    item: str, prefix: str, count: int, *, quantity_max: int = 1, doubled_share: float = DOUBLED_SHARE
) -> tuple[Order, ...]:
    """Name the buyers and make their keys; the number alone says who is doubled and who wants how many."""
    return tuple(
        Order(
            buyer=f"{prefix}-{number:05d}",
            key=f"{prefix}-{number:05d}-{secrets.token_hex(8)}",
            lines=(Line(item, 1 + number % quantity_max),),
            doubled=int((number + 1) * doubled_share) > int(number * doubled_share),
        )
        for number in range(count)
    )


def connections(plan: Plan) -> int:
    """Every copy of a request has a connection of its own."""
    return sum(order.copies for order in _invited(plan, ""))


async def play(stage: Stage) -> Evidence:
    """Read the books, let the crowd buy, read the books again."""
    plan, shop = stage.plan, stage.shop
    item = plan.item or stage.run_id
    if plan.item is None:
        await shop.add(item, plan.stock)
    if (state := (await shop.terms(item)).state) in CLOSED_STATES:
        raise CouldNotRun(f"item {item} is {state}: nobody can buy, so there is nothing to prove")
    orders = _invited(plan, stage.run_id)
    # The audits enclose the counters, so that the ledger's difference has all that moved between those.
    audit_before, before = await shop.audit(item), await shop.counters(item)
    requests = await storm(shop.url, orders, on_progress=stage.on_progress, patience=plan.patience)
    after, audit_after = await shop.counters(item), await shop.audit(item)
    purchases = await _kept(stage, item, orders)
    if plan.item is None and (plan.url or plan.database):
        await shop.pause(item)
    books = Books(item, audit_before, before, after, audit_after, purchases)
    return Evidence(books=(books,), own=plan.item is None, orders=orders, requests=requests)


def _invited(plan: Plan, run_id: str) -> tuple[Order, ...]:
    return invite(
        plan.item or run_id,
        run_id,
        plan.buyers,
        quantity_max=plan.quantity_max,
        doubled_share=plan.doubled_share,
    )


async def storm(
    url: str,
    orders: Sequence[Order],
    *,
    on_progress: OnProgress = unwatched,
    patience: Patience | None = None,
) -> tuple[Request, ...]:
    """Open every connection first, then let all requests go at one instant; come back with every answer."""
    copies = [(order, copy) for order in orders for copy in range(order.copies)]
    async with gathered(url, len(copies), patience or Patience(), on_progress) as customers:
        jobs = [customer.ask_copy(*copy) for customer, copy in zip(customers, copies, strict=True)]
        return tuple(await all_at_once("Buying", jobs, on_progress))


async def _kept(stage: Stage, item: str, orders: Sequence[Order]) -> tuple[Purchase, ...]:
    """What the server holds: the organiser's list, or without a key what each buyer can look up."""
    shop = stage.shop
    if shop.organiser_key:
        stage.on_progress(Progress("Comparing"))
        return await shop.purchases(item, prefix="" if stage.plan.item is None else f"{stage.run_id}-")
    turns = asyncio.Semaphore(LOOKUPS_AT_ONCE_MAX)

    async def look_up(order: Order) -> Purchase | None:
        async with turns:
            return await shop.lookup(item, order)

    found = await all_at_once("Comparing", [look_up(order) for order in orders], stage.on_progress)
    return tuple(purchase for purchase in found if purchase is not None)
