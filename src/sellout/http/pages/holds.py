"""A hold: how long it lasts, confirming it, giving it back."""

from fastapi import APIRouter, Request, Response

from sellout.domain import Bought, ConfirmHold, Hold, Outcome, Refused, Released, ReleaseHold
from sellout.http.callers import seen_by
from sellout.http.ids import new_id
from sellout.http.pages.forms import read_form
from sellout.http.pages.rendering import page, see_other
from sellout.http.pages.words import refusal
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import BadRequest
from sellout.http.shop import OpenShop, Shop

router = APIRouter(include_in_schema=False)

UNKNOWN_HOLD = Problem("unknown_hold", "There is no hold with this id.")


@router.get("/holds/{hold_id}")
async def hold_page(shop: OpenShop, hold_id: str) -> Response:
    """How long the hold lasts, or what has become of it."""
    return await _show(shop, hold_id)


@router.post("/holds/{hold_id}/confirm")
async def confirm(request: Request, shop: OpenShop, hold_id: str) -> Response:
    """Make the hold a purchase; leads to the receipt, however often it is pressed."""
    await read_form(request)
    outcome: Outcome = await shop.commit(ConfirmHold(hold_id, new_id(), None, f"page-confirm-{hold_id}"))
    return await _lead_on(shop, hold_id, outcome)


@router.post("/holds/{hold_id}/release")
async def release(request: Request, shop: OpenShop, hold_id: str) -> Response:
    """Give the units back."""
    await read_form(request)
    outcome: Outcome = await shop.commit(ReleaseHold(hold_id))
    return await _lead_on(shop, hold_id, outcome)


async def _lead_on(shop: Shop, hold_id: str, outcome: Outcome) -> Response:
    """To the receipt, or to the hold as it stands."""
    match outcome:
        case Bought(purchase=purchase):
            return see_other(f"/purchases/{purchase.id}")
        case Released():
            return see_other(f"/holds/{hold_id}")
        case Refused():
            hold = await _hold(shop, hold_id)
            if hold.purchase_id is not None:
                return see_other(f"/purchases/{hold.purchase_id}")
            return await _show(shop, hold_id, refusal(outcome), from_refusal(outcome).status)
    raise AssertionError(f"no outcome of a hold's form: {outcome}")


async def _hold(shop: Shop, hold_id: str) -> Hold:
    """A hold as it stands. Raises BadRequest where there is none."""
    hold = await seen_by(shop, None, await shop.store.hold(hold_id))
    if hold is None:
        raise BadRequest(UNKNOWN_HOLD)
    return hold


async def _show(shop: Shop, hold_id: str, alert: str = "", status: int = 200) -> Response:
    hold = await _hold(shop, hold_id)
    now = (await shop.store.item(hold.item_id)).now
    return page("hold.html", status=status, hold=hold, now=now, alert=alert)
