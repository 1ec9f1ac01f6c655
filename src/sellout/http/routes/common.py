"""What several routes share: problems that they can answer, and how commands and readings go to the store."""

from typing import Any

from fastapi import Request, Response

from sellout.http.documented import IDEMPOTENCY_KEY
from sellout.http.fastlane import answer_order
from sellout.http.models import Body
from sellout.http.orders import find_order
from sellout.http.problems import Problem
from sellout.http.responses import respond
from sellout.http.shop import Shop
from sellout.http.through_asgi import REQUEST_ID

WINDOW = ("not_open", "closed", "paused")
STOCK = ("unknown_item", "not_enough_left", "all_held", "limit_reached", "sold_out")
BODY = ("body_too_large", "unsupported_media_type", "invalid_request")
STORE = ("busy", "unavailable")
ORGANISERS = ("unauthorized", "forbidden")
TAKING = (*ORGANISERS, "challenge_required", "rate_limited", *WINDOW, *STOCK, *BODY, "key_reused", *STORE)

ORGANISING = (*ORGANISERS, *BODY, *STORE)

UNKNOWN_ITEM = Problem("unknown_item", "There is no item with this id.")


def keyed(body: type[Body] | None = None) -> dict[str, Any]:
    """The description of a request with an Idempotency-Key and, where it has members, a body that may be left out."""
    described: dict[str, Any] = {"parameters": [IDEMPOTENCY_KEY]}
    return described if body is None else described | optional_body(body)


def optional_body(body: type[Body]) -> dict[str, Any]:
    """The description of a body that the route reads itself."""
    schema = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {"requestBody": {"required": False, "content": {"application/json": {"schema": schema}}}}


async def answer_hot(request: Request, shop: Shop) -> Response:
    """Answer a hot route as the fast lane does."""
    path, request_id = request.scope["path"], request.scope[REQUEST_ID]
    order = find_order(request.method, path, shop.default_item_id)
    assert order is not None  # noqa: S101 - the router has found the route
    body = await request.body()
    return respond(request, await answer_order(shop, order, request.headers, body, path, request_id))
