"""Baskets, played: everybody wants units of several items at one instant, all or none.

May touch: the network, through the shop and the crowd. Who is refused comes again until an item of theirs is sold out
or the patience ends. When the last hold has ended, whoever still wants their basket may buy it: then no unit comes
back any more, so that what is left over fits nobody's basket.
"""

import asyncio
from collections.abc import Sequence

from sellout.history.requests import Action, Attempt
from sellout.history.told import basket_in
from sellout.prove.crowd import gathered
from sellout.prove.customer import Customer
from sellout.prove.evidence import Evidence
from sellout.prove.plan import Plan
from sellout.prove.progress import all_at_once, together
from sellout.prove.scenarios.baskets.cast import Ending, Part, cast, items_of
from sellout.prove.scenarios.scenario import Stage
from sellout.prove.scenarios.shared.visits import (
    close_books,
    come_again,
    holds_seconds_max,
    open_books,
    until_nothing_is_held,
)

CONNECTIONS_EACH = 3  # a basket's holds are confirmed together


def connections(plan: Plan) -> int:
    """How many connections may be open at once."""
    return CONNECTIONS_EACH * plan.buyers


async def play(stage: Stage) -> Evidence:
    """Let everybody take baskets, wait for the end of the last hold, and let those buy who still want to."""
    plan, items = stage.plan, items_of(stage.run_id)
    for item in items:
        await stage.shop.add(item, plan.stock, hold_seconds=plan.pace.hold, payment_seconds=plan.pace.payment)
    opened = await open_books(stage, items)
    parts = cast(stage.seed, stage.run_id, plan.buyers, plan.doubled_share)
    async with gathered(stage.shop.url, len(parts), plan.patience, stage.on_progress) as customers:
        visits = [_visit(stage, *actor) for actor in zip(customers, parts, strict=True)]
        taken = await all_at_once("Filling baskets", visits, stage.on_progress)
        calm_from = await until_nothing_is_held(stage, items, holds_seconds_max(stage))
        await _last_call(stage, customers, parts, taken)
        return await close_books(stage, opened, customers, calm_from=calm_from)


async def _last_call(
    stage: Stage, customers: Sequence[Customer], parts: Sequence[Part], taken: Sequence[Attempt]
) -> None:
    actors = zip(customers, parts, taken, strict=True)
    asking = [customer.ask(part.buys()) for customer, part, answer in actors if answer.status == 409]
    await all_at_once("Last call", asking, stage.on_progress)


async def _visit(stage: Stage, customer: Customer, part: Part) -> Attempt:
    """The buyer's whole visit; what they were told of their basket at last."""
    order = part.takes()
    taken = await come_again(customer, order, stage.plan.come_again_seconds)
    if not taken.granted or part.ending in (Ending.BUY, Ending.HOLD_AND_ABANDON):
        return taken
    await asyncio.sleep(part.thinks * stage.plan.pace.hold)
    action = Action.CONFIRM if part.ending is Ending.HOLD_AND_CONFIRM else Action.RELEASE
    about = [part.about(action, hold_id, line) for hold_id, line in basket_in(order, taken)]
    await together(customer.ask(one) for one in about)
    return taken
