"""One run from start to end: a server, an item, the crowd, what the server holds afterwards, the verdict.

May touch: what its parts touch. Reading order: prove, _see, _compare.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import aiohttp

from sellout.prove import CouldNotRun, crowd
from sellout.prove.evidence import Buyer, Evidence, Purchase
from sellout.prove.progress import OnProgress, Progress, all_at_once, unwatched
from sellout.prove.server import own_server
from sellout.prove.shop import Shop
from sellout.prove.shopper import Patience
from sellout.prove.verdict import Verdict, judge

LOOKUPS_AT_ONCE_MAX = 32
CLOSED_STATES = frozenset({"not_open", "paused", "closed"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What to prove, and on what: a server of the run's own, or with `url` one that is running.

    Without `item` the run adds an item of its own, which nobody else buys from. On a database or server
    that outlives the run that item stays there, paused.
    """

    buyers: int = 1000
    stock: int = 100
    url: str | None = None
    item: str | None = None
    database: str | None = None
    workers: int = 1
    organiser_key: str | None = None
    quantity_max: int = 1
    doubled_share: float = crowd.DOUBLED_SHARE
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Facts:
    """Of the run itself, for the reader of a report."""

    run_id: str
    item: str
    server: str
    engine: str | None
    workers: int | None
    started: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    facts: Facts
    evidence: Evidence
    verdict: Verdict

    @property
    def exact(self) -> bool:
        return self.verdict.exact


async def prove(plan: Plan, on_progress: OnProgress = unwatched) -> Result:
    """Run the plan; raises CouldNotRun where there is nothing to judge."""
    _check(plan)
    started, clock = datetime.now(UTC), time.monotonic()
    run_id = f"prove-{secrets.token_hex(4)}"
    buyers = crowd.invite(run_id, plan.buyers, quantity_max=plan.quantity_max, doubled_share=plan.doubled_share)
    crowd.make_room_for(buyers)
    evidence, server = await _see(plan, run_id, buyers, on_progress)
    facts = Facts(
        run_id=run_id,
        item=evidence.item,
        server=server,
        engine=None if plan.url else _engine(plan.database),
        workers=None if plan.url else plan.workers,
        started=started,
        seconds=time.monotonic() - clock,
    )
    return Result(facts, evidence, judge(evidence))


def _check(plan: Plan) -> None:
    if min(plan.buyers, plan.stock, plan.workers, plan.quantity_max) < 1:
        raise CouldNotRun("buyers, stock, workers and quantity must be at least 1")
    if plan.url and plan.database:
        raise CouldNotRun("a running server has its own database: give the one or the other")
    if plan.item and not plan.url:
        raise CouldNotRun("an item is on a running server: give its URL too")
    if plan.url and not plan.item and not plan.organiser_key:
        raise CouldNotRun("name the item to buy from, or set the organiser key so that one can be added")


async def _see(plan: Plan, run_id: str, buyers: tuple[Buyer, ...], on_progress: OnProgress) -> tuple[Evidence, str]:
    if plan.url:
        url = plan.url.rstrip("/")
        async with _shop(url, plan.organiser_key) as shop:
            return await _compare(plan, shop, run_id, buyers, on_progress), url
    on_progress(Progress("Starting a server"))
    async with own_server(database=plan.database, workers=plan.workers) as server:
        async with _shop(server.url, server.organiser_key) as shop:
            evidence = await _compare(plan, shop, run_id, buyers, on_progress)
        on_progress(Progress("Stopping the server"))
        return replace(evidence, server_exit=await server.stop()), "its own, started for this run"


@contextlib.asynccontextmanager
async def _shop(url: str, organiser_key: str | None) -> AsyncIterator[Shop]:
    async with aiohttp.ClientSession() as session:
        yield Shop(session, url, organiser_key)


async def _compare(plan: Plan, shop: Shop, run_id: str, buyers: tuple[Buyer, ...], on_progress: OnProgress) -> Evidence:
    item = plan.item or run_id
    if plan.item is None:
        await shop.add(item, plan.stock)
    if (state := (await shop.terms(item)).state) in CLOSED_STATES:
        raise CouldNotRun(f"item {item} is {state}: nobody can buy, so there is nothing to prove")
    # The audits enclose the counters, so that the ledger's difference has all that moved between those.
    audit_before, before = await shop.audit(item), await shop.counters(item)
    requests = await crowd.storm(shop.url, item, buyers, on_progress=on_progress, patience=plan.patience)
    after, audit_after = await shop.counters(item), await shop.audit(item)
    purchases = await _kept(plan, shop, item, run_id, buyers, on_progress)
    if plan.item is None and (plan.url or plan.database):
        await shop.pause(item)
    return Evidence(
        item=item,
        own=plan.item is None,
        buyers=buyers,
        requests=requests,
        audit_before=audit_before,
        before=before,
        after=after,
        audit_after=audit_after,
        purchases=purchases,
    )


async def _kept(
    plan: Plan, shop: Shop, item: str, run_id: str, buyers: tuple[Buyer, ...], on_progress: OnProgress
) -> tuple[Purchase, ...]:
    """What the server holds: the organiser's list, or without a key what each buyer can look up."""
    if shop.organiser_key:
        on_progress(Progress("Comparing"))
        return await shop.purchases(item, prefix="" if plan.item is None else f"{run_id}-")
    turns = asyncio.Semaphore(LOOKUPS_AT_ONCE_MAX)

    async def look_up(buyer: Buyer) -> Purchase | None:
        async with turns:
            return await shop.lookup(item, buyer)

    found = await all_at_once("Comparing", [look_up(buyer) for buyer in buyers], on_progress)
    return tuple(purchase for purchase in found if purchase is not None)


def _engine(database: str | None) -> str:
    """The engine's name alone: a database URL may hold a password."""
    scheme = (database or "sqlite:").split(":", 1)[0].lower()
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL", "postgres": "PostgreSQL"}.get(scheme, scheme)
