"""Items: what is on sale, putting it there, changing it, and checking it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from sellout.domain import KeyScope, Refused
from sellout.http.answers import Answer, json_answer
from sellout.http.callers import check_tokens_are_read
from sellout.http.documented import BUYER_TOKEN, LOCATION, answers
from sellout.http.freshness import for_a_second
from sellout.http.items import change_of, item_of
from sellout.http.models import AuditOut, ItemChanges, ItemList, ItemOut, NewItem
from sellout.http.organiser import organiser_only, with_key_for_all
from sellout.http.problems import from_refusal
from sellout.http.responses import respond
from sellout.http.routes.common import ORGANISING, UNKNOWN_ITEM
from sellout.http.shop import OpenShop
from sellout.http.views import audit_view, counters_view, item_view
from sellout.store.port import first_item

router = APIRouter(tags=["items"])


@router.get("/v1/items", responses=answers(200, ItemList, "unavailable"))
async def list_items(request: Request, shop: OpenShop) -> Response:
    """All items, in the order in which they were added."""
    items, now, _ = await shop.settled_items()
    return _for_a_second(request, json_answer(200, {"items": [item_view(item, now) for item in items]}))


@router.get("/v1/items/{item_id}", responses=answers(200, ItemOut, "unknown_item", "unavailable"))
async def get_item(request: Request, shop: OpenShop, item_id: str) -> Response:
    """One item, as it stands now."""
    snapshot = await shop.settled_item(item_id)
    item = first_item(snapshot)
    if item is None:
        return respond(request, UNKNOWN_ITEM)
    return _for_a_second(request, json_answer(200, item_view(item, snapshot.now)))


def _for_a_second(request: Request, answer: Answer) -> Response:
    return respond(request, for_a_second(answer, request.headers.get("if-none-match")))


@router.post(
    "/v1/items",
    status_code=201,
    dependencies=organiser_only(KeyScope.MANAGE),
    responses=answers(201, ItemOut, "item_exists", *ORGANISING, headers=LOCATION),
)
async def add_item(request: Request, shop: OpenShop, body: NewItem) -> Response:
    """Put an item on sale."""
    check_tokens_are_read(shop, body.buyer_tokens)
    outcome = await shop.commit(item_of(body, shop.settings))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    view = item_view(outcome.item, outcome.decided_at)
    return respond(request, json_answer(201, view, ("location", f"/v1/items/{outcome.item.id}")))


@router.patch(
    "/v1/items/{item_id}",
    dependencies=organiser_only(KeyScope.MANAGE),
    responses=answers(200, ItemOut, "unknown_item", "capacity_below_committed", *ORGANISING),
)
async def change_item(request: Request, shop: OpenShop, item_id: str, body: ItemChanges) -> Response:
    """Change an item: its name, its capacity (never below what is sold and held), window, limits and pause."""
    check_tokens_are_read(shop, body.buyer_tokens)
    outcome = await shop.commit(change_of(item_id, body))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    return respond(request, json_answer(200, item_view(outcome.item, outcome.decided_at)))


@router.get(
    "/v1/items/{item_id}/audit",
    responses=answers(200, AuditOut, "unknown_item", "unauthorized", "forbidden", "busy", "unavailable"),
    openapi_extra={"security": [{}, {BUYER_TOKEN: []}]},  # beside the key, which the dependency tells of
)
async def audit_item(
    request: Request,
    shop: OpenShop,
    item_id: str,
    sees_all: Annotated[bool, with_key_for_all(KeyScope.READ)],
) -> Response:
    """The item's counters; with a key that may `read`, beside its whole ledger, read at one moment.

    Without a key there are no `movements` and no `consistent`: to add a ledger up takes long, and anybody could ask.
    """
    if sees_all:
        audit = await shop.settled_audit(item_id)
        return respond(request, UNKNOWN_ITEM if audit is None else json_answer(200, audit_view(audit)))
    item = first_item(await shop.settled_item(item_id))
    return respond(request, UNKNOWN_ITEM if item is None else json_answer(200, counters_view(item)))
