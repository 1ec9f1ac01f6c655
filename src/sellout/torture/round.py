"""One round: a fresh database, a server that is broken while buyers come, and a verdict on everything that happened.

May touch: what its parts touch. Reading order: play_round, _broken_sale, _close.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sellout.history import history as told
from sellout.history.check import check
from sellout.history.kept import Kept
from sellout.history.timeline import Pace
from sellout.history.verdict import Verdict, judge
from sellout.prove import CouldNotRun
from sellout.prove.readings import Counters, Purchase
from sellout.prove.scenarios.shared.chance import dice
from sellout.prove.shop import NotThere, Shop
from sellout.torture import endings, showing
from sellout.torture.database import Database, fresh_database, socket_of, through
from sellout.torture.endings import Ended
from sellout.torture.faults import Fault
from sellout.torture.plan import HOLD_SECONDS, MAX_PER_ORDER, OFFER_SECONDS, PAYMENT_SECONDS, Item, RoundPlan
from sellout.torture.play import Crowd, crowd_at, drain, give_back, sale
from sellout.torture.programs import add_endpoint, audit
from sellout.torture.proxy.http import Http
from sellout.torture.proxy.proxy import Proxy
from sellout.torture.proxy.raw import raw
from sellout.torture.proxy.side import Address
from sellout.torture.receiving import Receiver, receiving
from sellout.torture.results import RoundResult
from sellout.torture.sabotage import Done, Scene, armed_ones, armings, break_things, met_on_the_wire
from sellout.torture.server import Lives, Server, free_port, kept_running, unwanted_ends
from sellout.torture.victim.arming import marks_in
from sellout.torture.watching import Watcher, watched
from sellout.torture.wire import Weather

PAUSE_SECONDS = 0.1
LOOK_TIMEOUT = aiohttp.ClientTimeout(total=10.0)
DELIVERY_SECONDS_MAX = 15.0
STOPS_MAX = 8


@dataclass(frozen=True, slots=True)
class Played:
    """A round that is over, and its whole history."""

    result: RoundResult
    history: told.History


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that one round is played with."""

    plan: RoundPlan
    scene: Scene
    shop: Shop
    crowd: Crowd
    watcher: Watcher
    receiver: Receiver | None

    @property
    def server(self) -> Server:
        return self.scene.server

    async def counters(self, item: str) -> Counters:
        """An item as it is now."""
        return await self.server.patiently(lambda: self.shop.counters(item))

    async def purchases(self, item: str) -> tuple[Purchase, ...]:
        """All purchases of an item."""
        return await self.server.patiently(lambda: self.shop.purchases(item))


async def play_round(plan: RoundPlan, number: int, database_url: str | None, repeat: str) -> Played:
    """Play it, and leave nothing behind. Raises CouldNotRun where there is nothing to judge."""
    began_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sellout-torture-") as folder:
        async with fresh_database(database_url, Path(folder)) as database:
            async with _staged(plan, Path(folder), database) as stage:
                done, drained = await _broken_sale(stage)
                exit_code = await _stopped(stage)
                done += armed_ones(plan.faults, stage.scene.marks, began_at)
            audited, said = await audit(stage.server, database)
            kept = await database.read()
        history = _history(stage, kept, done, drained=drained)
        ended = Ended(
            history=history,
            exit_code=exit_code,
            audited=audited,
            audit_said=said,
            unwanted_ends=tuple(unwanted_ends(stage.server.lived)),
            disagreed=tuple(stage.watcher.disagreed),
            forged=tuple(stage.receiver.forged) if stage.receiver is not None else (),
        )
        verdict = await asyncio.to_thread(_judged, ended)
        return Played(_result(stage, number, repeat, began_at, done, history, verdict), history)


@contextlib.asynccontextmanager
async def _staged(plan: RoundPlan, place: Path, database: Database) -> AsyncIterator[Stage]:
    """The server, the network before it, and everybody who comes."""
    async with contextlib.AsyncExitStack() as stack:
        control, marks, port = place / "switches", place / "marks", free_port()
        receiver = await stack.enter_async_context(receiving(dice(plan.seed, "receiver"))) if plan.webhooks else None
        between, url = None, database.url
        if plan.of(Fault.DATABASE_CUT):
            between = await stack.enter_async_context(Proxy(await socket_of(url), raw))
            url = through(url, between.port)
        weather = Weather(plan.seed)
        network = await stack.enter_async_context(Proxy(Address("127.0.0.1", port), Http(weather.choose)))
        server = Server(place, url, _settings(plan), Lives(*armings(plan.faults, control, marks)), port)
        if receiver is not None:
            receiver.secret = await add_endpoint(server, database, receiver.url)
        await stack.enter_async_context(kept_running(server))
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=LOOK_TIMEOUT))
        shop = Shop(session, server.url, server.organiser_key)
        crowd = await stack.enter_async_context(crowd_at(network.url, shop.organiser_headers))
        watcher = await stack.enter_async_context(
            watched(server.url, [item.id for item in plan.items], server.organiser_key)
        )
        scene = Scene(server, database, network, weather, control, marks, between)
        yield Stage(plan, scene, shop, crowd, watcher, receiver)


def _settings(plan: RoundPlan) -> dict[str, str]:
    """The shop's settings; its default item is the first of the round."""
    first = plan.items[0]
    return {
        "SELLOUT_ITEM": first.id,
        "SELLOUT_STOCK": str(first.capacity),
        "SELLOUT_MAX_PER_ORDER": str(MAX_PER_ORDER),
        "SELLOUT_HOLD_SECONDS": str(HOLD_SECONDS),
        "SELLOUT_PAYMENT_SECONDS": str(PAYMENT_SECONDS),
        "SELLOUT_OFFER_SECONDS": str(OFFER_SECONDS),
        "SELLOUT_WORKERS": str(plan.workers),
        "SELLOUT_BATCH_SIZE_MAX": str(plan.batch_size_max),
        "SELLOUT_QUEUE_LENGTH_MAX": str(plan.queue_length_max),
        "SELLOUT_UNAVAILABLE_AFTER_SECONDS": str(plan.unavailable_after_seconds),
        "SELLOUT_WEBHOOK_PRIVATE_ADDRESSES": "true",
        "SELLOUT_WEBHOOK_RETRY_SECONDS": "0.05",
        "SELLOUT_WEBHOOK_RETRY_SECONDS_MAX": "0.2",
        "SELLOUT_WEBHOOK_TIMEOUT_SECONDS": "2",
    }


async def _broken_sale(stage: Stage) -> tuple[list[Done], bool]:
    """Everybody comes while everything breaks; then all is healed, and what is left is sold."""
    plan = stage.plan
    for item in plan.items[1:]:
        await _put_on_sale(stage, item)
    await stage.server.until_up()
    doors_open_at = time.monotonic()
    breaking = asyncio.create_task(break_things(stage.scene, plan.faults, doors_open_at))
    try:
        await sale(stage.crowd, plan)
        done = await breaking
    finally:
        breaking.cancel()
        await asyncio.wait({breaking})
    await stage.server.until_up()
    drained = await _sold_to_the_end(stage, [item.id for item in plan.items])
    done = met_on_the_wire(done, stage.scene.network.happened)
    return done, drained


async def _sold_to_the_end(stage: Stage, items: list[str]) -> bool:
    """Sell all that is left, take some back and sell that, too; whether buyers were told that nothing is left.

    Where somebody was never answered, or an item cannot be sold, more of the same would show nothing more.
    """
    try:
        if stage.crowd.gave_up or not await drain(stage.crowd, stage.counters, items):
            return False
        for item in items:
            await give_back(stage.crowd, await stage.purchases(item), item)
        drained = await drain(stage.crowd, stage.counters, items)
        if stage.receiver is not None:
            await _until_told(stage, stage.receiver, items)
    except NotThere:  # an item that was put on sale is gone: the rules say what that means
        return False
    return drained


async def _put_on_sale(stage: Stage, item: Item) -> None:
    limit = {"limit_per_buyer": item.limit_per_buyer} if item.limit_per_buyer is not None else {}

    async def add() -> None:
        try:
            await stage.shop.add(item.id, item.capacity, **limit)
        except CouldNotRun:  # the server may have been killed when it had done it, and before it said so
            await stage.shop.counters(item.id)

    await stage.server.patiently(add)


async def _until_told(stage: Stage, receiver: Receiver, items: list[str]) -> None:
    """Wait until the receiver was told of all that has happened, or it is late; the history's rules judge that.

    The last thing that happens to an item is that it is sold out.
    """
    found = [purchase for item in items for purchase in await stage.purchases(item)]
    wanted = len(found), sum(purchase.state == "refunded" for purchase in found)
    until = time.monotonic() + DELIVERY_SECONDS_MAX
    while time.monotonic() < until:
        told = receiver.told("purchase.created"), receiver.told("purchase.refunded")
        if told == wanted and all(receiver.last_of(item) == "item.sold_out" for item in items):
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def _stopped(stage: Stage) -> int:
    """Ask it to stop, and say how it ended. A point that waited for a last commit may kill it at that: then again."""
    for _ in range(STOPS_MAX):
        before = len(marks_in(stage.scene.marks))
        exit_code = await stage.server.stop()
        if len(marks_in(stage.scene.marks)) == before:
            return exit_code
        stage.server.begin()
        await stage.server.until_up()
    return await stage.server.stop()


def _history(stage: Stage, kept: Kept, done: list[Done], *, drained: bool) -> told.History:
    pace = Pace(hold=HOLD_SECONDS, payment=PAYMENT_SECONDS, offer=OFFER_SECONDS)
    return told.History(
        items=tuple(
            told.Item(item.id, item.capacity, item.limit_per_buyer, MAX_PER_ORDER, pace) for item in stage.plan.items
        ),
        requests=stage.crowd.requests,
        observations=tuple(stage.watcher.observations),
        kept=kept,
        deliveries=tuple(stage.receiver.deliveries) if stage.receiver is not None else None,
        faults=showing.happenings(done),
        drained=drained,
        network_repeats=stage.plan.of(Fault.DUPLICATE) is not None,
        clock_jumped=stage.plan.of(Fault.CLOCK_JUMP) is not None,
    )


def _judged(ended: Ended) -> Verdict:
    """What the history says, and how the server took it."""
    return Verdict((*check(ended.history).rulings, *judge(endings.RULES, ended).rulings))


def _result(
    stage: Stage,
    number: int,
    repeat: str,
    began_at: float,
    done: list[Done],
    history: told.History,
    verdict: Verdict,
) -> RoundResult:
    plan = stage.plan
    return RoundResult(
        number=number,
        seed=plan.seed,
        engine=str(plan.engine),
        plan=showing.plan_in_words(plan),
        repeat=repeat,
        faults=showing.faults_seen(done, began_at),
        requests=showing.requests_seen(history.requests, began_at),
        levels=(
            *showing.levels_seen(history.observations, began_at),
            *showing.levels_kept(history.kept.items, stage.server.lived[-1].ended_at - began_at),
        ),
        lives=showing.lives_seen(stage.server.lived, began_at),
        verdict=verdict,
        seconds=time.monotonic() - began_at,
        capacity=plan.capacity,
        sold=sum(item.sold for item in history.kept.items),
    )
