"""Purchases: buying, which is hot, and looking at what was bought, refunding it, listing it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from sellout.domain import ANONYMOUS, KeyScope, Refund, Refunded
from sellout.http.accepting import BY_ACCEPT, CSV, JSON, prefers
from sellout.http.answers import json_answer
from sellout.http.callers import caller_of, seen_by
from sellout.http.csv_export import purchases_csv
from sellout.http.documented import IDEMPOTENCY_KEY, LINK, LOCATION, REPLAYED, answers, for_buyers
from sellout.http.models import BUYER_BOUNDS, LatePaymentList, OrderBody, PurchaseList, PurchaseOut, Ticket
from sellout.http.orders import replayed
from sellout.http.organiser import organiser_only
from sellout.http.problems import FieldError, Problem, from_refusal, invalid
from sellout.http.requests import BadRequest, read_key, read_nothing
from sellout.http.responses import respond
from sellout.http.routes.common import ORGANISERS, ORGANISING, TAKING, UNKNOWN_ITEM, answer_hot, keyed
from sellout.http.shop import OpenShop, Shop
from sellout.http.views import late_payment_view, purchase_view
from sellout.store.port import first_item

router = APIRouter()

PAGE_BOUND: dict[str, Any] = {"x-bound": {"maximum": "page_size_max"}}


@router.post(
    "/buy_ticket",
    tags=["buy"],
    responses=answers(200, Ticket, *TAKING, headers=REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed(OrderBody)),
)
async def buy_ticket(request: Request, shop: OpenShop) -> Response:
    """Buy from the default item. No body is needed.

    With an `Idempotency-Key` the request may be repeated safely: the first success is answered again.
    """
    return await answer_hot(request, shop)


@router.post(
    "/v1/items/{item_id}/purchases",
    status_code=201,
    tags=["buy"],
    responses=answers(201, PurchaseOut, *TAKING, headers=LOCATION | REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed(OrderBody)),
)
async def purchase_item(request: Request, shop: OpenShop, item_id: str) -> Response:  # noqa: ARG001 - documents the path
    """Buy units of an item: all that are asked for, or none."""
    return await answer_hot(request, shop)


@router.get(
    "/v1/items/{item_id}/purchases",
    tags=["purchases"],
    dependencies=organiser_only(KeyScope.READ),
    responses=answers(
        200, PurchaseList, *ORGANISERS, "unknown_item", "invalid_request", "unavailable", headers=LINK, csv=True
    ),
)
async def list_purchases(
    request: Request,
    shop: OpenShop,
    item_id: str,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,18}$", description="`next_cursor` of the page before")] = None,
    limit: Annotated[int | None, Query(ge=1, description="Purchases in a page", json_schema_extra=PAGE_BOUND)] = None,
) -> Response:
    """A page of an item's purchases in the order of their sale; as CSV with `Accept: text/csv`."""
    page_size = _page_size(shop, limit)
    if first_item(await shop.store.item(item_id)) is None:
        return respond(request, UNKNOWN_ITEM)
    purchases, next_after = await shop.store.purchases(item_id, int(cursor or 0), page_size)
    next_cursor = None if next_after is None else str(next_after)
    views = [purchase_view(purchase) for purchase in purchases]
    if prefers(request.headers.get("accept"), CSV, JSON):
        return respond(request, purchases_csv(views, request.scope["path"], next_cursor, page_size))
    return respond(request, json_answer(200, {"purchases": views, "next_cursor": next_cursor}, BY_ACCEPT))


@router.get(
    "/v1/items/{item_id}/purchases/lookup",
    tags=["purchases"],
    responses=answers(200, PurchaseOut, "unknown_purchase", "invalid_request", "unavailable", *ORGANISERS),
    openapi_extra=for_buyers(KeyScope.READ),
)
async def lookup_purchase(
    request: Request,
    shop: OpenShop,
    item_id: str,
    key: Annotated[
        str, Query(description="The Idempotency-Key of the request", json_schema_extra=IDEMPOTENCY_KEY["schema"])
    ],
    buyer: Annotated[
        str | None, Query(description="The buyer of the request, where it named one", json_schema_extra=BUYER_BOUNDS)
    ] = None,
) -> Response:
    """Did I get it? The purchase that an Idempotency-Key has made, for whoever lost the answer."""
    authorization = request.headers.get("authorization")
    named = ANONYMOUS if buyer is None else shop.orders.buyer(buyer)
    name = (await caller_of(shop, authorization)).name(named)
    found = await shop.store.purchase_by_key(item_id, name, read_key(key, "key") or "")
    purchase = await seen_by(shop, authorization, found)
    if purchase is None:
        return respond(request, Problem("unknown_purchase", "This Idempotency-Key has bought nothing of this item."))
    return respond(request, json_answer(200, purchase_view(purchase)))


@router.get(
    "/v1/purchases/{purchase_id}",
    tags=["purchases"],
    responses=answers(200, PurchaseOut, "unknown_purchase", "unavailable", "unauthorized"),
    openapi_extra=for_buyers(KeyScope.READ),
)
async def get_purchase(request: Request, shop: OpenShop, purchase_id: str) -> Response:
    """A purchase, for whoever has its id."""
    purchase = await seen_by(shop, request.headers.get("authorization"), await shop.store.purchase(purchase_id))
    if purchase is None:
        return respond(request, Problem("unknown_purchase", "There is no purchase with this id."))
    return respond(request, json_answer(200, purchase_view(purchase)))


@router.post(
    "/v1/purchases/{purchase_id}/refund",
    tags=["purchases"],
    dependencies=organiser_only(KeyScope.SELL),
    responses=answers(
        200, PurchaseOut, "unknown_purchase", "already_refunded", "key_reused", *ORGANISING, headers=REPLAYED
    ),
    openapi_extra=keyed(),
)
async def refund_purchase(request: Request, shop: OpenShop, purchase_id: str) -> Response:
    """Take a purchase back. Its units are available again at once, and only once."""
    read_nothing(await request.body(), request.headers.get("content-type"))
    outcome = await shop.commit(Refund(purchase_id, read_key(request.headers.get("idempotency-key"))))
    if isinstance(outcome, Refunded):
        return respond(request, json_answer(200, purchase_view(outcome.purchase), *replayed(outcome.replayed)))
    return respond(request, from_refusal(outcome))


@router.get(
    "/v1/items/{item_id}/late-payments",
    tags=["purchases"],
    dependencies=organiser_only(KeyScope.READ),
    responses=answers(200, LatePaymentList, *ORGANISERS, "unknown_item", "invalid_request", "unavailable"),
)
async def list_late_payments(
    request: Request,
    shop: OpenShop,
    item_id: str,
    cursor: Annotated[
        str | None, Query(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,255}$", description="`next_cursor` of the page before")
    ] = None,
    limit: Annotated[int | None, Query(ge=1, description="Payments in a page", json_schema_extra=PAGE_BOUND)] = None,
) -> Response:
    """Payments that came when their holds had expired and the units were gone: give each back, once."""
    page_size = _page_size(shop, limit)
    if first_item(await shop.store.item(item_id)) is None:
        return respond(request, UNKNOWN_ITEM)
    payments = await shop.store.late_payments(item_id, cursor or "", page_size + 1)
    page = payments[:page_size]
    next_cursor = page[-1].payment_ref if len(payments) > page_size else None
    view = {"late_payments": [late_payment_view(payment) for payment in page], "next_cursor": next_cursor}
    return respond(request, json_answer(200, view))


def _page_size(shop: Shop, limit: int | None) -> int:
    """How many rows a page has. Raises BadRequest."""
    most = shop.settings.page_size_max
    if limit is not None and limit > most:
        raise BadRequest(invalid(FieldError("limit", f"must be from 1 to {most}")))
    return limit or most
