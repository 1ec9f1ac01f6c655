"""The routes of version 1, on FastAPI: requests become commands or readings, values become answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from sellout.domain import ANONYMOUS, Command, Outcome, Refund, Refunded, Refused
from sellout.http.answers import json_answer
from sellout.http.csv_export import purchases_csv
from sellout.http.documented import IDEMPOTENCY_KEY, LINK, LOCATION, REPLAYED, answers
from sellout.http.fastlane import answer_order
from sellout.http.items import change_of, item_of
from sellout.http.models import (
    AuditOut,
    ItemChanges,
    ItemList,
    ItemOut,
    NewItem,
    OrderBody,
    PurchaseList,
    PurchaseOut,
    Ticket,
)
from sellout.http.orders import find_order
from sellout.http.organiser import require_organiser
from sellout.http.problems import FieldError, Problem, from_refusal, invalid
from sellout.http.requests import read_key
from sellout.http.responses import respond
from sellout.http.shop import OpenShop
from sellout.http.through_asgi import REQUEST_ID
from sellout.http.views import audit_view, item_view, purchase_view
from sellout.store.port import first_item

router = APIRouter()

organiser_only = [Depends(require_organiser)]


_ORDER = {
    "parameters": [IDEMPOTENCY_KEY],
    "requestBody": {"content": {"application/json": {"schema": OrderBody.model_json_schema()}}},
}
_STOCK = ("unknown_item", "not_enough_left", "all_held", "limit_reached", "sold_out")
_WINDOW = ("not_open", "closed", "paused")
_BODY = ("body_too_large", "unsupported_media_type", "invalid_request")
_STORE = ("busy", "unavailable")
_BUYING = (*_WINDOW, *_STOCK, *_BODY, "key_reused", *_STORE)
_ORGANISING = ("unauthorized", *_BODY, *_STORE)


@router.post(
    "/buy_ticket", tags=["buy"], responses=answers(200, Ticket, *_BUYING, headers=REPLAYED), openapi_extra=_ORDER
)
async def buy_ticket(request: Request, shop: OpenShop) -> Response:
    """Buy from the default item. No body is needed.

    With an `Idempotency-Key` the request may be repeated safely: the first success is answered again.
    """
    return await _sell(request, shop)


@router.post(
    "/v1/items/{item_id}/purchases",
    status_code=201,
    tags=["buy"],
    responses=answers(201, PurchaseOut, *_BUYING, headers=LOCATION | REPLAYED),
    openapi_extra=_ORDER,
)
async def purchase_item(request: Request, shop: OpenShop, item_id: str) -> Response:  # noqa: ARG001 - documents the path
    """Buy units of an item: all that are asked for, or none."""
    return await _sell(request, shop)


async def _sell(request: Request, shop: OpenShop) -> Response:
    order = find_order(request.method, request.scope["path"], shop.default_item_id)
    assert order is not None  # noqa: S101 - the router has found the route
    body, request_id = await request.body(), request.scope[REQUEST_ID]
    return respond(request, await answer_order(shop, order, request.headers, body, request.scope["path"], request_id))


@router.get("/v1/items", tags=["items"], responses=answers(200, ItemList, "unavailable"))
async def list_items(request: Request, shop: OpenShop) -> Response:
    """All items, in the order in which they were added."""
    items, now = await shop.store.items()
    return respond(request, json_answer(200, {"items": [item_view(item, now) for item in items]}))


@router.get("/v1/items/{item_id}", tags=["items"], responses=answers(200, ItemOut, "unknown_item", "unavailable"))
async def get_item(request: Request, shop: OpenShop, item_id: str) -> Response:
    """One item, as it stands now."""
    snapshot = await shop.store.item(item_id)
    item = first_item(snapshot)
    if item is None:
        return respond(request, _UNKNOWN_ITEM)
    return respond(request, json_answer(200, item_view(item, snapshot.now)))


@router.post(
    "/v1/items",
    status_code=201,
    tags=["items"],
    dependencies=organiser_only,
    responses=answers(201, ItemOut, "item_exists", *_ORGANISING, headers=LOCATION),
)
async def add_item(request: Request, shop: OpenShop, body: NewItem) -> Response:
    """Put an item on sale."""
    outcome = await _commit(shop, item_of(body, shop.settings))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    view = item_view(outcome.item, outcome.decided_at)
    return respond(request, json_answer(201, view, ("location", f"/v1/items/{outcome.item.id}")))


@router.patch(
    "/v1/items/{item_id}",
    tags=["items"],
    dependencies=organiser_only,
    responses=answers(200, ItemOut, "unknown_item", "capacity_below_committed", *_ORGANISING),
)
async def change_item(request: Request, shop: OpenShop, item_id: str, body: ItemChanges) -> Response:
    """Change an item: its name, its capacity (never below what is sold and held), window, limits and pause."""
    outcome = await _commit(shop, change_of(item_id, body))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    return respond(request, json_answer(200, item_view(outcome.item, outcome.decided_at)))


@router.get(
    "/v1/items/{item_id}/purchases",
    tags=["purchases"],
    dependencies=organiser_only,
    responses=answers(
        200, PurchaseList, "unauthorized", "unknown_item", "invalid_request", "unavailable", headers=LINK, csv=True
    ),
)
async def list_purchases(
    request: Request,
    shop: OpenShop,
    item_id: str,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,18}$", description="`next_cursor` of the page before")] = None,
    limit: Annotated[int | None, Query(ge=1, description="Purchases in a page")] = None,
) -> Response:
    """A page of an item's purchases in the order of their sale; as CSV with `Accept: text/csv`."""
    page_size = limit or shop.settings.page_size_max
    if page_size > shop.settings.page_size_max:
        return respond(request, invalid(FieldError("limit", f"must be from 1 to {shop.settings.page_size_max}")))
    if first_item(await shop.store.item(item_id)) is None:
        return respond(request, _UNKNOWN_ITEM)
    purchases, next_after = await shop.store.purchases(item_id, int(cursor or 0), page_size)
    next_cursor = None if next_after is None else str(next_after)
    views = [purchase_view(purchase) for purchase in purchases]
    if "text/csv" in request.headers.get("accept", ""):
        return respond(request, purchases_csv(views, request.scope["path"], next_cursor, page_size))
    return respond(request, json_answer(200, {"purchases": views, "next_cursor": next_cursor}))


@router.get(
    "/v1/items/{item_id}/purchases/lookup",
    tags=["purchases"],
    responses=answers(200, PurchaseOut, "unknown_purchase", "invalid_request", "unavailable"),
)
async def lookup_purchase(
    request: Request,
    shop: OpenShop,
    item_id: str,
    key: Annotated[str, Query(description="The Idempotency-Key of the request")],
    buyer: Annotated[str | None, Query(description="The buyer of the request, where it named one")] = None,
) -> Response:
    """Did I get it? The purchase that an Idempotency-Key has made, for whoever lost the answer."""
    name = ANONYMOUS if buyer is None else shop.orders.buyer(buyer)
    purchase = await shop.store.purchase_by_key(item_id, name, read_key(key, "key") or "")
    if purchase is None:
        return respond(request, Problem("unknown_purchase", "This Idempotency-Key has bought nothing of this item."))
    return respond(request, json_answer(200, purchase_view(purchase)))


@router.get(
    "/v1/purchases/{purchase_id}",
    tags=["purchases"],
    responses=answers(200, PurchaseOut, "unknown_purchase", "unavailable"),
)
async def get_purchase(request: Request, shop: OpenShop, purchase_id: str) -> Response:
    """A purchase, for whoever has its id."""
    purchase = await shop.store.purchase(purchase_id)
    if purchase is None:
        return respond(request, Problem("unknown_purchase", "There is no purchase with this id."))
    return respond(request, json_answer(200, purchase_view(purchase)))


@router.post(
    "/v1/purchases/{purchase_id}/refund",
    tags=["purchases"],
    dependencies=organiser_only,
    responses=answers(200, PurchaseOut, "unknown_purchase", "already_refunded", *_ORGANISING),
)
async def refund_purchase(request: Request, shop: OpenShop, purchase_id: str) -> Response:
    """Take a purchase back. Its units are available again at once, and only once."""
    outcome = await _commit(shop, Refund(purchase_id))
    if isinstance(outcome, Refunded):
        return respond(request, json_answer(200, purchase_view(outcome.purchase)))
    return respond(request, from_refusal(outcome))


@router.get(
    "/v1/items/{item_id}/audit",
    tags=["items"],
    responses=answers(200, AuditOut, "unknown_item", "unavailable"),
)
async def audit_item(request: Request, shop: OpenShop, item_id: str) -> Response:
    """The item's counters beside its ledger, read at one moment."""
    audit = await shop.store.audit(item_id)
    return respond(request, _UNKNOWN_ITEM if audit is None else json_answer(200, audit_view(audit)))


_UNKNOWN_ITEM = Problem("unknown_item", "There is no item with this id.")


async def _commit(shop: OpenShop, command: Command) -> Any:
    outcome: Outcome = await shop.committer.submit(command)
    return outcome
