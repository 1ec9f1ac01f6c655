"""The composition: one ASGI application from the fast lane, the FastAPI routes and the served documentation."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import sellout
from sellout.http import api, docs, health
from sellout.http.answers import ASGIApp
from sellout.http.documented import problem_schema
from sellout.http.fastlane import FastLane
from sellout.http.responses import answer_errors
from sellout.http.shop import Shop
from sellout.settings import Settings

GC_THRESHOLD = 50_000
"""New container objects between two looks of the garbage collector."""

DESCRIPTION = "Sells a limited stock to everybody who comes at once, and sells exactly that stock."


def create_app(settings: Settings) -> ASGIApp:
    """The application for any ASGI server. It opens the database when the server starts it."""
    shop = Shop(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await shop.open()
        _spare_the_garbage_collector()
        try:
            yield
        finally:
            await shop.close()

    app = FastAPI(
        title="Sellout", version=sellout.__version__, description=DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False, strict_content_type=False,
    )  # fmt: skip
    app.state.shop = shop
    routers = (api.router, health.router, docs.router)
    for router in routers:
        app.include_router(router)
    app.state.routes = [*app.routes, *(route for router in routers for route in router.routes)]
    app.mount("/docs/static", docs.swagger_files())
    answer_errors(app)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return FastLane(app, shop)


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom: a thousand requests in flight are tens of thousands of young, living objects.

    With Python's own threshold of 700 the collector took a seventh of the processor in a rush. What is there
    after the start stays for good, so it is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of all routes, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = problem_schema()
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(schemas.pop("$defs", {}))
        components["ProblemOut"] = schemas
        app.openapi_schema = document
    return app.openapi_schema
