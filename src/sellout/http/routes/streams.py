"""Streams: items as they change, as server-sent events."""

from fastapi import APIRouter, Request, Response

from sellout.http.documented import EventStream, event_stream
from sellout.http.live.feed import TooManyWatches
from sellout.http.live.streaming import Stream, headers_only
from sellout.http.problems import RETRY_AFTER_SECONDS, Problem
from sellout.http.responses import HEAD, respond
from sellout.http.routes.common import UNKNOWN_ITEM
from sellout.http.shop import OpenShop, Shop
from sellout.store.port import first_item

router = APIRouter(tags=["items"])

TOO_MANY = Problem("busy", "As many watch as may.", retry_after=RETRY_AFTER_SECONDS)


@router.get(
    "/v1/items/{item_id}/stream",
    response_class=EventStream,
    responses=event_stream("unknown_item", "busy", "unavailable"),
)
async def stream_item(request: Request, shop: OpenShop, item_id: str) -> Response:
    """One item whenever it changes: an event `item` with what GET /v1/items/{id} shows, at most four a second.

    An event `clock` tells the server's time at the beginning, and now and then. Where the connection breaks, connect
    again after `retry` milliseconds: the first event is the item as it stands.
    """
    if first_item(await shop.store.item(item_id)) is None:  # the feed would read all items to find that out
        return respond(request, UNKNOWN_ITEM)
    return await _stream(request, shop, item_id)


@router.get("/v1/stream", response_class=EventStream, responses=event_stream("busy", "unavailable"))
async def stream_items(request: Request, shop: OpenShop) -> Response:
    """All items, each whenever it changes, likewise."""
    return await _stream(request, shop, None)


async def _stream(request: Request, shop: Shop, item_id: str | None) -> Response:
    feed = shop.live_items.feed
    try:
        watch = await feed.watch(item_id)
    except TooManyWatches:
        return respond(request, TOO_MANY)
    if watch is None:
        return respond(request, UNKNOWN_ITEM)
    if request.scope.get(HEAD):
        feed.leave(watch)
        return headers_only()
    return Stream(feed, watch, shop.live_items.first_words())
