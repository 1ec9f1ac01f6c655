"""The composition: one application from the doors, the fast lane, the FastAPI routes and the documentation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import sellout
from sellout.http import docs, health, routes
from sellout.http.desk.desk import Desk
from sellout.http.desk.gate import guard
from sellout.http.desk.routing import routers as desk_routers
from sellout.http.followed import FollowedASGIDoor, FollowedRSGIDoor, all_of
from sellout.http.following import Follow
from sellout.http.live.stopping import hearing_stops
from sellout.http.openapi import DESCRIPTION, document_of, short_id
from sellout.http.pages.assets import ROOT, Assets
from sellout.http.pages.routing import routers as page_routers
from sellout.http.request_log import log_request
from sellout.http.responses import HeadAsGet, answer_errors
from sellout.http.shop import Shop
from sellout.http.through_asgi import ASGIDoor
from sellout.http.through_rsgi import RSGIDoor
from sellout.settings import Settings
from sellout.store.clock import Clock


def create_app(settings: Settings, clock: Clock | None = None) -> ASGIDoor:
    """The application for any ASGI server. It opens the database when the server starts it."""
    shop = Shop(settings, clock)
    follows = _follows(shop)
    if not follows:
        return ASGIDoor(_framework(shop), shop)
    return FollowedASGIDoor(_framework(shop), shop, all_of(follows))


def create_rsgi_app(settings: Settings) -> RSGIDoor:
    """The same application for Granian, as a worker of `sellout serve`, which has prepared the database."""
    shop = Shop(settings, compares=False)
    door, follows = ASGIDoor(_framework(shop), shop), _follows(shop)
    return FollowedRSGIDoor(door, shop, all_of(follows)) if follows else RSGIDoor(door, shop)


def _follows(shop: Shop) -> list[Follow]:
    """Who follows requests, as the settings ask."""
    follows: list[Follow] = [] if shop.traces is None else [shop.traces.follow]
    return [*follows, log_request] if shop.settings.request_log else follows


def _framework(shop: Shop) -> FastAPI:
    """All routes, on FastAPI."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await shop.open()
        try:
            with hearing_stops(shop.end_streams):
                yield
        finally:
            await shop.close()

    app = FastAPI(
        title="Sellout", version=sellout.__version__, description=DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, strict_content_type=False,
        generate_unique_id_function=short_id,
    )  # fmt: skip
    app.state.shop = shop
    app.state.desk = Desk(shop)
    routers = (*routes.routers, *page_routers, *desk_routers, health.router, docs.router)
    for router in routers:
        app.include_router(router)
    app.state.routes = [*app.routes, *(route for router in routers for route in router.routes)]
    app.mount("/docs/static", docs.swagger_files())
    app.mount(ROOT, Assets())
    if shop.traces is not None:
        app.add_middleware(shop.traces.names_route)
    app.add_middleware(HeadAsGet)
    answer_errors(app)
    guard(app)
    app.openapi = lambda: document_of(app, shop.settings)  # type: ignore[method-assign]
    return app
