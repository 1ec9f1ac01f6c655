"""An entry of the waiting list: its place, its offer, leaving."""

from fastapi import APIRouter, Request, Response

from sellout.domain import EntryReading, LeaveWaitlist, Outcome, Refused
from sellout.http.callers import seen_by
from sellout.http.pages.forms import read_form
from sellout.http.pages.rendering import page, see_other
from sellout.http.pages.words import refusal
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import BadRequest
from sellout.http.shop import OpenShop, Shop
from sellout.store.port import first_item

router = APIRouter(include_in_schema=False)

UNKNOWN_ENTRY = Problem("unknown_entry", "There is no entry with this id.")

REFRESH_SECONDS = (3, 60)
"""How soon who waits looks again, at least and at most."""

PLACES_A_SECOND = 20
"""A second more for each so many places: who is far behind need not look so often, and there are more of them."""


@router.get("/waitlist/{entry_id}")
async def entry_page(shop: OpenShop, entry_id: str) -> Response:
    """The place, or the offer, or what has become of it."""
    return await _show(shop, entry_id)


@router.post("/waitlist/{entry_id}/leave")
async def leave(request: Request, shop: OpenShop, entry_id: str) -> Response:
    """Wait no longer."""
    await read_form(request)
    outcome: Outcome = await shop.commit(LeaveWaitlist(entry_id))
    if isinstance(outcome, Refused):
        return await _show(shop, entry_id, refusal(outcome), from_refusal(outcome).status)
    return see_other(f"/waitlist/{entry_id}")


async def _show(shop: Shop, entry_id: str, alert: str = "", status: int = 200) -> Response:
    reading = await _entry(shop, entry_id)
    entry, hold = reading.entry, reading.hold
    item = first_item(await shop.store.item(entry.item_id))
    return page(
        "entry.html", status=status, entry=entry, state=entry.state_with(hold), position=reading.position, hold=hold,
        now=reading.now, item=item, alert=alert, refresh_seconds=refresh_seconds(reading.position),
    )  # fmt: skip


async def _entry(shop: Shop, entry_id: str) -> EntryReading:
    """An entry as it stands. Raises BadRequest where there is none."""
    reading = await shop.store.entry(entry_id)
    if reading is not None and reading.unsettled:
        await shop.settle(reading.entry.item_id)
        reading = await shop.store.entry(entry_id)
    if reading is None or await seen_by(shop, None, reading.entry) is None:
        raise BadRequest(UNKNOWN_ENTRY)
    return reading


def refresh_seconds(position: int | None) -> int:
    """How soon somebody at this place looks again."""
    least, most = REFRESH_SECONDS
    return least if position is None else min(most, least + position // PLACES_A_SECOND)
