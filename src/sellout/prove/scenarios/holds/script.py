"""Holds, played: everybody takes one at one instant, and then does with it what their part says.

May touch: the network, through the shop and the crowd. Who is refused comes again until all is sold or the patience
ends. When the last hold has ended, whoever still wants units may buy them: then no unit comes back any more, so
that what is left over was wanted by nobody.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from sellout.history.requests import Action, Attempt
from sellout.prove.crowd import gathered
from sellout.prove.customer import Customer
from sellout.prove.evidence import Evidence
from sellout.prove.plan import Plan
from sellout.prove.progress import all_at_once
from sellout.prove.scenarios.holds.cast import Ending, Part, cast
from sellout.prove.scenarios.scenario import Stage
from sellout.prove.scenarios.shared.visits import (
    close_books,
    come_again,
    holds_seconds_max,
    open_books,
    until_nothing_is_held,
)

LATE_SECONDS = 0.6  # after a hold's end, so that also customers know for certain that it has ended
LATE = frozenset({Ending.CONFIRM_LATE, Ending.PAY_LATE})
STEPS: Mapping[Ending, tuple[Action, ...]] = {
    Ending.PAY_AND_CONFIRM: (Action.PAY, Action.CONFIRM),
    Ending.CONFIRM: (Action.CONFIRM,),
    Ending.CONFIRM_LATE: (Action.CONFIRM,),
    Ending.RELEASE: (Action.RELEASE,),
    Ending.PAY_AND_ABANDON: (Action.PAY,),
    Ending.PAY_LATE: (Action.PAY,),
    Ending.RELEASE_AND_CONFIRM: (Action.RELEASE, Action.CONFIRM),
    Ending.CONFIRM_AND_RELEASE: (Action.CONFIRM, Action.RELEASE),
}
CONNECTIONS_EACH = 2  # a request that is sent twice at once needs another one


def connections(plan: Plan) -> int:
    """How many connections may be open at once."""
    return CONNECTIONS_EACH * plan.buyers


async def play(stage: Stage) -> Evidence:
    """Let everybody take holds, wait for the end of the last one, and let those buy who still want to."""
    item, plan = stage.run_id, stage.plan
    await stage.shop.add(item, plan.stock, hold_seconds=plan.pace.hold, payment_seconds=plan.pace.payment)
    opened = await open_books(stage, [item])
    parts = cast(stage.seed, stage.run_id, item, plan.buyers, plan.doubled_share)
    async with gathered(stage.shop.url, len(parts), plan.patience, stage.on_progress) as customers:
        visits = [_visit(stage, *actor) for actor in zip(customers, parts, strict=True)]
        want_more = await all_at_once("Holding", visits, stage.on_progress)
        calm_from = await until_nothing_is_held(stage, [item], holds_seconds_max(stage))
        await _last_call(stage, customers, [part for part in want_more if part is not None], parts)
        return await close_books(stage, opened, customers, calm_from=calm_from)


async def _last_call(
    stage: Stage, customers: Sequence[Customer], still_want: Sequence[Part], parts: Sequence[Part]
) -> None:
    by_name = {part.buyer: customer for part, customer in zip(parts, customers, strict=True)}
    await all_at_once("Last call", [by_name[part.buyer].ask(part.buys()) for part in still_want], stage.on_progress)


async def _visit(stage: Stage, customer: Customer, part: Part) -> Part | None:
    """The buyer's whole visit; returns the part of one who got no hold, and for whom it is not over yet."""
    taken = await come_again(customer, part.takes(), stage.plan.come_again_seconds)
    if (hold_id := taken.text("hold_id")) is None or not taken.granted:
        return part if taken.status == 409 else None
    await asyncio.sleep(part.thinks * stage.plan.pace.hold)
    await _end(stage, customer, part, taken, hold_id)
    return None


async def _end(stage: Stage, customer: Customer, part: Part, taken: Attempt, hold_id: str) -> None:
    """What the part says, step by step; who begins to pay in vain goes no further."""
    if part.ending in LATE:
        ends_at = taken.ended_at + stage.plan.pace.hold + LATE_SECONDS
        await asyncio.sleep(max(0.0, ends_at - time.monotonic()))
    if part.ending is Ending.PAY_ONCE_FOR_TWO:
        await _pay_once_for_two(customer, part, hold_id)
    for action in STEPS.get(part.ending, ()):
        told = await customer.ask(part.about(action, hold_id))
        if action is Action.PAY:
            if not told.granted:
                return
            await asyncio.sleep(part.thinks * stage.plan.pace.payment)


async def _pay_once_for_two(customer: Customer, part: Part, hold_id: str) -> None:
    """Confirm a second hold with the first one's payment, which must be refused; then give it back."""
    first = await customer.ask(part.about(Action.CONFIRM, hold_id))
    second = await customer.ask(part.takes(2))
    if first.granted and second.granted and (second_id := second.text("hold_id")) is not None:
        await customer.ask(part.about(Action.CONFIRM, second_id, number=2))
        await customer.ask(part.about(Action.RELEASE, second_id, number=2))
