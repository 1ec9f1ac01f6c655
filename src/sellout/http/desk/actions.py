"""What an organiser does with a sale: open it, pause it, let it go on, add units, close it."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from sellout.domain import CAPACITY_MAX, MICROSECONDS, Change, ChangeItem, Instant, Item, ItemSaved, Outcome, Refused
from sellout.http.desk.desk import Desk, OpenDesk
from sellout.http.desk.gate import Manager, read_own_form
from sellout.http.desk.items import show_item
from sellout.http.desk.session import Session
from sellout.http.desk.showing import back_to, show
from sellout.http.pages.forms import Form, whole_number
from sellout.http.pages.items import item_now
from sellout.http.problems import from_refusal
from sellout.http.requests import BadRequest
from sellout.http.shop import OpenShop, Shop

router = APIRouter(include_in_schema=False)

Making = Callable[[Item, Instant], tuple[Change, ...]]
"""Makes the changes from an item as it stands, and the time."""


@router.post("/desk/items/{item_id}/open")
async def open_now(request: Request, shop: OpenShop, desk: OpenDesk, session: Manager, item_id: str) -> Response:
    """Let the sale begin now, or begin again."""
    await read_own_form(request, session)
    return await _change(shop, desk, session, item_id, opened, "opened")


@router.post("/desk/items/{item_id}/pause")
async def pause(request: Request, shop: OpenShop, desk: OpenDesk, session: Manager, item_id: str) -> Response:
    """Let nobody buy until the sale goes on."""
    await read_own_form(request, session)
    return await _change(shop, desk, session, item_id, lambda *_: (Change("paused", value=True),), "paused")


@router.post("/desk/items/{item_id}/resume")
async def resume(request: Request, shop: OpenShop, desk: OpenDesk, session: Manager, item_id: str) -> Response:
    """Let the sale go on."""
    await read_own_form(request, session)
    return await _change(shop, desk, session, item_id, lambda *_: (Change("paused", value=False),), "resumed")


@router.get("/desk/items/{item_id}/close")
async def close_page(shop: OpenShop, session: Manager, item_id: str) -> Response:
    """Is it meant?"""
    item, now = await item_now(shop, item_id)
    return show("close.html", session, item=item, state=item.state(now))


@router.post("/desk/items/{item_id}/close")
async def close(request: Request, shop: OpenShop, desk: OpenDesk, session: Manager, item_id: str) -> Response:
    """End the sale now."""
    await read_own_form(request, session)
    return await _change(shop, desk, session, item_id, closed, "closed")


@router.post("/desk/items/{item_id}/restock")
async def restock(request: Request, shop: OpenShop, desk: OpenDesk, session: Manager, item_id: str) -> Response:
    """Add units to the capacity that the form was shown with: pressed twice, or by two, it adds them once."""
    form = await read_own_form(request, session)
    item, _ = await item_now(shop, item_id)
    try:
        capacity = restocked(form, item)
    except NotRestocked as why:
        return await show_item(desk, session, item_id, alert=str(why), status=409, add=form.get("units", ""))
    return await _change(shop, desk, session, item_id, lambda *_: (Change("capacity", capacity),), "restocked")


class NotRestocked(Exception):
    """The units were not added; the message says why."""


def opened(item: Item, now: Instant) -> tuple[Change, ...]:
    """What keeps the sale from being open is taken away, and nothing else is changed."""
    changes = [Change("paused", value=False)]
    if item.opens_at is not None and item.opens_at > now:
        changes.append(Change("opens_at", now - now % MICROSECONDS))
    if item.closes_at is not None and item.closes_at <= now:
        changes.append(Change("closes_at", None))
    return tuple(changes)


def closed(item: Item, now: Instant) -> tuple[Change, ...]:
    """The sale ends now; one that had not begun will not."""
    changes = [Change("closes_at", now)]
    if item.opens_at is not None and item.opens_at >= now:
        changes.append(Change("opens_at", None))
    return tuple(changes)


def restocked(form: Form, item: Item) -> int:
    """The capacity with the units that a form adds. Raises NotRestocked."""
    try:
        units, seen = whole_number(form, "units"), form.get("capacity", "")
    except BadRequest:
        raise NotRestocked("How many units are to be added? It must be a whole number, 1 or more.") from None
    if seen != str(item.capacity):
        raise NotRestocked(
            f"The capacity has changed meanwhile: it is {item.capacity:,} now. Nothing was added; press again to add."
        )
    if item.capacity + units > CAPACITY_MAX:
        raise NotRestocked(f"An item has {CAPACITY_MAX:,} units at most. Nothing was added.")
    return item.capacity + units


async def _change(
    shop: Shop, desk: Desk, session: Session, item_id: str, make: Making, result: str
) -> Response:  # fmt: skip
    item, now = await item_now(shop, item_id)
    outcome: Outcome = await shop.commit(ChangeItem(item_id, make(item, now)))
    if isinstance(outcome, ItemSaved):
        return back_to(f"/desk/items/{item_id}", result)
    assert isinstance(outcome, Refused)  # noqa: S101 - a change is saved or refused
    problem = from_refusal(outcome)
    return await show_item(desk, session, item_id, alert=problem.detail, status=problem.status)
