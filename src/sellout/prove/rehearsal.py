"""One run from start to end: a server, a scenario that is played on it, the verdict.

May touch: what its parts touch. Reading order: prove, _complete, _see.
"""

import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from sellout.history.verdict import Verdict
from sellout.prove import CouldNotRun
from sellout.prove.crowd import make_room_for
from sellout.prove.evidence import Evidence
from sellout.prove.figures import Figures, figures_of
from sellout.prove.own_key import own_key
from sellout.prove.plan import Plan
from sellout.prove.progress import OnProgress, Progress, unwatched
from sellout.prove.scenarios import scenario_named
from sellout.prove.scenarios.scenario import Scenario, Stage
from sellout.prove.server import Server, own_server
from sellout.prove.shop import Shop
from sellout.prove.verdict import judge

SEED_BITS = 32


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
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    scenario: Scenario
    facts: Facts
    evidence: Evidence
    verdict: Verdict

    @property
    def exact(self) -> bool:
        return self.verdict.exact

    @property
    def ledger_compared(self) -> bool:
        """Whether there was a key that may see the ledger."""
        return self.evidence.audit_after.movements is not None

    @property
    def figures(self) -> Figures:
        return figures_of(self.evidence, self.scenario.fates(self.evidence), self.scenario.opening(self.evidence))


async def prove(plan: Plan, on_progress: OnProgress = unwatched) -> Result:
    """Run the plan; raises CouldNotRun where there is nothing to judge."""
    scenario, plan = _complete(plan)
    started, clock = datetime.now(UTC), time.monotonic()
    run_id = f"prove-{secrets.token_hex(4)}"
    make_room_for(plan.buyers, scenario.connections(plan))
    evidence, server = await _see(scenario, plan, run_id, on_progress)
    _check_let_in(evidence)
    facts = Facts(
        run_id=run_id,
        item=", ".join(evidence.items),
        server=server,
        engine=None if plan.url else _engine(plan.database),
        workers=None if plan.url else plan.workers,
        started=started,
        seconds=time.monotonic() - clock,
        seed=plan.seed,
    )
    return Result(scenario, facts, evidence, judge(scenario.rules, evidence))


def _complete(plan: Plan) -> tuple[Scenario, Plan]:
    """The scenario, and the plan with a seed where it needs one; raises CouldNotRun where they do not go together."""
    scenario = scenario_named(plan.scenario)
    _check(scenario, plan)
    if scenario.seeded and plan.seed is None:
        plan = replace(plan, seed=secrets.randbits(SEED_BITS))
    return scenario, plan


def _check(scenario: Scenario, plan: Plan) -> None:
    if min(plan.buyers, plan.stock, plan.workers, plan.quantity_max) < 1:
        raise CouldNotRun("buyers, stock, workers and quantity must be at least 1")
    if plan.seed is not None and not scenario.seeded:
        raise CouldNotRun(f"{scenario.name} makes no random choices: leave the seed out")
    if plan.url is not None and not _is_address(plan.url):
        raise CouldNotRun(f"{plan.url!r} is no address of a server: give one such as http://127.0.0.1:8000")
    if plan.url and plan.database:
        raise CouldNotRun("a running server has its own database: give the one or the other")
    if plan.item and not scenario.takes_item:
        raise CouldNotRun(f"{scenario.name} adds what it sells itself: leave the item out")
    if plan.item and not plan.url:
        raise CouldNotRun("an item is on a running server: give its URL too")
    if plan.url and not plan.item and not plan.organiser_key:
        named = "name the item to buy from, or " if scenario.takes_item else ""
        raise CouldNotRun(f"{named}set SELLOUT_ORGANISER_KEY, so that one can be added")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


_NOT_LET_IN = {
    "challenge_required": "asks for a challenge first: serve what is to be proved without SELLOUT_CHALLENGE",
    "unauthorized": "sells this item to buyers with a token of its own login: prove another item",
    "rate_limited": "limits how often one address or buyer may ask: serve what is to be proved without SELLOUT_RATE_*",
}


def _check_let_in(evidence: Evidence) -> None:
    """Raises CouldNotRun where buyers were kept out: that shows nothing of the sale."""
    for request in evidence.requests:
        if (why := _NOT_LET_IN.get(request.final.code or "")) is not None:
            raise CouldNotRun(f"not every buyer was let in: the server {why}")


async def _see(scenario: Scenario, plan: Plan, run_id: str, on_progress: OnProgress) -> tuple[Evidence, str]:
    if plan.url:
        url = plan.url.rstrip("/")
        async with _shop(url, plan.organiser_key) as shop:
            return await scenario.play(_stage(plan, shop, run_id, on_progress)), url
    on_progress(Progress("Starting a server"))
    async with _own_server(plan) as server:
        async with _shop(server.url, server.organiser_key) as shop:
            evidence = await scenario.play(_stage(plan, shop, run_id, on_progress))
        on_progress(Progress("Stopping the server"))
        return replace(evidence, server_exit=await server.stop()), "its own, started for this run"


@contextlib.asynccontextmanager
async def _own_server(plan: Plan) -> AsyncIterator[Server]:
    async with contextlib.AsyncExitStack() as stack:
        key = await stack.enter_async_context(own_key(plan.database)) if plan.database else None
        yield await stack.enter_async_context(
            own_server(database=plan.database, organiser_key=key, workers=plan.workers)
        )


def _stage(plan: Plan, shop: Shop, run_id: str, on_progress: OnProgress) -> Stage:
    return Stage(plan, shop, run_id, plan.seed or 0, on_progress)


@contextlib.asynccontextmanager
async def _shop(url: str, organiser_key: str | None) -> AsyncIterator[Shop]:
    async with aiohttp.ClientSession() as session:
        yield Shop(session, url, organiser_key)


def _engine(database: str | None) -> str:
    """The engine's name alone: a database URL may hold a password."""
    scheme = (database or "sqlite:").split(":", 1)[0].lower()
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL", "postgres": "PostgreSQL"}.get(scheme, scheme)
