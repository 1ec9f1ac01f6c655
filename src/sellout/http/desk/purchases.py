"""Purchases at the desk: pages of them, searching, the file of all, refunding."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from sellout.domain import Purchase, Reason, Refund, Refunded, Refused
from sellout.http.desk.export import purchases_file
from sellout.http.desk.gate import Organiser, Seller, local, read_own_form
from sellout.http.desk.showing import back_to, show
from sellout.http.pages.items import item_now
from sellout.http.pages.purchases import UNKNOWN_PURCHASE
from sellout.http.pages.rendering import SECURITY_HEADERS
from sellout.http.problems import from_refusal
from sellout.http.requests import BadRequest
from sellout.http.responses import HEAD
from sellout.http.shop import OpenShop, Shop

router = APIRouter(include_in_schema=False)

SEARCH_LENGTH_MAX = 200
PLACE = r"^\d{1,18}$"


@router.get("/desk/items/{item_id}/purchases")
async def list_page(
    request: Request, shop: OpenShop, session: Organiser, item_id: str, search: str = "",
    cursor: Annotated[str, Query(pattern=PLACE)] = "0", done: str = "",
) -> Response:  # fmt: skip
    """A page of purchases in the order of their sale, or those that were searched for."""
    item, now = await item_now(shop, item_id)
    wanted = search.strip()
    purchases, next_after = await _find(shop, item_id, wanted, int(cursor))
    most = shop.settings.page_size_max
    return show(
        "purchases.html", session, result=done, item=item, state=item.state(now), purchases=purchases, search=wanted,
        cursor=int(cursor), next_after=next_after, cut=bool(wanted) and len(purchases) == most, most=most,
        here=_here(request),
    )  # fmt: skip


async def _find(shop: Shop, item_id: str, search: str, after: int) -> tuple[Sequence[Purchase], int | None]:
    most = shop.settings.page_size_max
    if not search:
        return await shop.store.purchases(item_id, after, most)
    if not search.isprintable() or len(search) > SEARCH_LENGTH_MAX:  # no buyer is called so
        return (), None
    return await shop.store.search_purchases(item_id, search, most), None


def _here(request: Request) -> str:
    """This page's address, without what it says of the last press."""
    url = request.url.remove_query_params("done")
    return f"{url.path}?{url.query}" if url.query else url.path


@router.get("/desk/items/{item_id}/purchases.csv")
async def file(request: Request, shop: OpenShop, _: Organiser, item_id: str) -> Response:
    """All purchases, to be kept as a file."""
    item, _now = await item_now(shop, item_id)
    page_size = shop.settings.page_size_max
    first = await shop.store.purchases(item_id, 0, page_size)
    headers = SECURITY_HEADERS | {"content-disposition": f'attachment; filename="purchases-{item.id}.csv"'}
    if request.scope.get(HEAD):
        return Response(None, 200, headers, "text/csv")
    return StreamingResponse(purchases_file(shop.store, item_id, first, page_size), 200, headers, "text/csv")


@router.get("/desk/purchases/{purchase_id}/refund")
async def refund_page(shop: OpenShop, session: Seller, purchase_id: str, back: str = "") -> Response:
    """Is it meant, and what will happen?"""
    purchase = await shop.store.purchase(purchase_id)
    if purchase is None:
        raise BadRequest(UNKNOWN_PURCHASE)
    return show("refund.html", session, purchase=purchase, back=local(back, _list_of(purchase)))


@router.post("/desk/purchases/{purchase_id}/refund")
async def refund(request: Request, shop: OpenShop, session: Seller, purchase_id: str) -> Response:
    """Take the purchase back; its units are available again at once, and only once."""
    form = await read_own_form(request, session)
    outcome = await shop.commit(Refund(purchase_id))
    purchase = await shop.store.purchase(purchase_id)
    if purchase is None:
        raise BadRequest(UNKNOWN_PURCHASE)
    back = local(form.get("back"), _list_of(purchase))
    if isinstance(outcome, Refunded):
        return back_to(back, "refunded")
    assert isinstance(outcome, Refused)  # noqa: S101 - it is refunded or refused
    if outcome.reason is Reason.ALREADY_REFUNDED:
        return back_to(back, "already-refunded")
    raise BadRequest(from_refusal(outcome))


def _list_of(purchase: Purchase) -> str:
    return f"/desk/items/{purchase.item_id}/purchases"
