"""Exports: all purchases or the whole ledger of an item as one file, for the organiser."""

from fastapi import APIRouter, Request, Response

from sellout.domain import KeyScope
from sellout.http.accepting import BY_ACCEPT, CSV, JSON_LINES, prefers
from sellout.http.documented import file_answers
from sellout.http.export import MOVEMENTS, PURCHASES, Format, Sheet, export
from sellout.http.organiser import organiser_only
from sellout.http.problems import RETRY_AFTER_SECONDS, Problem
from sellout.http.responses import HEAD, respond
from sellout.http.routes.common import ORGANISERS, UNKNOWN_ITEM
from sellout.http.shop import OpenShop, Shop
from sellout.http.spooled import Spooled, spool
from sellout.store.port import first_item

router = APIRouter(tags=["purchases"], dependencies=organiser_only(KeyScope.READ))

EXPORTS_MAX = 2
"""Files that one process makes at once: each takes its share of the disk, and of the time of those who buy."""

TOO_MANY = Problem("busy", "As many files are being made as may.", retry_after=RETRY_AFTER_SECONDS)
ANSWERS = file_answers(*ORGANISERS, "unknown_item", "busy", "unavailable")


@router.get("/v1/items/{item_id}/purchases/export", response_class=Response, responses=ANSWERS)
async def export_purchases(request: Request, shop: OpenShop, item_id: str) -> Response:
    """All purchases of an item in the order of their sale: JSON Lines, or CSV with `Accept: text/csv`.

    The whole file is made before the answer begins. In CSV a text that a spreadsheet would take for a formula gets an
    apostrophe before it.
    """
    return await _export(request, shop, item_id, PURCHASES)


@router.get("/v1/items/{item_id}/movements/export", response_class=Response, responses=ANSWERS)
async def export_movements(request: Request, shop: OpenShop, item_id: str) -> Response:
    """The whole ledger of an item, likewise: every change of its counters, in their order."""
    return await _export(request, shop, item_id, MOVEMENTS)


async def _export(request: Request, shop: Shop, item_id: str, sheet: Sheet) -> Response:
    if first_item(await shop.store.item(item_id)) is None:
        return respond(request, UNKNOWN_ITEM)
    form = Format.CSV if prefers(request.headers.get("accept"), CSV, JSON_LINES) else Format.JSONL
    headers = {
        "content-type": form.media_type,
        "content-disposition": f'attachment; filename="{sheet.name}-{item_id}.{form}"',
        "cache-control": "no-store",
        BY_ACCEPT[0]: BY_ACCEPT[1],
    }
    if request.scope.get(HEAD):
        return Response(headers=headers)
    if shop.exports_under_way >= EXPORTS_MAX:
        return respond(request, TOO_MANY)
    shop.exports_under_way += 1
    try:
        return Spooled(await spool(export(shop.store, item_id, sheet, form)), headers)
    finally:
        shop.exports_under_way -= 1
