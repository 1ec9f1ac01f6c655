"""The buyers of a tortured sale, and how they bring it to its end: every unit sold, and every answer known.

May touch: the network, through customers. Whatever breaks, a buyer asks again with the same key until the answer is
definite. Reading order: sale, _visit, drain.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sellout.history.requests import Action, Attempt, Line, Order, Request
from sellout.history.told import basket_in
from sellout.prove.customer import Customer, Patience
from sellout.prove.progress import together
from sellout.prove.readings import Counters, Purchase
from sellout.torture.cast import Buyer, Visit, last_buyer, refund
from sellout.torture.plan import HOLD_SECONDS, RoundPlan

PATIENCE = Patience(attempts_max=1000, seconds_max=120.0, answer_seconds_max=8.0, pause_seconds=0.05)
PAUSE_SECONDS_MAX = 0.3  # buyers who wait as long as they are asked to would make rounds long
COME_AGAIN_MAX = 2
COME_AGAIN_SECONDS = 0.25
LOOK_SECONDS = 0.15  # between two looks at an entry of the waiting list
LATE_SECONDS = 0.3  # after the end of a hold, so that it has ended for certain
FOR_NOW = frozenset({"all_held", "not_enough_left"})
GIVEN_BACK = 2  # purchases of each item that are taken back after it was sold out
DRAIN_AT_ONCE_MAX = 32
STILL_SECONDS_MAX = 20.0  # holds end within seconds: what has not moved for so long never will
POLL_SECONDS = 0.05


class Impatient(Customer):
    """One who comes again sooner than the server asks for."""

    def _pause_after(self, attempts: list[Attempt]) -> float:
        return min(PAUSE_SECONDS_MAX, super()._pause_after(attempts))


@dataclass(slots=True)
class Crowd:
    """Everybody who asks anything of the shop, by way of the proxy. `over` is set when waiting has no more sense."""

    url: str
    organiser_headers: Mapping[str, str]
    over: asyncio.Event = field(default_factory=asyncio.Event)
    customers: list[Customer] = field(default_factory=list)
    last_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def customer(self, headers: Mapping[str, str] | None = None) -> Customer:
        """One more, who brings connections of their own."""
        self.customers.append(customer := Impatient(self.url, PATIENCE, headers))
        return customer

    @property
    def requests(self) -> tuple[Request, ...]:
        return tuple(request for customer in self.customers for request in customer.requests)

    @property
    def gave_up(self) -> bool:
        """Whether somebody who has a key went home without a definite answer."""
        return not all(request.final.definite for request in self.requests if request.order.key is not None)

    async def leave(self) -> None:
        await asyncio.gather(*(customer.leave() for customer in self.customers))


@asynccontextmanager
async def crowd_at(url: str, organiser_headers: Mapping[str, str]) -> AsyncIterator[Crowd]:
    """A crowd for as long as the block lasts."""
    crowd = Crowd(url, organiser_headers)
    try:
        yield crowd
    finally:
        await crowd.leave()


async def sale(crowd: Crowd, plan: RoundPlan) -> None:
    """Let everybody come and do what they came for; who waits, waits until all the others have gone."""
    waiting = [buyer for buyer in plan.buyers if buyer.visit in (Visit.WAIT, Visit.WAIT_AND_LEAVE)]
    others = [buyer for buyer in plan.buyers if buyer not in waiting]

    async def until_over() -> None:
        await together(_visit(crowd, buyer) for buyer in others)
        crowd.over.set()

    await together([until_over(), *(_visit(crowd, buyer) for buyer in waiting)])


async def _visit(crowd: Crowd, buyer: Buyer) -> None:
    """A buyer's whole visit."""
    await asyncio.sleep(buyer.comes)
    customer, order = crowd.customer(), buyer.first()
    answer = await _come_again(customer, order)
    if answer.granted:
        await asyncio.sleep(buyer.thinks)
        await AFTERWARDS.get(buyer.visit, _go_home)(crowd, customer, buyer, answer)


async def _come_again(customer: Customer, order: Order) -> Attempt:
    """Ask, and again where it was refused for now."""
    for _ in range(COME_AGAIN_MAX):
        answer = await customer.ask(order)
        if answer.granted or answer.code not in FOR_NOW:
            return answer
        await asyncio.sleep(COME_AGAIN_SECONDS)
    return await customer.ask(order)


async def _go_home(*_: object) -> None:
    """Whoever has bought is done."""


async def _return(crowd: Crowd, _: Customer, buyer: Buyer, answer: Attempt) -> None:
    if answer.purchase_id is not None:
        await crowd.customer(crowd.organiser_headers).ask(buyer.returned(answer.purchase_id))


async def _buy_otherwise(_: Crowd, customer: Customer, buyer: Buyer, __: Attempt) -> None:
    await customer.ask(buyer.otherwise())


async def _buy_too(_: Crowd, customer: Customer, buyer: Buyer, answer: Attempt) -> None:
    """Buy as many as are held, and then what is held: one of the two may be more than the limit allows."""
    await customer.ask(buyer.order(Action.BUY, buyer.lines))
    await customer.ask(buyer.order(Action.CONFIRM, buyer.lines, answer.text("hold_id")))


async def _end_hold(_: Crowd, customer: Customer, buyer: Buyer, answer: Attempt) -> None:
    hold_id = answer.text("hold_id")
    if hold_id is None:
        return
    if buyer.visit is Visit.CONFIRM_LATE:
        await asyncio.sleep(HOLD_SECONDS + LATE_SECONDS)
    for action in STEPS[buyer.visit]:
        told = await customer.ask(buyer.order(action, buyer.lines, hold_id))
        if not told.granted:
            return


async def _end_basket(_: Crowd, customer: Customer, buyer: Buyer, answer: Attempt) -> None:
    """Confirm all lines of the basket but the last, and give that one back."""
    lines = list(basket_in(buyer.first(), answer))
    for place, (hold_id, line) in enumerate(lines):
        last = place == len(lines) - 1
        await customer.ask(buyer.order(Action.RELEASE if last else Action.CONFIRM, (line,), hold_id))


async def _wait(crowd: Crowd, customer: Customer, buyer: Buyer, answer: Attempt) -> None:
    """Look until there is an offer, and take it; or leave."""
    entry_id = answer.text("entry_id")
    if entry_id is None:
        return
    leaves = buyer.visit is Visit.WAIT_AND_LEAVE
    while answer.text("state") == "waiting" and not leaves and not crowd.over.is_set():
        await asyncio.sleep(LOOK_SECONDS)
        answer = await customer.ask(buyer.order(Action.LOOK, buyer.lines, entry_id))
    hold_id = answer.text("hold_id")
    if hold_id is not None and answer.text("state") == "offered" and not leaves:
        await customer.ask(buyer.order(Action.CONFIRM, buyer.lines, hold_id))
    else:
        await customer.ask(buyer.order(Action.LEAVE, buyer.lines, entry_id))


STEPS: Mapping[Visit, tuple[Action, ...]] = {
    Visit.CONFIRM: (Action.CONFIRM,),
    Visit.PAY_AND_CONFIRM: (Action.PAY, Action.CONFIRM),
    Visit.CONFIRM_LATE: (Action.CONFIRM,),
    Visit.RELEASE: (Action.RELEASE,),
    Visit.ABANDON: (),
    Visit.PAY_AND_ABANDON: (Action.PAY,),
}
AFTERWARDS: Mapping[Visit, Callable[[Crowd, Customer, Buyer, Attempt], Awaitable[None]]] = {
    Visit.BUY_AND_RETURN: _return,
    Visit.BUY_OTHERWISE: _buy_otherwise,
    Visit.BUY_TOO: _buy_too,
    Visit.HOLD_BASKET: _end_basket,
    Visit.WAIT: _wait,
    Visit.WAIT_AND_LEAVE: _wait,
} | dict.fromkeys(STEPS, _end_hold)


Counts = Callable[[str], Awaitable[Counters]]
"""Looks at an item."""


async def drain(crowd: Crowd, counts: Counts, items: Sequence[str]) -> bool:
    """When no hold is left, let buyers of single units come until every item is sold out; whether all were.

    An item that stands still is given up, however slow the machine is that still moves one.
    """
    free = [await _until_nothing_is_held(counts, item) for item in items]
    sold_out = [await _drain(crowd, counts, item) for item in items]
    return all(free) and all(sold_out)


async def give_back(crowd: Crowd, purchases: Iterable[Purchase], item: str) -> None:
    """Let the organiser take some purchases back after all has been sold: their units must be there at once."""
    kept = [purchase for purchase in purchases if purchase.state == "sold"][:GIVEN_BACK]
    organiser = crowd.customer(crowd.organiser_headers)
    for purchase in kept:
        lines = (Line(item, purchase.quantity),)
        await organiser.ask(refund(f"{purchase.purchase_id}-back", purchase.purchase_id, lines))


async def _until_nothing_is_held(counts: Counts, item: str) -> bool:
    async for now in _while_it_moves(counts, item):
        if not now.held:
            return True
        await asyncio.sleep(POLL_SECONDS)
    return False


async def _drain(crowd: Crowd, counts: Counts, item: str) -> bool:
    async for now in _while_it_moves(counts, item):
        coming = min(DRAIN_AT_ONCE_MAX, now.available + 1)
        orders = [last_buyer(next(crowd.last_numbers), Line(item)) for _ in range(coming)]
        answers = await together(crowd.customer().ask(order) for order in orders)
        if any(answer.code == "sold_out" for answer in answers):
            return True
        if not all(answer.definite for answer in answers):
            return False
    return False


async def _while_it_moves(counts: Counts, item: str) -> AsyncIterator[Counters]:
    """Looks at an item, until one after a while finds what the first of that while has found."""
    seen, since = await counts(item), time.monotonic()
    yield seen
    while time.monotonic() - since < STILL_SECONDS_MAX:
        now = await counts(item)
        if now != seen:
            seen, since = now, time.monotonic()
        yield now
