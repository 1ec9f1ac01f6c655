"""What is on sale: the list of items, and an item's page, which says whether one can still be had, and what one has."""

from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from sellout.domain import MICROSECONDS, BuyerTokens, Got, Instant, Item, State
from sellout.http.freshness import FOR_A_SECOND, is_known, tag_of
from sellout.http.pages.assets import ROOT
from sellout.http.pages.attempt import Attempt, address_of, is_over
from sellout.http.pages.errors import VARY_ACCEPT
from sellout.http.pages.forms import check_origin
from sellout.http.pages.rendering import page, see_other
from sellout.http.pages.words import STATES, duration, got_in_words
from sellout.http.requests import BadRequest
from sellout.http.routes.common import UNKNOWN_ITEM
from sellout.http.shop import OpenShop, Shop
from sellout.store.port import first_item

router = APIRouter(include_in_schema=False)

REFRESH_SECONDS = (2, 30)
"""How soon a page asks again where scripts do not run, at least and at most."""


@router.get("/")
async def front_page(request: Request, shop: OpenShop) -> Response:
    """All items."""
    items, now, _ = await shop.settled_items()
    stand = [(item, item.state(now)) for item in items]
    shown = page("items.html", items=stand, now=now, states=STATES)
    tag = f"W/{tag_of(repr((ROOT, stand)).encode())}"  # weak: the page has the time on it, too
    shown.headers.update(dict([FOR_A_SECOND, ("etag", tag), VARY_ACCEPT]))  # it is the same for everybody
    if is_known(tag, request.headers.get("if-none-match")):
        shown.status_code, shown.body = 304, b""
        del shown.headers["content-length"]
    return shown


@router.get("/items/{item_id}")
async def item_page(request: Request, shop: OpenShop, item_id: str) -> Response:
    """One item: can I still get one, did I get it, where is my receipt."""
    item, now = await item_now(shop, item_id)
    attempt = Attempt.of(request)
    got = None if item.buyer_tokens is BuyerTokens.REQUIRED else await attempt.got(shop.store, item_id)
    if got is not None and is_over(got):
        attempt, got = attempt.another(), None
    response = show_item(shop, item, now, attempt, Filled(attempt.buyer), got)
    attempt.remember(response, item_id, secure=shop.settings.secure_cookies)
    return response


@router.post("/items/{item_id}/attempts")
async def begin_again(request: Request, shop: OpenShop, item_id: str) -> Response:
    """Begin a new attempt: whoever has something, and wants more, says so."""
    check_origin(request)
    await item_now(shop, item_id)
    response = see_other(f"/items/{item_id}")
    Attempt.of(request).another().remember(response, item_id, secure=shop.settings.secure_cookies)
    return response


async def item_now(shop: Shop, item_id: str) -> tuple[Item, Instant]:
    """An item, and the store's time. Raises BadRequest where there is none."""
    snapshot = await shop.settled_item(item_id)
    item = first_item(snapshot)
    if item is None:
        raise BadRequest(UNKNOWN_ITEM)
    return item, snapshot.now


class Filled(NamedTuple):
    """What stands in the form of an item's page."""

    buyer: str
    quantity: str = "1"


def show_item(
    shop: Shop, item: Item, now: Instant, attempt: Attempt, filled: Filled, got: Got | None = None, alert: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    """An item's page; `alert` says what a press has come to."""
    state = item.state(now)
    return page(
        "item.html", status=status, item=item, now=now, state=state, states=STATES, attempt=attempt, alert=alert,
        has_challenge=shop.challenge is not None, filled=filled, hold_time=duration(item.hold_seconds),
        buyer_length_max=shop.settings.buyer_length_max, refresh_seconds=_refresh(item, state, now),
        got=None if got is None else got_in_words(got), got_address=None if got is None else address_of(got),
    )  # fmt: skip


def _refresh(item: Item, state: State, now: Instant) -> int:
    """When a page without scripts asks again: not while somebody fills in the form of an open sale."""
    least, most = REFRESH_SECONDS
    if state is State.NOT_OPEN and item.opens_at is not None:
        return min(most, max(least, (item.opens_at - now) // MICROSECONDS + 1))
    return most
