"""Who may use the organiser routes: whoever sends a valid key as a bearer token."""

import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sellout.http.problems import Problem
from sellout.http.requests import BadRequest
from sellout.http.shop import Shop, shop_of
from sellout.keys import digest
from sellout.store.port import Store

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="organiser key",
    description="SELLOUT_ORGANISER_KEY, or the key that the first start printed",
)


async def require_organiser(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Raises BadRequest (401) unless the request carries a valid organiser key."""
    if credentials is None:
        raise BadRequest(Problem("unauthorized", "This route needs an organiser key: Authorization: Bearer KEY."))
    shop: Shop = shop_of(request)
    if not await is_valid(digest(credentials.credentials), shop.store):
        raise BadRequest(Problem("unauthorized", "This organiser key is not valid."))


async def is_valid(given: str, store: Store) -> bool:
    """Whether this is the digest of a valid organiser key. Raises StoreUnavailable."""
    return any(hmac.compare_digest(given, known) for known in await store.organiser_keys())
