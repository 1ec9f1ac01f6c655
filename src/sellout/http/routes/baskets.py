"""Baskets: units of several items, all or none."""

from typing import Any

from fastapi import APIRouter, Request, Response

from sellout.domain import ANONYMOUS, BuyBasket, HoldBasket, KeyScope, Line, Refused
from sellout.http.answers import json_answer
from sellout.http.callers import as_asked
from sellout.http.documented import REPLAYED, answers, for_buyers
from sellout.http.ids import new_id
from sellout.http.models import BasketBody, BasketHoldsOut, BasketPurchasesOut
from sellout.http.orders import replayed
from sellout.http.problems import FieldError, from_refusal, invalid
from sellout.http.requests import BadRequest, read_key
from sellout.http.responses import respond
from sellout.http.routes.common import TAKING, keyed
from sellout.http.shop import OpenShop, Shop
from sellout.http.views import hold_view, purchase_view

router = APIRouter(tags=["baskets"])


@router.post(
    "/v1/baskets/purchases",
    status_code=201,
    responses=answers(201, BasketPurchasesOut, *TAKING, headers=REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed()),
)
async def buy_basket(request: Request, shop: OpenShop, body: BasketBody) -> Response:
    """Buy all lines or none, in one transaction. A refusal names the first line that cannot be had."""
    key = read_key(request.headers.get("idempotency-key"))
    outcome = await _commit(request, shop, BuyBasket(new_id(), _buyer(shop, body), _lines(shop, body), key))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    view = {"basket_id": outcome.basket_id, "purchases": [purchase_view(p) for p in outcome.purchases]}
    return respond(request, json_answer(201, view, *replayed(outcome.replayed)))


@router.post(
    "/v1/baskets/holds",
    status_code=201,
    responses=answers(201, BasketHoldsOut, *TAKING, headers=REPLAYED),
    openapi_extra=for_buyers(KeyScope.SELL, keyed()),
)
async def hold_basket(request: Request, shop: OpenShop, body: BasketBody) -> Response:
    """Hold all lines or none, in one transaction. Each hold is then paid, confirmed or released by itself."""
    key = read_key(request.headers.get("idempotency-key"))
    outcome = await _commit(request, shop, HoldBasket(new_id(), _buyer(shop, body), _lines(shop, body), key))
    if isinstance(outcome, Refused):
        return respond(request, from_refusal(outcome))
    view = {"basket_id": outcome.basket_id, "holds": [hold_view(hold) for hold in outcome.holds]}
    return respond(request, json_answer(201, view, *replayed(outcome.replayed)))


async def _commit(request: Request, shop: Shop, command: BuyBasket | HoldBasket) -> Any:
    return await shop.commit(await as_asked(shop, request.headers.get("authorization"), command))


def _buyer(shop: Shop, body: BasketBody) -> str:
    return ANONYMOUS if body.buyer is None else shop.orders.buyer(body.buyer)


def _lines(shop: Shop, body: BasketBody) -> tuple[Line, ...]:
    """The lines as they will be decided. Raises BadRequest where there are too many, or an item is in two."""
    most = shop.settings.basket_lines_max
    if len(body.lines) > most:
        raise BadRequest(invalid(FieldError("lines", f"must have 1 to {most} lines")))
    seen: set[str] = set()
    for number, line in enumerate(body.lines):
        if line.item in seen:
            raise BadRequest(invalid(FieldError(f"lines.{number}.item", "is in another line of this basket, too")))
        seen.add(line.item)
    return tuple(Line(new_id(), line.item, line.quantity) for line in body.lines)
