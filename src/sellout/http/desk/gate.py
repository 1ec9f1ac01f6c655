"""The gate of the desk: who may come in, which forms are the session's own, and where everybody else is led."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request, Response

from sellout.domain import KeyScope
from sellout.http.desk.desk import OpenDesk
from sellout.http.desk.session import PATH, Session, Sessions
from sellout.http.desk.showing import show
from sellout.http.live.events import MEDIA_TYPE as EVENT_STREAM
from sellout.http.pages.forms import Form, read_form
from sellout.http.pages.rendering import see_other
from sellout.http.problems import Problem
from sellout.http.responses import respond
from sellout.http.shop import OpenShop
from sellout.store.port import Store

SIGN_IN = f"{PATH}/sign-in"
TOKEN_FIELD = "csrf"  # noqa: S105 - a field's name
ADDRESS_LENGTH_MAX = 1000

OVER = "You are not signed in, or your session is over. Nothing was changed: sign in, and press again."


class NotSignedIn(Exception):
    """The request has no session that holds."""


class NotOurForm(Exception):
    """A form does not carry the session's token: it is of an earlier session, or of nobody."""


async def signed_in(request: Request, shop: OpenShop, desk: OpenDesk) -> Session:
    """The session of whoever may come in. Raises NotSignedIn."""
    session = await session_of(request, desk.sessions, shop.store)
    if session is None:
        raise NotSignedIn
    return session


Organiser = Annotated[Session, Depends(signed_in)]
"""Whoever may see the desk."""


class NotAllowed(Exception):
    """The session is of a key that has not the scope which this needs."""

    def __init__(self, session: Session, scope: KeyScope) -> None:
        super().__init__(scope)
        self.session = session
        self.scope = scope


def who_may(scope: KeyScope) -> Callable[[Organiser], Session]:
    """Makes what a route depends on where it needs more than seeing the desk."""

    def allowed(session: Organiser) -> Session:
        if scope not in session.scopes:
            raise NotAllowed(session, scope)
        return session

    return allowed


Seller = Annotated[Session, Depends(who_may(KeyScope.SELL))]
"""Whoever may refund."""

Manager = Annotated[Session, Depends(who_may(KeyScope.MANAGE))]
"""Whoever may add items and change them."""


async def session_of(request: Request, sessions: Sessions, store: Store) -> Session | None:
    """The session of a request, if its key is still valid and may see the desk. Raises StoreUnavailable."""
    session = sessions.read(request)
    if session is None:
        return None
    key = session.opened_by(await store.organiser_keys())
    return session._replace(scopes=key.scopes) if key is not None and key.may(KeyScope.READ) else None


async def read_own_form(request: Request, session: Session) -> Form:
    """A form that a page of this session has sent. Raises BadRequest and NotOurForm."""
    form = await read_form(request)
    if not is_own(form, session):
        raise NotOurForm
    return form


def is_own(form: Form, session: Session) -> bool:
    """Whether a form carries the session's token."""
    return session.gave(form.get(TOKEN_FIELD, ""))


def local(address: str | None, otherwise: str = PATH) -> str:
    """An address of the desk's own pages; `otherwise` in place of any other, so that nobody is led astray."""
    if not address or len(address) > ADDRESS_LENGTH_MAX or not address.isprintable() or "\\" in address:
        return otherwise
    path = urlsplit(address).path
    inside = address.startswith(PATH) and (path == PATH or path.startswith(f"{PATH}/"))
    return address if inside and ".." not in path and not path.startswith(SIGN_IN) else otherwise


def guard(app: FastAPI) -> None:
    """Lead strangers to the sign-in page, and say of a form that is not the session's own that it did nothing."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(NotOurForm, _refuse_form)
    app.add_exception_handler(NotAllowed, _refuse)


async def _to_sign_in(request: Request, _: Exception) -> Response:
    if EVENT_STREAM in request.headers.get("accept", ""):
        return respond(request, Problem("unauthorized", "The desk needs a session: sign in."))
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"{SIGN_IN}?{urlencode({'next': local(request.url.path + query)})}")
    return show("sign-in.html", status=401, alert=OVER, next=came_from(request))


async def _refuse(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, NotAllowed)  # noqa: S101 - it is registered for no other
    return show("forbidden.html", refused.session, status=403, scope=refused.scope, back=came_from(request))


async def _refuse_form(request: Request, _: Exception) -> Response:
    return show("not-ours.html", status=403, back=came_from(request))


def came_from(request: Request) -> str:
    """The desk's page that a form was on, as far as the browser says it."""
    parts = urlsplit(request.headers.get("referer", ""))
    return local(parts.path + (f"?{parts.query}" if parts.query else ""))
