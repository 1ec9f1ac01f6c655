"""What an item's forms ask for: to buy, to hold, to join the waiting list. Each leads to what it has got.

Before anything is asked for under a key, the visitor's browser has the key and the buyer that it is bound to. Where it
has not, the form is sent round once more, with the cookie: whatever becomes of the answer then, the visitor comes back
to what the key has got.
"""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from sellout.domain import (
    ANONYMOUS,
    Bought,
    Buy,
    BuyerTokens,
    Command,
    Held,
    Item,
    Joined,
    JoinWaitlist,
    Outcome,
    Reason,
    Refused,
    TakeHold,
)
from sellout.http.ids import new_id
from sellout.http.pages.attempt import Attempt, address_of, is_key, is_over
from sellout.http.pages.forms import Form, read_form, whole_number
from sellout.http.pages.items import Filled, item_now, show_item
from sellout.http.pages.rendering import see_other
from sellout.http.pages.words import refusal
from sellout.http.problems import FieldError, from_refusal, invalid
from sellout.http.requests import BadRequest
from sellout.http.shop import OpenShop, Shop

router = APIRouter(include_in_schema=False)

_SIGN_IN = Refused(Reason.UNAUTHORIZED)
"""A page has no token."""

BOUND = "bound"
"""In the address of a form that has been sent round."""

Making = Callable[[str, Attempt, int], Command]
"""Makes a command from an item's id, an attempt and a quantity."""


@router.post("/items/{item_id}/purchases")
async def buy(request: Request, shop: OpenShop, item_id: str) -> Response:
    """Buy; leads to the receipt."""
    return await _take(request, shop, item_id, lambda of, by, units: Buy(new_id(), of, by.buyer, units, by.key))


@router.post("/items/{item_id}/holds")
async def hold(request: Request, shop: OpenShop, item_id: str) -> Response:
    """Hold; leads to the hold."""
    return await _take(request, shop, item_id, lambda of, by, units: TakeHold(new_id(), of, by.buyer, units, by.key))


@router.post("/items/{item_id}/waitlist")
async def join(request: Request, shop: OpenShop, item_id: str) -> Response:
    """Join the waiting list; leads to the entry."""
    return await _take(request, shop, item_id, _join)


@router.get("/items/{item_id}/purchases")
@router.get("/items/{item_id}/holds")
@router.get("/items/{item_id}/waitlist")
async def back_to_item(item_id: str) -> Response:
    """To the item: without scripts a refusal is shown at the form's address, which somebody may open again."""
    return see_other(f"/items/{quote(item_id)}")


def _join(item_id: str, attempt: Attempt, quantity: int) -> Command:
    if attempt.buyer == ANONYMOUS:
        raise BadRequest(invalid(FieldError("buyer", "is needed: it says whose place it is")))
    return JoinWaitlist(new_id(), new_id(), item_id, attempt.buyer, quantity, None, attempt.key)


async def _take(request: Request, shop: Shop, item_id: str, make: Making) -> Response:
    form = await read_form(request)
    item, _ = await item_now(shop, item_id)
    attempt, filled = _attempt(form), Filled(form.get("buyer", ""), form.get("quantity", "1"))
    if item.buyer_tokens is BuyerTokens.REQUIRED:
        return await _again(shop, item_id, attempt, filled, refusal(_SIGN_IN), from_refusal(_SIGN_IN).status)
    try:
        bound = attempt._replace(buyer=_buyer(shop, item, form))
        command = make(item_id, bound, whole_number(form, "quantity", 1))
    except BadRequest as error:
        return await _again(shop, item_id, attempt, filled, error.problem.detail, error.problem.status)
    if BOUND not in request.query_params and (before := Attempt.of(request)) != bound:
        return await _bind(request, shop, item_id, before, bound)
    outcome: Outcome = await shop.commit(command)
    return await _lead_on(shop, item_id, bound, filled, outcome)


def _attempt(form: Form) -> Attempt:
    """The attempt of a form. Raises BadRequest."""
    key = form.get("key", "")
    if not is_key(key):
        raise BadRequest(invalid(FieldError("key", "must be the one that the page has given")))
    return Attempt(key)


def _buyer(shop: Shop, item: Item, form: Form) -> str:
    """The buyer that a form names. Raises BadRequest."""
    name = form.get("buyer", "")
    if name:
        return shop.orders.buyer(name)
    if item.limit_per_buyer is not None:
        raise BadRequest(invalid(FieldError("buyer", "is needed, because there is a limit for each buyer")))
    return ANONYMOUS


async def _bind(request: Request, shop: Shop, item_id: str, before: Attempt, bound: Attempt) -> Response:
    """Send the form round, with the cookie; where the key has got something for another name, lead there instead."""
    if before.key == bound.key:
        got = await before.got(shop.store, item_id)
        if got is not None and not is_over(got):
            return see_other(address_of(got))
    response = RedirectResponse(f"{request.url.path}?{BOUND}=1", 307)
    bound.remember(response, item_id, secure=shop.settings.secure_cookies)
    return response


async def _lead_on(shop: Shop, item_id: str, attempt: Attempt, filled: Filled, outcome: Outcome) -> Response:
    """To what was got; or back to the item, with what has come in between."""
    match outcome:
        case Bought(purchase=purchase):
            return see_other(f"/purchases/{purchase.id}")
        case Held(hold=taken):
            return see_other(f"/holds/{taken.id}")
        case Joined(entry=entry):
            return see_other(f"/waitlist/{entry.id}")
        case Refused(reason=Reason.KEY_REUSED) if got := await attempt.got(shop.store, item_id):
            return see_other(address_of(got))
        case Refused():
            return await _again(shop, item_id, attempt, filled, refusal(outcome), from_refusal(outcome).status)
    raise AssertionError(f"no outcome of a form: {outcome}")


async def _again(shop: Shop, item_id: str, attempt: Attempt, filled: Filled, alert: str, status: int) -> Response:
    """The form once more, as it was filled in. What the browser remembers of the attempt stays as it is."""
    item, now = await item_now(shop, item_id)
    return show_item(shop, item, now, attempt, filled, alert=alert, status=status)
