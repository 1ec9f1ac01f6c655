"""A running shop: its store, its committer and what they were set up with. Opened and closed once a process."""

import asyncio
import gc
import secrets
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from fastapi import Depends, Request

from sellout.bootstrap import open_store, prepare, what_differs
from sellout.committer import Committer, Limits
from sellout.domain import Audit, BuyerTokens, Command, Outcome, Refused, Settle, Snapshot
from sellout.http.challenge.gate import challenge_of
from sellout.http.deadlines import BodyDeadline
from sellout.http.live.feed import Pace
from sellout.http.live.items import LiveItems
from sellout.http.rates import Rates
from sellout.http.requests import OrderReader
from sellout.http.traces import traces_of
from sellout.http.webhooks import dispatcher_of
from sellout.naming import slug
from sellout.settings import Settings
from sellout.store.clock import Clock, host_clock
from sellout.store.port import Store, first_item
from sellout.telemetry import Metrics

if TYPE_CHECKING:
    from sellout.buyer_tokens import TokenVerifier

log = structlog.get_logger()

SECRET_BYTES = 32

GC_THRESHOLD = 50_000
"""New container objects between two looks of the garbage collector."""


def token_verifier(settings: Settings) -> "TokenVerifier | None":
    """What reads buyers' tokens, where the settings have a key for it."""
    key = settings.buyer_token_key
    if key is None:
        return None
    from sellout.buyer_tokens import TokenVerifier  # a shop without tokens need not carry their library in its memory

    return TokenVerifier(key.get_secret_value(), settings.buyer_token_audience, settings.buyer_token_issuer)


class Shop:
    """What the routes work with. `store` and `committer` are there from `open` to `close`."""

    store: Store
    committer: Committer

    def __init__(self, settings: Settings, clock: Clock | None = None, *, compares: bool = True) -> None:
        """`compares`: counters with the ledger, at the start; not where `sellout serve` has done so for all workers."""
        self.settings = settings
        self._compares = compares
        self._clock = clock
        self.default_item_id = slug(settings.item)
        self._secret = None if settings.session_secret is None else settings.session_secret.get_secret_value()
        self.orders = OrderReader(settings.buyer_length_max)
        self.rates = Rates(settings)
        self.tokens = token_verifier(settings)
        self.challenge = challenge_of(settings, self.secret)
        self.body_deadline = BodyDeadline(settings.body_read_seconds)
        self.exports_under_way = 0
        self.metrics = Metrics()
        self.traces = traces_of(settings)
        self.live_items = LiveItems(self.settled_items, Pace(watches_max=settings.streams_max))
        self.feeds = [self.live_items.feed]

    async def open(self) -> None:
        """Open the database and begin to commit. Raises StoreUnusable."""
        settings = self.settings
        self.store = await open_store(settings, clock=self._clock)
        if self._secret is None:
            self._secret = await self.store.session_secret(secrets.token_urlsafe(SECRET_BYTES))
        deadline = time.monotonic() + settings.lock_wait_seconds
        prepared = await prepare(self.store, settings, deadline, compare=self._compares)
        for difference in prepared.differing:
            log.error("counters_differ", item=difference.item_id, reason=what_differs(difference))
        if prepared.new_key is not None:
            announce_key(prepared.new_key)
        if prepared.key_is_revoked:
            log.warning("organiser_key_revoked", reason="the key in SELLOUT_ORGANISER_KEY has been revoked")
        if self.tokens is None and (unread := await self._items_with_tokens()):
            log.warning("buyer_tokens_unread", items=unread, reason="SELLOUT_BUYER_TOKEN_KEY is not set")
        self.webhooks = dispatcher_of(self, self._clock or host_clock)
        limits = Limits(settings.batch_size_max, settings.queue_length_max, settings.unavailable_after_seconds)
        committer = Committer if self.traces is None else self.traces.committer
        self.committer = committer(self.store, limits, self._observe_batch, self.metrics.set_queue_length)
        self.committer.start()
        self.body_deadline.start()
        self.webhooks.start()

        _spare_the_garbage_collector()

    def secret(self) -> str:
        """What sessions and challenges are signed with, in all workers and on all nodes; once the shop is open."""
        assert self._secret is not None  # noqa: S101 - nobody is answered before
        return self._secret

    async def _items_with_tokens(self) -> list[str]:
        items = (await self.store.items()).items
        return [item.id for item in items if item.buyer_tokens is BuyerTokens.REQUIRED]

    def submit(self, command: Command) -> "asyncio.Future[Outcome]":
        """Queue a command; the future gets its outcome once it is durable. Raises BadRequest (429) and Busy."""
        if self.rates.by_buyer:
            self.rates.check_buyer(command)
        return self.committer.submit(command)

    def _observe_batch(self, *batch: Any) -> None:
        self.metrics.observe_batch(*batch)
        self.webhooks.poke()

    async def commit(self, command: Command) -> Any:
        """The outcome of a command, once it is durable. Raises BadRequest (429), Busy and StoreUnavailable."""
        return await self.submit(command)

    async def settle(self, item_id: str) -> None:
        """Let everything of an item happen that is due. Raises Busy and StoreUnavailable."""
        outcome = await self.commit(Settle(item_id))
        assert not isinstance(outcome, Refused) or outcome.reason == "unknown_item"  # noqa: S101 - nothing else does

    async def settled_item(self, item_id: str) -> Snapshot:
        """An item as it stands: where somebody waits for what is free, it is offered first."""
        snapshot = await self.store.item(item_id)
        if not snapshot.unsettled:
            return snapshot
        await self.settle(item_id)
        return await self.store.item(item_id)

    async def settled_items(self) -> Snapshot:
        """All items, likewise."""
        snapshot = await self.store.items()
        if not snapshot.unsettled:
            return snapshot
        for item_id in sorted(snapshot.unsettled):
            await self.settle(item_id)
        return await self.store.items()

    async def settled_audit(self, item_id: str) -> Audit | None:
        """The counters of an item beside its ledger, read at one moment; what is due by then has happened."""
        audit, item = await self.store.audit(item_id), first_item(await self.settled_item(item_id))
        if audit is not None and item is not None and audit.item.held != item.held:
            await self.settle(item_id)
            audit = await self.store.audit(item_id)
        return audit

    def end_streams(self) -> None:
        """Let live views end: a server that stops would otherwise wait for them."""
        for feed in self.feeds:
            feed.close()

    async def close(self) -> None:
        """Commit and answer what was accepted, then let go of the database."""
        self.end_streams()
        self.body_deadline.stop()
        await self.webhooks.stop()
        await self.committer.stop()
        await self.store.close()
        if self.traces is not None:
            await self.traces.close()


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom: a thousand requests in flight are tens of thousands of young, living objects.

    With Python's own threshold of 700 the collector took a seventh of the processor in a rush. What is there
    after the start stays for good, so it is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def announce_key(key: str) -> None:
    """Show a new organiser key to whoever started the program. It is not kept, so this is the only time."""
    sys.stderr.write(f"Organiser key (shown only this once, keep it): {key}\n")
    sys.stderr.flush()


def shop_of(request: Request) -> Shop:
    """The shop that a request came to."""
    shop: Shop = request.app.state.shop
    return shop


OpenShop = Annotated[Shop, Depends(shop_of)]
