"""Signing in with an organiser key, and out again."""

from fastapi import APIRouter, Request, Response

from sellout.domain import KeyScope
from sellout.http.desk.desk import OpenDesk
from sellout.http.desk.gate import Organiser, local, read_own_form, session_of
from sellout.http.desk.session import PATH, Session, forget
from sellout.http.desk.showing import back_to, show
from sellout.http.pages.forms import read_form
from sellout.http.pages.rendering import see_other
from sellout.http.shop import OpenShop
from sellout.keys import digest, matching

router = APIRouter(include_in_schema=False)

WRONG = "This key is not valid. The first start of the server printed one, or SELLOUT_ORGANISER_KEY has it."
BLIND = "This key may not see the desk: it has not the scope “read”."


@router.get("/desk/sign-in")
async def sign_in_page(
    request: Request, shop: OpenShop, desk: OpenDesk, next: str = "", done: str = ""  # noqa: A002 - the address's word
) -> Response:  # fmt: skip
    """The form; whoever is signed in is led on."""
    if await session_of(request, desk.sessions, shop.store) is not None:
        return see_other(local(next))
    return show("sign-in.html", result=done, alert="", next=local(next))


@router.post("/desk/sign-in")
async def sign_in(request: Request, shop: OpenShop, desk: OpenDesk) -> Response:
    """Begin a session, and lead to where the visitor was going."""
    form = await read_form(request)
    given, going = digest(form.get("key", "")), local(form.get("next"))
    key = matching(given, await shop.store.organiser_keys())
    if key is None:
        return show("sign-in.html", status=401, alert=WRONG, next=going)
    if not key.may(KeyScope.READ):
        return show("sign-in.html", status=403, alert=BLIND, next=going)
    response = see_other(going)
    desk.sessions.write(response, request, Session.of_key(given))
    return response


@router.post("/desk/sign-out")
async def sign_out(request: Request, session: Organiser) -> Response:
    """End the session in this browser."""
    await read_own_form(request, session)
    response = back_to(f"{PATH}/sign-in", "signed-out")
    forget(response)
    return response
