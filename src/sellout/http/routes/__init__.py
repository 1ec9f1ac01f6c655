"""The routes of version 1, on FastAPI: requests become commands or readings, values become answers.

The hot ones, which doors and fast lane answer, are registered here as well, with the same functions behind them, so
that there is one OpenAPI document and so that any server can do without the fast lane.
"""

from fastapi import APIRouter

from sellout.http.routes import baskets, challenge, exports, holds, items, purchases, streams, waitlist

routers: tuple[APIRouter, ...] = tuple(
    room.router for room in (purchases, exports, holds, waitlist, baskets, items, streams, challenge)
)

__all__ = ["routers"]
