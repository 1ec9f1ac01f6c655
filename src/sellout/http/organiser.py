"""Who may use the organiser routes: whoever sends a valid key, as a bearer token, with the scope that a route needs."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from sellout.domain import KeyScope
from sellout.http.callers import DOTS, caller_of
from sellout.http.documented import ORGANISER_KEY
from sellout.http.problems import Problem
from sellout.http.requests import BadRequest
from sellout.http.shop import Shop, shop_of
from sellout.keys import digest, matching

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name=ORGANISER_KEY,
    description="A key of `sellout keys add`, the one that the first start printed, or SELLOUT_ORGANISER_KEY. "
    "A key has scopes: `read`, `sell`, `manage`; each route names the one that it needs.",
)


def organiser_only(scope: KeyScope) -> list[Dependency]:
    """Makes a route one for organisers, and says which scope it needs: to the program and to the OpenAPI document."""
    return [Security(require_organiser, scopes=[scope])]


async def require_organiser(
    request: Request,
    needed: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    """Raises BadRequest: 401 unless the request carries a valid key, 403 unless that has all scopes that are needed."""
    if credentials is None:
        raise BadRequest(Problem("unauthorized", "This route needs an organiser key: Authorization: Bearer KEY."))
    shop: Shop = shop_of(request)
    key = matching(digest(credentials.credentials), await shop.store.organiser_keys())
    if key is None:
        raise BadRequest(Problem("unauthorized", "This organiser key is not valid.", bearer='error="invalid_token"'))
    for scope in map(KeyScope, needed.scopes):
        if not key.may(scope):
            raise BadRequest(_forbidden(scope))


def with_key_for_all(scope: KeyScope) -> Dependency:
    """Makes a route that tells everybody something, and who has a key with this scope, all of it."""
    dependency: Dependency = Security(may_see_all, scopes=[scope])
    return dependency


async def may_see_all(
    request: Request,
    needed: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> bool:
    """Whether the request carries a key that may. Without one it is nobody's.

    Raises BadRequest: 401 where a key or a buyer's token is not valid, 403 where a key has not the scope.
    """
    if credentials is None:
        return False
    if credentials.credentials.count(".") == DOTS:
        await caller_of(shop_of(request), f"Bearer {credentials.credentials}")
        return False
    await require_organiser(request, needed, credentials)
    return True


def _forbidden(scope: KeyScope) -> Problem:
    detail = f"This organiser key may not do this: it has not the scope `{scope}`."
    return Problem("forbidden", detail, bearer=f'error="insufficient_scope", scope="{scope}"')
