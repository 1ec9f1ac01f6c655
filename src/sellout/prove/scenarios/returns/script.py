"""Returns, played: an item is sold out, others wait for it, and the organiser gives purchases back at random.

May touch: the network, through the shop and the crowd. Waiters look at their entries again and again until these have
come to an end, or until nothing more can come back: all refunds are made and nothing is held.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from sellout.history.requests import Action, Attempt, Order
from sellout.prove.crowd import gathered
from sellout.prove.customer import Customer
from sellout.prove.evidence import Evidence
from sellout.prove.plan import Plan
from sellout.prove.progress import all_at_once, together
from sellout.prove.scenarios.returns.cast import Cast, Ending, GiveBack, Manner, Passer, Waiter, cast
from sellout.prove.scenarios.scenario import Stage
from sellout.prove.scenarios.shared.visits import close_books, open_books, until_nothing_is_held

CONNECTIONS_EACH = 2  # a request that is sent twice at once needs another one
LOOK_SECONDS = 0.25
LOOKS_A_SECOND_MAX = 400  # of all waiters together: looking must not be the load
LAPSED_SECONDS = 0.6  # after an offer's end, so that it has ended for certain
QUEUE_SECONDS_MAX = 60.0  # an offer that lapses passes on, so that the last one ends long after the last refund


class Queue:
    """What the waiters of one run share: how often to look, and when there is nothing to wait for any more."""

    def __init__(self, waiters: int) -> None:
        self.pause = max(LOOK_SECONDS, waiters / LOOKS_A_SECOND_MAX)
        self.all_came, self.over = asyncio.Event(), asyncio.Event()
        self._coming = waiters
        self.came(0)

    def came(self, count: int = 1) -> None:
        """Another waiter has joined the list, or was refused."""
        self._coming -= count
        if self._coming <= 0:
            self.all_came.set()


def connections(plan: Plan) -> int:
    """How many connections may be open at once; nobody owns less than a unit."""
    return CONNECTIONS_EACH * (plan.buyers + plan.stock)


async def play(stage: Stage) -> Evidence:
    """Sell out, let the crowd wait, give back, and look what has become of everybody."""
    item, plan, shop = stage.run_id, stage.plan, stage.shop
    pace = plan.pace
    await shop.add(
        item, plan.stock, hold_seconds=pace.hold, payment_seconds=pace.payment, offer_seconds=pace.offer
    )  # fmt: skip
    opened = await open_books(stage, [item])
    manner = Manner(spread=plan.come_again_seconds / 2, doubled_share=plan.doubled_share)
    roles = cast(stage.seed, stage.run_id, item, crowd=plan.buyers, stock=plan.stock, manner=manner)
    heads = len(roles.owners) + len(roles.waiters) + len(roles.passers)
    organiser = Customer(shop.url, plan.patience, shop.organiser_headers)
    try:
        async with gathered(shop.url, heads, plan.patience, stage.on_progress) as customers:
            await _act(stage, roles, customers, organiser)
            return await close_books(stage, opened, (*customers, organiser))
    finally:
        await organiser.leave()


async def _act(stage: Stage, roles: Cast, customers: Sequence[Customer], organiser: Customer) -> None:
    owners, others = customers[: len(roles.owners)], customers[len(roles.owners) :]
    waiters, passers = others[: len(roles.waiters)], others[len(roles.waiters) :]
    sales = [owner.ask(order) for owner, order in zip(owners, roles.owners, strict=True)]
    bought = await all_at_once("Selling out", sales, stage.on_progress)
    owned = {order.buyer: (order, answer) for order, answer in zip(roles.owners, bought, strict=True)}
    queue = Queue(len(waiters))
    passing = [_pass_by(*actor) for actor in zip(passers, roles.passers, strict=True)]
    returning = [_give_back(organiser, refund, *owned[refund.owner]) for refund in roles.refunds]
    waiting = [_wait(stage, queue, *actor) for actor in zip(waiters, roles.waiters, strict=True)]
    await together([_waiting(stage, waiting), _until_over(stage, queue, [*passing, *returning])])


async def _waiting(stage: Stage, waiting: Sequence[Coroutine[Any, Any, None]]) -> None:
    await all_at_once("Waiting", waiting, stage.on_progress)


async def _until_over(stage: Stage, queue: Queue, comings: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Once all refunds are made and everybody has come, no unit comes back but by an offer that is not taken."""
    await together(comings)
    await queue.all_came.wait()
    await until_nothing_is_held(stage, [stage.run_id], QUEUE_SECONDS_MAX)
    queue.over.set()


async def _give_back(organiser: Customer, refund: GiveBack, order: Order, bought: Attempt) -> None:
    await asyncio.sleep(refund.comes)
    if bought.purchase_id is not None:
        orders = refund.orders(bought.purchase_id, order.lines[0])
        await together(organiser.ask(order) for order in orders)


async def _pass_by(customer: Customer, passer: Passer) -> None:
    await asyncio.sleep(passer.comes)
    await customer.ask(passer.order)


async def _wait(stage: Stage, queue: Queue, customer: Customer, waiter: Waiter) -> None:
    """Join, look until there is an offer or nothing to wait for, and answer the offer."""
    await asyncio.sleep(waiter.comes)
    seen = await customer.ask(waiter.order(Action.JOIN))
    queue.came()
    entry_id, leaves_at = seen.text("entry_id"), time.monotonic() + waiter.stays
    if entry_id is None:
        return
    while seen.text("state") == "waiting" and not queue.over.is_set():
        if waiter.ending is Ending.LEAVE_QUEUE and time.monotonic() > leaves_at:
            await customer.ask(waiter.order(Action.LEAVE, entry_id))
            return
        await asyncio.sleep(queue.pause)
        seen = await customer.ask(waiter.order(Action.LOOK, entry_id))
    if (hold_id := seen.text("hold_id")) is not None and seen.text("state") == "offered":
        await _answer_offer(stage, customer, waiter, entry_id, hold_id)


async def _answer_offer(stage: Stage, customer: Customer, waiter: Waiter, entry_id: str, hold_id: str) -> None:
    match waiter.ending:
        case Ending.CONFIRM:
            await customer.ask(waiter.order(Action.CONFIRM, hold_id))
        case Ending.PAY_AND_CONFIRM:
            await customer.ask(waiter.order(Action.PAY, hold_id))
            await customer.ask(waiter.order(Action.CONFIRM, hold_id))
        case Ending.RELEASE_OFFER:
            await customer.ask(waiter.order(Action.RELEASE, hold_id))
        case Ending.LEAVE_OFFER | Ending.LEAVE_QUEUE:
            await customer.ask(waiter.order(Action.LEAVE, entry_id))
        case Ending.LAPSE:
            await asyncio.sleep(stage.plan.pace.offer + LAPSED_SECONDS)
            await customer.ask(waiter.order(Action.LOOK, entry_id))
