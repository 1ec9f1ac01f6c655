"""Holds: taking, paying, confirming, releasing, and looking at one. All but the last are hot."""

from fastapi import APIRouter, Request, Response

from sellout.domain import KeyScope
from sellout.http.answers import json_answer
from sellout.http.callers import seen_by
from sellout.http.documented import LOCATION, REPLAYED, answers, for_buyers
from sellout.http.models import ConfirmationBody, HoldOut, OrderBody, PurchaseOut
from sellout.http.problems import Problem
from sellout.http.responses import respond
from sellout.http.routes.common import BODY, STORE, TAKING, answer_hot, keyed
from sellout.http.shop import OpenShop
from sellout.http.views import hold_view

router = APIRouter(tags=["holds"])

_ENDED = ("unauthorized", "unknown_hold", "hold_expired", "already_confirmed")


@router.post(
    "/v1/items/{item_id}/holds",
    status_code=201,
    responses=answers(201, HoldOut, *TAKING, headers=LOCATION | REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed(OrderBody)),
)
async def take_hold(request: Request, shop: OpenShop, item_id: str) -> Response:  # noqa: ARG001 - documents the path
    """Hold units of an item for its `hold_seconds`: all that are asked for, or none."""
    return await answer_hot(request, shop)


@router.get(
    "/v1/holds/{hold_id}",
    responses=answers(200, HoldOut, "unknown_hold", "unavailable", "unauthorized"),
    openapi_extra=for_buyers(KeyScope.READ),
)
async def get_hold(request: Request, shop: OpenShop, hold_id: str) -> Response:
    """A hold as it stands now, for whoever has its id."""
    hold = await seen_by(shop, request.headers.get("authorization"), await shop.store.hold(hold_id))
    if hold is None:
        return respond(request, Problem("unknown_hold", "There is no hold with this id."))
    return respond(request, json_answer(200, hold_view(hold)))


@router.post(
    "/v1/holds/{hold_id}/pay",
    responses=answers(200, HoldOut, *_ENDED, "hold_released", "key_reused", *BODY, *STORE, headers=REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed()),
)
async def pay_hold(request: Request, shop: OpenShop, hold_id: str) -> Response:  # noqa: ARG001 - documents the path
    """Payment begins: the hold gets the item's `payment_seconds` from now, once. A failed payment needs no word."""
    return await answer_hot(request, shop)


@router.post(
    "/v1/holds/{hold_id}/confirm",
    responses=answers(
        200, PurchaseOut, *_ENDED, "hold_released", "payment_ref_in_use", "key_reused", *BODY, *STORE, headers=REPLAYED
    ),
    openapi_extra=for_buyers(KeyScope.SELL, keyed(ConfirmationBody)),
)
async def confirm_hold(request: Request, shop: OpenShop, hold_id: str) -> Response:  # noqa: ARG001 - documents the path
    """The hold is paid and becomes a purchase.

    If it has expired, its units are taken again where they can be had. Otherwise the answer is 409 `hold_expired`
    with `refund_due`, and the `payment_ref` is recorded.
    """
    return await answer_hot(request, shop)


@router.delete(
    "/v1/holds/{hold_id}",
    status_code=204,
    responses=answers(204, None, *_ENDED, *BODY, *STORE),
    openapi_extra=for_buyers(KeyScope.SELL),
)
async def release_hold(request: Request, shop: OpenShop, hold_id: str) -> Response:  # noqa: ARG001 - documents the path
    """Give a hold back: its units are available again at once. Releasing it again changes nothing."""
    return await answer_hot(request, shop)
