"""The waiting list: joining, looking, leaving."""

from fastapi import APIRouter, Request, Response

from sellout.domain import ANONYMOUS, JoinWaitlist, KeyScope, LeaveWaitlist, Refused
from sellout.http.answers import NO_CONTENT, json_answer
from sellout.http.callers import as_asked, seen_by
from sellout.http.documented import LOCATION, REPLAYED, answers, for_buyers
from sellout.http.ids import new_id
from sellout.http.models import EntryOut, JoinBody
from sellout.http.orders import replayed
from sellout.http.problems import Problem, from_refusal
from sellout.http.requests import read_key
from sellout.http.responses import respond
from sellout.http.routes.common import BODY, ORGANISERS, STORE, WINDOW, keyed
from sellout.http.shop import OpenShop
from sellout.http.views import entry_view

router = APIRouter(tags=["waiting list"])


@router.post(
    "/v1/items/{item_id}/waitlist",
    status_code=201,
    responses=answers(
        201,
        EntryOut,
        *WINDOW,
        "unknown_item",
        "limit_reached",
        *ORGANISERS,
        *BODY,
        "key_reused",
        *STORE,
        headers=LOCATION | REPLAYED,
    ),
    openapi_extra=for_buyers(KeyScope.SELL, keyed()),
)
async def join_waitlist(request: Request, shop: OpenShop, item_id: str, body: JoinBody) -> Response:
    """Wait for units to come back. Where enough are free already, they are offered at once.

    An offer is a hold of its own time (`offer_seconds`), to be confirmed like any hold.
    """
    key = read_key(request.headers.get("idempotency-key"))
    buyer = ANONYMOUS if body.buyer is None else shop.orders.buyer(body.buyer)
    command = JoinWaitlist(new_id(), new_id(), item_id, buyer, body.quantity, body.contact, key)
    joined = await shop.commit(await as_asked(shop, request.headers.get("authorization"), command))
    if isinstance(joined, Refused):
        return respond(request, from_refusal(joined))
    view = entry_view(joined.entry, joined.entry.position, joined.hold)
    location = ("location", f"/v1/waitlist/{joined.entry.id}")
    return respond(request, json_answer(201, view, location, *replayed(joined.replayed)))


@router.get(
    "/v1/waitlist/{entry_id}",
    responses=answers(200, EntryOut, "unknown_entry", "unauthorized", *STORE),
    openapi_extra=for_buyers(KeyScope.READ),
)
async def get_entry(request: Request, shop: OpenShop, entry_id: str) -> Response:
    """An entry as it stands now, with its place among those who wait and with its offer, for whoever has its id."""
    reading = await shop.store.entry(entry_id)
    if reading is not None and reading.unsettled:
        await shop.settle(reading.entry.item_id)
        reading = await shop.store.entry(entry_id)
    if reading is None or await seen_by(shop, request.headers.get("authorization"), reading.entry) is None:
        return respond(request, Problem("unknown_entry", "There is no entry with this id."))
    return respond(request, json_answer(200, entry_view(reading.entry, reading.position, reading.hold)))


@router.delete(
    "/v1/waitlist/{entry_id}",
    status_code=204,
    responses=answers(204, None, "unknown_entry", "already_confirmed", "unauthorized", *STORE),
    openapi_extra=for_buyers(KeyScope.SELL),
)
async def leave_waitlist(request: Request, shop: OpenShop, entry_id: str) -> Response:
    """Wait no longer. Units that were offered pass on to the next who waits."""
    outcome = await shop.commit(await as_asked(shop, request.headers.get("authorization"), LeaveWaitlist(entry_id)))
    return respond(request, from_refusal(outcome) if isinstance(outcome, Refused) else NO_CONTENT)
