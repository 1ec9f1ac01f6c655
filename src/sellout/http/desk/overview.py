"""All items live, and the stream that keeps the desk's pages so."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response

from sellout.http.desk.desk import OpenDesk
from sellout.http.desk.gate import Organiser, session_of
from sellout.http.desk.session import Sessions
from sellout.http.desk.showing import show
from sellout.http.live.feed import TooManyWatches, Watch
from sellout.http.live.streaming import Stream, headers_only
from sellout.http.responses import HEAD, respond
from sellout.http.routes.common import UNKNOWN_ITEM
from sellout.http.routes.streams import TOO_MANY
from sellout.http.shop import OpenShop
from sellout.store.port import Store, StoreError, first_item

router = APIRouter(include_in_schema=False)


@router.get("/desk")
async def overview(desk: OpenDesk, session: Organiser, done: str = "") -> Response:
    """All items."""
    return show("overview.html", session, result=done, readings=await desk.live.all_items())


@router.get("/desk/stream")
async def stream(
    request: Request, shop: OpenShop, desk: OpenDesk, _: Organiser, item: str | None = None
) -> Response:  # fmt: skip
    """Fragments of the overview, or of one item's page, whenever they change; for as long as the session holds."""
    if item is not None and first_item(await shop.store.item(item)) is None:
        return respond(request, UNKNOWN_ITEM)
    feed = desk.live.feed_of(item)
    try:
        watch = await feed.watch()
    except TooManyWatches:
        return respond(request, TOO_MANY)
    assert watch is not None  # noqa: S101 - it watches all that the feed tells
    if request.scope.get(HEAD):
        feed.leave(watch)
        return headers_only()
    told = while_signed_in(watch, request, desk.sessions, shop.store)
    return Stream(feed, watch, desk.live.first_words(), told)


async def while_signed_in(watch: Watch, request: Request, sessions: Sessions, store: Store) -> AsyncIterator[bytes]:
    """What is told, until the session is over or its key is taken away; whoever connects again is asked who it is."""
    async for told in watch:
        try:
            if await session_of(request, sessions, store) is None:
                return
        except StoreError:
            return
        yield told
