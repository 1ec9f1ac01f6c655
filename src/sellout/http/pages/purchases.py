"""The receipt of a purchase: for whoever has its address, on a screen or on paper."""

import segno
from fastapi import APIRouter, Response
from markupsafe import Markup

from sellout.http.callers import seen_by
from sellout.http.pages.rendering import page
from sellout.http.problems import Problem
from sellout.http.requests import BadRequest
from sellout.http.shop import OpenShop

router = APIRouter(include_in_schema=False)

UNKNOWN_PURCHASE = Problem("unknown_purchase", "There is no purchase with this id.")


@router.get("/purchases/{purchase_id}")
async def receipt(shop: OpenShop, purchase_id: str) -> Response:
    """What was bought, with a QR code of its id for the door."""
    purchase = await seen_by(shop, None, await shop.store.purchase(purchase_id))
    if purchase is None:
        raise BadRequest(UNKNOWN_PURCHASE)
    return page("receipt.html", purchase=purchase, qr=qr_code(purchase.id))


def qr_code(text: str) -> Markup:
    """A QR code (ISO/IEC 18004, error correction M) as SVG that takes the colour of the text around it."""
    code = segno.make_qr(text, error="m")
    return Markup(code.svg_inline(border=0, omitsize=True, svgclass="qr", lineclass=None, dark="#000"))  # noqa: S704 - no text in it
