"""The ledger of an item, movement by movement, and the audit of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from sellout.http.desk.gate import Organiser
from sellout.http.desk.showing import show
from sellout.http.desk.words import movement_in_words
from sellout.http.pages.items import item_now
from sellout.http.requests import BadRequest
from sellout.http.routes.common import UNKNOWN_ITEM
from sellout.http.shop import OpenShop

router = APIRouter(include_in_schema=False)

COUNTERS = ("capacity", "sold", "held")


@router.get("/desk/items/{item_id}/ledger")
async def ledger_page(
    shop: OpenShop, session: Organiser, item_id: str, before: Annotated[str, Query(pattern=r"^\d{1,18}$")] = "0"
) -> Response:
    """A page of movements, the newest first."""
    item, now = await item_now(shop, item_id)
    movements, next_before = await shop.store.movements(item_id, int(before), shop.settings.page_size_max)
    rows = [(movement, movement_in_words(movement)) for movement in movements]
    return show(
        "ledger.html", session, item=item, state=item.state(now), rows=rows, before=int(before),
        next_before=next_before,
    )  # fmt: skip


@router.get("/desk/items/{item_id}/audit")
async def audit_page(shop: OpenShop, session: Organiser, item_id: str) -> Response:
    """Whether counters, ledger, purchases and holds tell the same sale. It reads the whole ledger."""
    item, now = await item_now(shop, item_id)
    audit = await shop.settled_audit(item_id)
    if audit is None:
        raise BadRequest(UNKNOWN_ITEM)
    found = {"sold": audit.purchased, "held": audit.holding}
    counters = [
        (name, getattr(audit.item, name), sum(getattr(total, name) for total in audit.sums.values()), found.get(name))
        for name in COUNTERS
    ]
    return show("audit.html", session, item=item, state=item.state(now), audit=audit, counters=counters, now=now)
